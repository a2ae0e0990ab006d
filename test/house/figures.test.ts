import { expect, test } from 'bun:test'

import { CASES } from '../tools/bench/cases.ts'
import { FULL_MARKERS, SHORT_MARKERS } from '../tools/bench/section.ts'
import { readBetween } from './readme.ts'

/** The rows of the table between two markers, as cells. */
function rowsBetween(markers: readonly [string, string]): readonly (readonly string[])[] {
  const rows = readBetween(markers)
    .split('\n')
    .filter((line) => line.startsWith('| '))
  return rows.slice(2).map((row) => row.split('|').map((cell) => cell.trim()))
}

test('the README has the figures of every case of the benchmark, all of one run', () => {
  const full = rowsBetween(FULL_MARKERS)
  expect(full.map(([, name]) => name)).toEqual(CASES.map(({ name }) => name))
  const expected = full.flatMap(([, name = '', , , wall = '', , cpu = '']) => {
    const short = CASES.find((each) => each.name === name)?.short
    const ratios = [wall, cpu].map((cell) => cell.split(' ', 1)[0] ?? '')
    return short === undefined ? [] : [[`${name}: ${short}`, ...ratios]]
  })
  expect(rowsBetween(SHORT_MARKERS).map((cells) => cells.slice(1, -1))).toEqual(expected)
})
