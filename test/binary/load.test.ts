import { expect, test } from 'bun:test'

import { runBurst } from '../tools/load/burst.ts'
import { runShared } from '../tools/load/shared.ts'
import { runSoak } from '../tools/load/soak.ts'
import { spreadOf } from '../tools/load/spread.ts'

// A small version of `npm run load`.

const AT_ONCE = 24

test('the compiled binary, many at once and throttled: all answer or say why, and no two waves', async () => {
  const { gapsMs, secondsAtMs, ...report } = await runBurst(AT_ONCE)
  expect(report).toMatchObject({ flaws: [], leftovers: [] })
  expect(report.answered + report.failed).toBe(AT_ONCE)
  // ECR refuses one in four of the later attempts: at most one run in four is refused twice more.
  expect(report.failed).toBeLessThanOrEqual(AT_ONCE / 4)
  // The waits are even over 1000 ms: that 24 of them fall into half of it happens once in 600,000 times.
  expect(gapsMs.length).toBe(AT_ONCE)
  expect(spreadOf(gapsMs).rangeMs).toBeGreaterThan(500)
  expect(spreadOf(gapsMs).fullest).toBeLessThan(0.5)
  expect(spreadOf(secondsAtMs).fullest).toBeLessThan(0.5)
}, 90_000)

test('the compiled binary, many at once with a cache and throttled: one call that is not refused serves all', async () => {
  const { longestMs: _, ...report } = await runShared(AT_ONCE, 4)
  expect(report).toEqual({ answered: AT_ONCE, passwords: 1, calls: 5, leftovers: [] })
}, 90_000)

test('the compiled binary, with faults of every kind: no wrong answer, and nothing is left behind', async () => {
  const { answered, failed, ...rest } = await runSoak(40, 1)
  expect(rest).toEqual({ flaws: [], leftovers: [] })
  expect(answered + failed).toBe(40)
  expect(answered).toBeGreaterThan(0)
}, 120_000)

test('spreadOf() tells a wave from a spread', () => {
  expect(spreadOf([500, 510, 520, 900])).toEqual({ rangeMs: 400, fullest: 0.75 })
  expect(spreadOf([0, 250, 500, 1000])).toEqual({ rangeMs: 1000, fullest: 0.25 })
})
