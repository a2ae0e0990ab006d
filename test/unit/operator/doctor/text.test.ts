import { expect, test } from 'bun:test'

import { type Check, formatJson } from '../../../../src/operator/doctor/report.ts'
import { formatCheck, formatVerdict } from '../../../../src/operator/doctor/text.ts'

const check = (parts: Partial<Check>): Check => ({
  id: 'network.address',
  status: 'ok',
  summary: 'fine',
  ...parts,
})

test('a layer is named once', () => {
  const own = check({})
  expect(formatCheck(own, 'identity.credentials', false)).toBe('network   ok    fine\n')
  expect(formatCheck(own, 'network.proxy', false)).toBe('          ok    fine\n')
})

test('lines end before the eighty-first column, and the time stands at the end of the first', () => {
  const summary = 'word '.repeat(40).trim()
  const lines = formatCheck(check({ summary, ms: 12.4, fix: summary }), undefined, false).split(
    '\n',
  )
  expect(lines[0]).toMatch(/ {3}12 ms$/)
  expect(lines[0]?.length).toBe(80)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  expect(lines.filter((line) => line.startsWith('          fix   word'))).toHaveLength(1)
  // Nothing is lost.
  expect(lines.join(' ').match(/word/g)).toHaveLength(80)
})

test('a word that is longer than a line has one of its own', () => {
  const long = 'x'.repeat(90)
  expect(formatCheck(check({ summary: `a ${long} b` }), undefined, false)).toBe(
    `network   ok    a\n${' '.repeat(16)}${long}\n${' '.repeat(16)}b\n`,
  )
})

test('no text can drive a terminal', () => {
  const json = formatJson('h/a', [check({ summary: 'a\u009b2Jb\u202e"', fix: 'd\u0007' })])
  expect(json).toContain('"summary":"a?2Jb?\'","fix":"d?"')
  const text = formatCheck(check({ summary: 'a\u001b[2Jb\nc', fix: 'd\u0007' }), undefined, false)
  expect(text).toBe('network   ok    a?[2Jb?c\n          fix   d?\n')
})

test('only the status is coloured, and as wide as without', () => {
  const plain = formatCheck(check({ status: 'fail' }), undefined, false)
  const coloured = formatCheck(check({ status: 'fail' }), undefined, true)
  expect(plain).toBe('network   FAIL  fine\n')
  expect(coloured).toBe('network   \u001b[31mFAIL\u001b[0m  fine\n')
})

test.each([
  [[check({})], undefined, '1 ok: this node can get a password for ECR.'],
  [[check({ id: 'registry.layers' })], 'h/a', '1 ok: this node can pull this image.'],
  [[check({}), check({ status: 'warn' })], 'h/a', '1 ok, 1 warning: this node can get'],
  [
    [check({ status: 'warn' }), check({ status: 'warn' }), check({ status: 'info' })],
    'h/a',
    '0 ok, 2 warnings: this node can get a password for ECR.',
  ],
  [
    [check({ status: 'fail' }), check({ status: 'skip' })],
    'h/a',
    '0 ok, 1 failed, 1 skipped: this node cannot pull this image.',
  ],
  [[check({ status: 'unknown' }), check({ status: 'fail' })], 'h/a', '0 ok, 1 failed: this cannot'],
] as const)('the verdict of %j', (checks, image, line) => {
  expect(formatVerdict(image, checks)).toStartWith(`\n${line}`)
})
