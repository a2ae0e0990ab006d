import { expect } from 'bun:test'

import fc from 'fast-check'

import { parseTimestamp } from '../../../src/base/decode.ts'
import { failure } from '../../../src/base/failure.ts'
import { MAX_LIFE_MS } from '../../../src/ecr/token.ts'
import { cacheDuration } from '../../../src/kubelet/protocol.ts'
import { parseDuration } from '../../world/duration.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const REFUSE = (reason: string) => failure('answer_form', { answer: 'the answer', reason })

const two = (number: number) => String(number).padStart(2, '0')

/** What RFC 3339 says, by arithmetic alone; `undefined` where it says no. Written without `Date.parse`. */
function readTime(text: string): number | undefined {
  const found =
    /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(
      text,
    )
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(Number)
  const [, , , , , , , fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = found
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  if (month < 1 || month > 12 || day < 1 || day > (days[month - 1] ?? 0)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined
  const before = year - 1
  const wholeDays =
    before * 365 +
    Math.floor(before / 4) -
    Math.floor(before / 100) +
    Math.floor(before / 400) +
    days.slice(0, month - 1).reduce((sum, each) => sum + each, 0) +
    (day - 1) -
    719_162
  const zone = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute))
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  return (((wholeDays * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000 + milliseconds
}

const number = (max: number) => fc.nat({ max }).map(two)
const zones = fc.oneof(
  fc.constantFrom('Z', 'z', ''),
  fc
    .tuple(fc.constantFrom('+', '-'), number(25), number(61))
    .map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
)
/** Most of them right, some out of range by one. */
const times = fc
  .tuple(
    fc.nat({ max: 9999 }).map((year) => String(year).padStart(4, '0')),
    number(13),
    number(32),
    fc.constantFrom('T', 'T', 't', ' '),
    number(24),
    number(60),
    number(60),
    fc.constantFrom('', '', '.5', '.123456789', '.', '.1234567890'),
    zones,
  )
  .map(
    ([year, month, day, t, hour, minute, second, fraction, zone]) =>
      `${year}-${month}-${day}${t}${hour}:${minute}:${second}${fraction}${zone}`,
  )

const unit = fc.constantFrom('ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h')

/** Times as AWS writes them, and durations as Go does. */
export const TIMES = [
  target('parseTimestamp() reads what the calendar says, and nothing else', {
    inputs: fc.oneof(times, times, fc.string()),
    found: ['2026-01-02T24:00:00Z'],
    judge: (text) => expect(acceptedBy(() => parseTimestamp(text, REFUSE))).toBe(readTime(text)),
  }),
  target('parseTimestamp() shows nothing of the text', {
    inputs: fc.tuple(times, fc.nat({ max: 30 })),
    judge: ([text, at]) =>
      expect(
        acceptedBy(() => parseTimestamp(text.slice(0, at) + SENTINEL + text.slice(at), REFUSE)),
      ).toBeUndefined(),
  }),
  target('cacheDuration() is a Go duration of at most half of what is left', {
    inputs: fc.double({ min: 0, max: MAX_LIFE_MS, noNaN: true }),
    judge: (lifeMs) => {
      const text = cacheDuration(lifeMs)
      const milliseconds = parseDuration(text)
      expect(text).toMatch(/^[0-9]+s$/)
      expect(milliseconds).toBeLessThanOrEqual(lifeMs / 2)
      expect(milliseconds).toBeGreaterThan(lifeMs / 2 - 1000)
    },
  }),
  target("parseDuration() of the test kubelet reads what Go's grammar allows, and nothing else", {
    inputs: fc.tuple(
      fc.constantFrom('', '-', '+'),
      fc.array(fc.tuple(fc.nat({ max: 999 }), fc.nat({ max: 9 }), unit), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom('', ' ', '1', 'd', '.', '-1s'),
    ),
    judge: ([sign, parts, behind]) => {
      const text = `${sign}${parts.map(([whole, tenth, name]) => `${whole}.${tenth}${name}`).join('')}`
      const sum = parts.reduce(
        (ms, [whole, tenth, name]) => ms + (whole + tenth / 10) * parseDuration(`1${name}`),
        0,
      )
      expect(parseDuration(text)).toBeCloseTo(sign === '-' ? -sum : sum, 3)
      if (behind !== '') expect(() => parseDuration(text + behind)).toThrow('not a Go duration')
    },
  }),
]
