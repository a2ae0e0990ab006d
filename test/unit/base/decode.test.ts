import { expect, test } from 'bun:test'

import * as v from 'valibot'

import { decode, isHeaderText } from '../../../src/base/decode.ts'
import { failure } from '../../../src/base/failure.ts'
import { expectFailure } from '../../support/failures.ts'

const REFUSE = (reason: string) => failure('answer_form', { answer: 'the answer', reason })

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
