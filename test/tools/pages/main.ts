/**
 * Makes the list of the runtime's pages that `read-ahead` reads: those that runs of the binary touch. Once for each
 * version of the runtime and each CPU, on Linux, as root, after `npm run build`.
 *
 * bun test/tools/pages/main.ts [CPU [BINARY [EMULATOR...]]]
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'

import { PAGE_BYTES, runtimeListPath } from '../../../src/units/range_list.ts'
import { makeDisk } from './disk.ts'
import { findSection } from './elf.ts'
import { closeGaps } from './ranges.ts'
import { measureTouched, RECOMMENDED } from './touched.ts'

/** Gaps of up to so many pages are read along: 99 ranges in place of some 780, for 17 MB more. */
const GAP = 32

const [cpu = process.arch, binary = 'dist/ecr-credential-provider', ...emulator] =
  process.argv.slice(2)
const disk = makeDisk(160)
try {
  const copy = `${disk.directory}/ecr-credential-provider`
  copyFileSync(binary, copy)
  const touched = await measureTouched(copy, [...emulator, copy])
  const rest = Math.floor(findSection(readFileSync(binary), '.bun') / PAGE_BYTES)
  const pages = new Set(RECOMMENDED.flatMap((name) => touched.get(name) ?? []))
  const ofRuntime = [...pages].filter((page) => page < rest).toSorted((a, b) => a - b)
  const ranges = closeGaps(ofRuntime, GAP)
  const by = emulator[0] === undefined ? '' : ` under ${emulator[0]}`
  const lines = [
    `# Pages of ${PAGE_BYTES} bytes that a run touches of Bun ${Bun.version} for Linux on ${cpu}: first and count.`,
    `# Made by \`npm run pages\`${by}. Behind the runtime comes the program.`,
    ...ranges.map((range) => range.join(' ')),
    `${rest} rest`,
  ]
  writeFileSync(runtimeListPath(Bun.version, cpu), `${lines.join('\n')}\n`)
  for (const [name, { length }] of touched) console.log(`${name}: ${length} pages`)
  const read = ranges.reduce((sum, [, count]) => sum + count, 0)
  console.log(`${ofRuntime.length} of the runtime, in ${ranges.length} ranges of ${read} pages`)
} finally {
  disk.remove()
}
