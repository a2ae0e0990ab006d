import { expect, test } from 'bun:test'

import { HELP, parseOptions } from '../src/options.ts'
import { expectFailure } from './failures.ts'

test.each([
  [[], { command: 'get-credentials', timeoutMs: 45_000, verbose: false }],
  [['get-credentials'], { command: 'get-credentials' }],
  [['--verbose', 'get-credentials'], { command: 'get-credentials', verbose: true }],
  [['--timeout', '7'], { timeoutMs: 7000 }],
  [['--timeout=3600'], { timeoutMs: 3_600_000 }],
  [['--help'], { command: 'help' }],
  [['-h'], { command: 'help' }],
  [['--version'], { command: 'version' }],
  [['-v'], { command: 'version' }],
])('parseOptions() reads %j', (args, expected) => {
  expect(parseOptions(args)).toMatchObject(expected)
})

test.each([
  [['get']],
  [['get-credentials', 'x']],
  [['--nope']],
  [['--']],
  [['']],
  [['--timeout']],
  [['--timeout', '0']],
  [['--timeout', '-1']],
  [['--timeout', '1.5']],
  [['--timeout', '3601']],
  [['--timeout', '1e3']],
  [['--timeout=']],
  [['--verbose=yes']],
  [['--v\u001b[31m\n']],
])('parseOptions() refuses %j', (args) => {
  expectFailure('bad_usage', () => parseOptions(args))
})

test('the help names every option it accepts', () => {
  for (const option of ['get-credentials', '--timeout', '--verbose', '--help', '--version']) {
    expect(HELP).toContain(option)
  }
})
