import { expect, test } from 'bun:test'
import { copyFileSync, readFileSync } from 'node:fs'

import { README_LINE } from '../house/readme.ts'
import { makeDisk, whyNoDisk } from '../tools/pages/disk.ts'
import { findSection } from '../tools/pages/elf.ts'
import { closeGaps, coverage, parseRanges } from '../tools/pages/ranges.ts'
import { measureTouched } from '../tools/pages/touched.ts'
import { pluginPath } from '../world/plugin.ts'

// The list beside the compiled binary, against what runs of that binary touch.

/** Of the pages of every kind of run. */
const LEAST_COVERED = 0.95
/** In bytes; the whole file is 112 MB. */
const MOST_READ = 32_000_000

const lines = readFileSync(`${pluginPath}.ranges`, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const [identity, ...ranges] = parseRanges(lines)

test('the list is about the binary, the longest first, without overlaps, and short', () => {
  const binary = readFileSync(pluginPath)
  const cksum = Bun.spawnSync(['cksum'], { stdin: binary.subarray(0, 4096) })
  expect(identity).toEqual([binary.length, Number(cksum.stdout.toString().split(' ')[0])])
  const counts = ranges.map(([, count]) => count)
  expect(counts).toEqual(counts.toSorted((a, b) => b - a))
  const inOrder = ranges.toSorted(([a], [b]) => a - b)
  const ends = inOrder.map(([first, count]) => first + count)
  expect(inOrder.every(([first], at) => first >= (ends[at - 1] ?? 0))).toBe(true)
  expect(ends.at(-1)).toBe(Math.ceil(binary.length / 4096))
  const read = ranges.reduce((sum, [, count]) => sum + count * 4096, 0)
  expect(read).toBeLessThan(MOST_READ)
  expect(ranges.length).toBeLessThanOrEqual(110)
  expect(README_LINE).toContain(`They are ${Math.round(read / 1_000_000)} MB`)
  expect(README_LINE).toContain(` MB of the ${Math.ceil(binary.length / 1_000_000)},`)
})

test('all of our own part is in the list', () => {
  const binary = readFileSync(pluginPath)
  const own = Math.floor(findSection(binary, '.bun') / 4096)
  const end = Math.ceil(binary.length / 4096)
  // The section holds the program: its name in the runtime's file system is in there and nowhere before.
  expect(binary.indexOf('/$bunfs/root/ecr-credential-provider')).toBeGreaterThan(own * 4096)
  const pages = Array.from({ length: end - own }, (_, at) => own + at)
  expect(coverage(pages, ranges)).toBe(1)
})

const noDisk = whyNoDisk()

test.skipIf(noDisk !== undefined)(
  `the list covers what runs touch${noDisk === undefined ? '' : ` (skipped: ${noDisk})`}`,
  async () => {
    const disk = makeDisk(160)
    const copy = `${disk.directory}/ecr-credential-provider`
    copyFileSync(pluginPath, copy)
    const touched = await measureTouched(copy).finally(() => disk.remove())
    for (const [name, pages] of touched) {
      // That many are never touched by a program that was not read from this disk.
      expect([name, pages.length > 1500]).toEqual([name, true])
      expect([name, coverage(pages, ranges) >= LEAST_COVERED]).toEqual([name, true])
    }
  },
  60_000,
)

test('closeGaps() makes ranges of pages', () => {
  expect(closeGaps([], 2)).toEqual([])
  expect(closeGaps([7], 2)).toEqual([[7, 1]])
  expect(closeGaps([1, 2, 5, 9, 10], 0)).toEqual([
    [1, 2],
    [5, 1],
    [9, 2],
  ])
  expect(closeGaps([1, 2, 5, 9, 10], 2)).toEqual([
    [1, 5],
    [9, 2],
  ])
  expect(closeGaps([1, 2, 5, 9, 10], 3)).toEqual([[1, 10]])
})

test('coverage() counts the pages in ranges', () => {
  expect(coverage([1, 2, 5, 9], [[1, 2]])).toBe(0.5)
  expect(coverage([1, 2], [[1, 2]])).toBe(1)
})
