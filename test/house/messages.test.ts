import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

import { OWN_LINES } from '../../src/base/lines/own.ts'
import { PROBLEMS, SUBJECTS } from '../../src/base/lines/peer.ts'
import { formatMessages, MESSAGE_MARKERS } from './messages.ts'
import { readBetween } from './readme.ts'

const ROOT = new URL('../../', import.meta.url)
const source = [...new Bun.Glob('src/**/*.ts').scanSync({ cwd: ROOT.pathname })]
  .filter((file) => !file.startsWith('src/base/lines/'))
  .map((file) => ({ file, text: readFileSync(new URL(file, ROOT), 'utf8') }))
const LINES = { ...OWN_LINES, ...PROBLEMS }

test('the README has every line that the program can print', () => {
  // To renew it: bun -e "import { formatMessages } from './test/house/messages.ts'; console.log(formatMessages())"
  expect(readBetween(MESSAGE_MARKERS)).toBe(formatMessages())
})

test('lines are made in one place', () => {
  const makers = source.filter(({ text }) => /new Failure\(/.test(text)).map(({ file }) => file)
  expect(makers).toEqual(['src/base/failure.ts'])
})

test('every line is one that something can print', () => {
  const all = source.map(({ text }) => text).join('\n')
  const unused = [...Object.keys(LINES), ...Object.keys(SUBJECTS)].filter(
    (cause) => !all.includes(`'${cause}'`),
  )
  expect(unused).toEqual([])
})

test('lines have one form', () => {
  const own = Object.entries(OWN_LINES)
    .filter(([cause]) => cause !== 'bug' && cause !== 'usage_config')
    .map(([, line]) => line)
  for (const line of [...own, ...Object.values(SUBJECTS)]) expect(line).toMatch(/^cannot [a-z]+ /)
  for (const line of [...Object.values(LINES), ...Object.values(SUBJECTS)]) {
    // The kubelet's log shows a double quote with a backslash; a sentence has no end where a hint may follow.
    expect(line).toMatch(/^[\x20-\x7e]+$/)
    expect(line).not.toMatch(/"|[.?!]$|\) \(/)
    expect(line.split('; hint: ').length).toBeLessThanOrEqual(2)
    // A hint says what to do; it asks nothing.
    expect(line).not.toMatch(/; hint: (?:is|are|has|have|does|do|should|can|what|which)\b/)
  }
})

test('causes are words in snake case, and none is two', () => {
  for (const cause of Object.keys(LINES)) expect(cause).toMatch(/^[a-z]+(_[a-z0-9]+)*$/)
  expect(Object.keys(LINES).length).toBe(
    Object.keys(OWN_LINES).length + Object.keys(PROBLEMS).length,
  )
})
