/** What `read-ahead` reads, as the text beside the binary. Part of the build, not of the program. */

import { readFileSync, writeFileSync } from 'node:fs'

/** Ranges count in pages of this many bytes, whatever the machine's are. */
export const PAGE_BYTES = 4096

/** The list of a runtime's pages, made by `npm run pages`: lines of first page and count, the last one `PAGE rest`. */
export function runtimeListPath(runtime: string, cpu: string): URL {
  return new URL(`ranges/bun-${runtime}-linux-${cpu}.txt`, import.meta.url)
}

/**
 * Writes `BINARY.ranges`: the ranges of its runtime, and all that is behind the runtime, which is our own part. Before them
 * stands what `read-ahead` knows the binary by: its size in bytes, and what `cksum` (POSIX) says of its first page.
 *
 * @param cpu the binary's, as in `process.arch`.
 * @throws {Error} if nobody has made the list of the runtime yet.
 */
export function writeRangeList(path: string, cpu: string): void {
  const binary = readFileSync(path)
  const pages = Math.ceil(binary.length / PAGE_BYTES)
  const list = readFileSync(runtimeListPath(Bun.version, cpu), 'utf8')
  const ranges = [...list.matchAll(/^(\d+) (\d+|rest)$/gm)]
    .map(([, first, count]) => ({
      first: Number(first),
      count: count === 'rest' ? pages - Number(first) : Number(count),
    }))
    // The longest first: as many are read at a time, and the last ones do not wait for a long one.
    .toSorted((a, b) => b.count - a.count)
  const cksum = Bun.spawnSync(['cksum'], { stdin: binary.subarray(0, PAGE_BYTES) })
  const [checksum] = cksum.stdout.toString().split(' ')
  const lines = [
    `# What read-ahead reads: the file's size and the cksum of its first ${PAGE_BYTES} bytes,`,
    `# then ranges in units of ${PAGE_BYTES} bytes, first and count.`,
    `${binary.length} ${checksum}`,
    ...ranges.map(({ first, count }) => `${first} ${count}`),
  ]
  writeFileSync(`${path}.ranges`, `${lines.join('\n')}\n`)
}
