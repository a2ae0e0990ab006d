import { expect, test } from 'bun:test'

import { OWN_LINES } from '../../../../src/base/lines/own.ts'
import { PROBLEMS } from '../../../../src/base/lines/peer.ts'
import { fixFor } from '../../../../src/operator/doctor/fixes.ts'

/** Causes that doctor never comes upon. */
const NONE = new Set([
  'usage_argument',
  'usage_config',
  'usage_warm',
  'request_unreadable',
  'request_form',
  'request_image',
  'annotation',
  'cache_life',
  'output',
  'bug',
])

test('every cause has a hint, or something to do about it', () => {
  const lines = Object.entries({ ...OWN_LINES, ...PROBLEMS })
  const silent = lines.filter(([, line]) => !line.includes('; hint: ')).map(([cause]) => cause)
  expect(
    silent.filter((cause) => !NONE.has(cause) && fixFor(cause, undefined) === undefined),
  ).toEqual([])
  expect(silent.length).toBeGreaterThan(40)
})
