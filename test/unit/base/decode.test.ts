import { expect, test } from 'bun:test'

import * as v from 'valibot'

import { decode, isHeaderText, parseTimestamp, refuseAnswer } from '../../../src/base/decode.ts'
import { expectFailure } from '../../support/failures.ts'
import times from '../../vectors/time/parse-tests.json'

const REFUSE = refuseAnswer('the answer')

test.each([
  ['the whole value', v.object({}), 'SECRET', 'it must be Object'],
  [
    'a field',
    v.object({ a: v.object({ b: v.string() }) }),
    { a: { b: 1 } },
    "'a.b' must be string",
  ],
  ['a field that is missing', v.object({ a: v.string() }), {}, "'a' is missing"],
  [
    'a field that is empty',
    v.object({ a: v.pipe(v.string(), v.nonEmpty()) }),
    { a: '' },
    "'a' is empty",
  ],
  [
    'a check of our own',
    v.object({
      a: v.pipe(
        v.string(),
        v.check(() => false),
      ),
    }),
    { a: 'SECRET' },
    "'a' must be of another form",
  ],
])('decode() names %s, and shows no value', (_, schema, value, expected) => {
  expect(expectFailure('answer_form', () => decode(schema, value, REFUSE))).toBe(
    `cannot use the answer: it is not as documented: ${expected}`,
  )
})

test.each([
  ['a/+=~!', true],
  ['', false],
  [' a', false],
  ['a ', false],
  ['a\n', false],
  ['\u007fa', false],
  ['a\u00e9', false],
])('isHeaderText(%j) is %p', (text, expected) => {
  expect(isHeaderText(text)).toBe(expected)
})

test.each([
  ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
  ['2026-01-02t03:04:05z', Date.UTC(2026, 0, 2, 3, 4, 5)],
  ['2026-01-02T03:04:05.678901234Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
  ['2026-01-02T03:04:05.5Z', Date.UTC(2026, 0, 2, 3, 4, 5, 500)],
  ['2026-01-02T03:04:05+01:30', Date.UTC(2026, 0, 2, 1, 34, 5)],
])('parseTimestamp() reads %s', (text, expected) => {
  expect(parseTimestamp(text, REFUSE)).toBe(expected)
})

test.each([
  '',
  'SECRET',
  '2026-01-02',
  '2026-01-02 03:04:05Z',
  '2026-01-02T03:04:05',
  '2026-01-02T03:04:05UTC',
  '2026-01-02T03:04:05.Z',
  '2026-01-02T03:04:05.1234567890Z',
  '2026-01-02T03:04:05Z (UTC)',
  '+002026-01-02T03:04:05Z',
  '2026-13-02T03:04:05Z',
  '2026-02-30T03:04:05Z',
  '2026-01-02T24:00:00Z',
  '1440000000',
  'Thu, 01 Jan 2026 00:00:00 GMT',
])('parseTimestamp() refuses %j', (text) => {
  expect(expectFailure('answer_form', () => parseTimestamp(text, REFUSE))).not.toContain('SECRET')
})

// The SDKs' shared data, year 1 to 9999; this program reads times of now, to the millisecond.
test.each(times.parse_date_time.filter(({ error }) => !error))(
  'parseTimestamp() reads $smithy_format_value',
  (each) => {
    const expected =
      Number(each.canonical_seconds) * 1000 + Math.trunc(each.canonical_nanos / 1_000_000)
    expect(parseTimestamp(each.smithy_format_value, REFUSE)).toBe(expected)
  },
)
