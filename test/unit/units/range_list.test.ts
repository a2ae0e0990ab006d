import { expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PAGE_BYTES, runtimeListPath, writeRangeList } from '../../../src/units/range_list.ts'

/** The list that is written beside a file of such bytes. */
function listOf(binary: Uint8Array, cpu: string): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'ranges-'))
  const path = join(directory, 'binary')
  writeFileSync(path, binary)
  try {
    writeRangeList(path, cpu)
    return readFileSync(`${path}.ranges`, 'utf8').split('\n')
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const linesOf = (cpu: string) => readFileSync(runtimeListPath(Bun.version, cpu), 'utf8').split('\n')

test.each(['x64', 'arm64'])('the list of a binary for %s', (cpu) => {
  const runtime = linesOf(cpu)
  const rest = Number(runtime.at(-2)?.replace(' rest', ''))
  // The last page is begun. `head -c 4096 /dev/zero | cksum` says 3018728591.
  const [, , identity, ...ranges] = listOf(new Uint8Array((rest + 2) * PAGE_BYTES + 1), cpu)
  expect(identity).toBe(`${(rest + 2) * PAGE_BYTES + 1} 3018728591`)
  expect(ranges.toSorted()).toEqual([...runtime.slice(2, -2), `${rest} 3`, ''].toSorted())
})

test('a CPU without a list of pages stops the build', () => {
  expect(() => listOf(new Uint8Array(1), 'mips')).toThrow('mips')
})

const folder = new URL('.', runtimeListPath('x', 'y'))

test.each(readdirSync(folder))('%s is in order, and ends where the program begins', (name) => {
  const lines = readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n')
  const ranges = lines.slice(2, -1).map((line) => /^(\d+) (\d+)$/.exec(line)?.slice(1).map(Number))
  const ends = ranges.map((range) => (range?.[0] ?? NaN) + (range?.[1] ?? NaN))
  const rest = Number(/^(\d+) rest$/.exec(lines.at(-1) ?? '')?.[1])
  expect(ranges.length).toBeGreaterThan(50)
  // Each begins behind the one before, and not right behind: it would be the same range.
  expect(ranges.every((range, at) => (range?.[0] ?? NaN) > (ends[at - 1] ?? -1))).toBe(true)
  expect(ends.at(-1)).toBeLessThanOrEqual(rest)
})
