import { expect, test } from 'bun:test'

import { dateOf, startClock } from '../../../src/net/clock.ts'

const NOW = Date.UTC(2026, 0, 1)
const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT'

test.each([
  '5',
  'Nov 2',
  '2026-11-25T12:00:00Z',
  'Wednesday, 25-Nov-26 12:00:00 GMT',
  'Wed, 25 Nov 2026 12:00:00 +0000',
  'Wed, 25 Nov 2026 12:00:00 GMT, again',
  'Wed, 99 Nov 2026 12:00:00 GMT',
])('dateOf() takes no time from %j', (date) => {
  expect(dateOf(new Headers({ date }))).toBeUndefined()
})

test('dateOf() takes the form that a sender must use', () => {
  const date = 'Wed, 25 Nov 2026 12:00:00 GMT'
  expect(dateOf(new Headers({ date }))).toBe(Date.UTC(2026, 10, 25, 12))
})

test.each([
  ['240 s ahead', 240_000, 0, true],
  ['just under 240 s ahead', 239_999, 0, false],
  ['240 s behind', -240_000, 0, true],
  ['a round trip of 15 minutes', 3_600_000, 15 * 60_000, true],
  ['a round trip of more', 3_600_000, 15 * 60_000 + 1, false],
])('startClock() learns from a clock that is %s: %p', (_, skewMs, roundTripMs, expected) => {
  const steps: string[] = []
  const clock = startClock({
    now: () => NOW + skewMs + roundTripMs / 2,
    step: (text) => steps.push(text),
  })
  expect(clock.learn(new Headers({ date: DATE }), NOW + skewMs - roundTripMs / 2)).toBe(expected)
  expect(clock.now()).toBe(expected ? NOW + roundTripMs / 2 : NOW + skewMs + roundTripMs / 2)
  const said = `${Math.abs(skewMs) / 1000} s ${skewMs > 0 ? 'ahead' : 'behind'}`
  expect(steps).toEqual(expected ? [`the clock of this node is ${said}, correcting`] : [])
  // Never a second time.
  expect(clock.learn(new Headers({ date: DATE }), NOW)).toBe(false)
})
