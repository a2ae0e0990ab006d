import { expect, test } from 'bun:test'

import { CASES } from './cases.ts'
import type { Outcome } from './race.ts'
import { compare, formatFull, formatShort, type Result } from './section.ts'
import { median, pairedRatio, shuffle } from './statistics.ts'

/** The same numbers in [0, 1) each time (Lehmer's generator with the constants of Park and Miller). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

test('the median is the middle value, or halfway between the two middle ones', () => {
  expect(median([9, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 100])).toBe(3)
  expect(median([10, 9])).toBe(9.5)
  expect(median([])).toBeNaN()
})

test('a ratio is the median of the rounds, not the ratio of the medians', () => {
  expect(pairedRatio([1, 20, 30], [2, 10, 60], createRandom(1)).value).toBe(0.5)
})

test('a slow spell that befalls both sides of a round leaves the interval as it is', () => {
  const random = createRandom(2)
  const peer = Array.from({ length: 50 }, () => 10 + 90 * random())
  const ours = peer.map((value) => value / 2)
  const { low, high } = pairedRatio(ours, peer, random)
  expect([low, high]).toEqual([0.5, 0.5])
})

test('the interval holds the true ratio in 95 of 100 measurements', () => {
  const random = createRandom(3)
  // Symmetric about 0.8, so that this is the median.
  const measure = () => Array.from({ length: 25 }, () => 0.8 + random() - random())
  const ones = Array.from({ length: 25 }, () => 1)
  const intervals = Array.from({ length: 100 }, () => pairedRatio(measure(), ones, random))
  const held = intervals.filter(({ low, high }) => low <= 0.8 && 0.8 <= high).length
  expect(held).toBeGreaterThan(89)
  expect(held).toBeLessThan(100)
})

test('more rounds make the interval narrower', () => {
  const random = createRandom(4)
  const width = (rounds: number) => {
    const values = Array.from({ length: rounds }, () => 1 + random())
    const { low, high } = pairedRatio(
      values,
      values.map(() => 1),
      random,
    )
    return high - low
  }
  expect(width(400)).toBeLessThan(width(20) / 2)
})

test('every order is as likely as any other', () => {
  const random = createRandom(5)
  const counts = new Map<string, number>()
  for (let turn = 0; turn < 6000; turn += 1) {
    const order = shuffle(['a', 'b', 'c'], random).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect([...counts.keys()].toSorted()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

function outcome(name: string, wallMs: readonly number[]): Outcome {
  const rest = { majorFaults: 0, ecrCalls: 1, readAheadMs: 0 }
  return {
    program: { name, path: `/${name}`, kind: 'other' },
    samples: wallMs.map((wall) => ({ wallMs: wall, cpuMs: wall / 2, ...rest })),
    peakMb: wallMs[0] ?? NaN,
  }
}

/** The first cases, with these wall times of ours against 10 ms of the other. */
function resultsOf(walls: readonly (readonly number[])[]): readonly Result[] {
  const peer = outcome('Go', [10, 10, 10])
  return CASES.slice(0, walls.length).map((each, index) =>
    compare(each, outcome('ours', walls[index] ?? []), peer),
  )
}

test('a case is named as not faster unless its whole interval lies below 1', () => {
  const results = resultsOf([
    [5, 5, 5],
    [20, 20, 20],
    [8, 9, 11],
  ])
  const [, faster, unsure] = CASES.map(({ name }) => name)
  expect(formatShort(results)).toContain(
    `It is not faster in: \`${faster}\` (2.00), \`${unsure}\` (0.90).`,
  )
  expect(formatShort(results.slice(0, 1))).toContain('It was faster in every case')
})

test('the figures of both sides stand beside their ratio', () => {
  const text = formatFull(resultsOf([[4, 5, 6]]), 'a machine')
  expect(text).toContain(
    '| a pull, no delay | 3 | 5.0 / 10.0 | 0.50 (0.40-0.60) | 2.5 / 5.0 | 0.50 (0.40-0.60) | 4 / 10 | 1 / 1 |',
  )
})

test('bars are as long as the times, the longer one of a case being whole', () => {
  const bars = formatFull(resultsOf([[5], [40]]), '').match(/█+(?= [0-9.]+$)/gm)
  expect(bars?.map((bar) => bar.length)).toEqual([20, 40, 40, 10])
})
