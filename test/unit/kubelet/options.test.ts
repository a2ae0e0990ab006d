import { expect, test } from 'bun:test'

import { HELP, parseOptions } from '../../../src/kubelet/options.ts'
import { expectFailure } from '../../support/failures.ts'

test.each([
  [
    [],
    { command: 'get-credentials', timeoutMs: 45_000, verbose: false, irsaRole: false, mirrors: [] },
  ],
  [['--irsa-role'], { irsaRole: true }],
  [['--mirror', 'Docker.io'], { mirrors: [{ host: 'docker.io', region: undefined }] }],
  [
    ['--mirror=h:5000=eu-west-1', '--mirror', '*'],
    {
      mirrors: [
        { host: 'h:5000', region: 'eu-west-1' },
        { host: '*', region: undefined },
      ],
    },
  ],
  [['get-credentials'], { command: 'get-credentials' }],
  [['--verbose', 'get-credentials'], { command: 'get-credentials', verbose: true }],
  [[], { cacheDirectory: undefined, images: [] }],
  [['--cache-dir', '/run/x'], { command: 'get-credentials', cacheDirectory: '/run/x' }],
  [['--cache-dir=/run/x'], { cacheDirectory: '/run/x' }],
  [['--cache-dir=/run/x//'], { cacheDirectory: '/run/x' }],
  [['--cache-dir=/run/.../.x/x.'], { cacheDirectory: '/run/.../.x/x.' }],
  [['warm', '--cache-dir', '/run/x'], { command: 'warm', images: [], cacheDirectory: '/run/x' }],
  [['--help', 'warm'], { command: 'help' }],
  [['warm', '--help'], { command: 'help' }],
  [['warm', 'a/b', '--cache-dir=/x', 'c'], { command: 'warm', images: ['a/b', 'c'] }],
  [['warm', '--cache-dir=/x', 'a=b'], { images: ['a=b'] }],
  [['--mirror=h:1'], { mirrors: [{ host: 'h:1', region: undefined }] }],
  [['--mirror=h:65535'], { mirrors: [{ host: 'h:65535', region: undefined }] }],
  [['--timeout', '1'], { timeoutMs: 1000 }],
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
  [['--mirrors']],
  [['--timeouts']],
  [['--cache-dir']],
  [['--cache-dir', '']],
  [['--cache-dir', 'relative']],
  [['--cache-dir', './x']],
  [['--cache-dir', '/']],
  [['--cache-dir', '/run//x']],
  [['--cache-dir', '/run/./x']],
  [['--cache-dir', '/run/../x']],
  [['--cache-dir', '/run/..']],
  [['warm']],
  [['warm', '--cache-dir=/x', '--verbose=x']],
  [['warm', '--cache-dir=/x', '']],
  [['--cache-dir', '/x/\u{FFFD}']],
  [['warm', 'a']],
  [['warm', '--cache-dir=/x', '--nope']],
  [['a', '--cache-dir=/x']],
  [['--timeout']],
  [['--timeout', '0']],
  [['--timeout', '-1']],
  [['--timeout', '1.5']],
  [['--timeout', '3601']],
  [['--timeout', '1e3']],
  [['--timeout', '00007']],
  [['--timeout=']],
  [['--verbose=yes']],
  [['--mirror']],
  [['--mirror', '']],
  [['--mirror', 'https://h']],
  [['--mirror', 'h/path']],
  [['--mirror', 'h=']],
  [['--mirror', 'h=us_east_1']],
  [['--mirror', '*.example']],
  [['--mirror', 'h:port']],
  [['--mirror', 'h:']],
  [['--mirror', 'h:123456']],
  [['--v\u001b[31m\n']],
])('parseOptions() refuses %j', (args) => {
  expectFailure(['usage_argument', 'usage_option', 'usage_warm'], () => parseOptions(args))
})

test('the help names every option it accepts', () => {
  for (const option of [
    'get-credentials',
    '--mirror',
    '--irsa-role',
    '--timeout',
    '--verbose',
    '--help',
    '--version',
  ]) {
    expect(HELP).toContain(option)
  }
})
