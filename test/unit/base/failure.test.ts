import { expect, test } from 'bun:test'

import {
  coded,
  codeOf,
  failed,
  Failure,
  failure,
  printable,
  problem,
  quote,
  subject,
} from '../../../src/base/failure.ts'

test('failure() fills names from outside into quotes, and all else as it is', () => {
  const found = failure('config_file', { name: "'a'", path: '/b\'c"d', reason: 'it "is"' })
  expect(found).toBeInstanceOf(Failure)
  expect([found.cause, found.message]).toEqual([
    'config_file',
    "cannot read 'a' '/b?c?d': it \"is\"",
  ])
  // Of a minified class the runtime would show another name.
  expect(String(found)).toStartWith('Failure: cannot read')
})

test('failure() fills a name in wherever it stands, numbers too, and reads no value as a line', () => {
  const profile = '$& {file}'
  expect(failure('profile_header', { profile, file: '{profile}' }).message).toBe(
    "cannot find profile '$& {file}' (from AWS_PROFILE): {profile} has it as [$& {file}]; hint: write [profile $& {file}] there, no restart is needed",
  )
  expect(failure('account_digits', { host: 'h', digits: 11 }).message).toBe(
    "cannot get credentials for 'h': the account number in it has 11 digits, and 12 are needed",
  )
})

const ABOUT = subject('sts', { role: "a'b" })

test.each([
  [[], "cannot assume role 'a?b': the host name of h does not exist"],
  [['', ''], "cannot assume role 'a?b': the host name of h does not exist"],
  [['x'], "cannot assume role 'a?b': the host name of h does not exist (x)"],
  [['x', '', 'y'], "cannot assume role 'a?b': the host name of h does not exist (x; y)"],
])('failed() puts the facts %j behind a line without a hint', (facts, line) => {
  const found = failed(ABOUT, problem('dns_unknown', { host: 'h' }), facts)
  expect([found.cause, found.message]).toEqual(['dns_unknown', line])
})

test('failed() puts the facts before the first hint, as they are', () => {
  const found = failed(ABOUT, problem('no_tls', { host: 'h; hint: x' }), ['$&'])
  expect([found.cause, found.message]).toEqual([
    'no_tls',
    "cannot assume role 'a?b': h ($&); hint: x does not speak TLS; hint: look for a proxy or a portal in between",
  ])
})

test.each([
  ['name', "'name'"],
  ['', "''"],
  [`a'b"c`, "'a?b?c'"],
  ['a; hint: do b; hint: c', "'a? hint: do b? hint: c'"],
  ['a; b', "'a; b'"],
  ['x'.repeat(120), `'${'x'.repeat(120)}'`],
  ['x'.repeat(121), `'${'x'.repeat(120)}...'`],
])('quote() of %j', (name, quoted) => {
  expect(quote(name)).toBe(quoted)
})

test.each([
  ['a ~!\'"{}', "a ~!''{}"],
  ['a\nb\r\tc\u0000\u001b[31m\u007f', 'a?b??c??[31m?'],
  ['\u0085\u00e9\u2028\u202e', '????'],
  ['x'.repeat(2000), 'x'.repeat(2000)],
  ['x'.repeat(2001), `${'x'.repeat(2000)}...`],
])('printable() of %j', (text, line) => {
  expect(printable(text)).toBe(line)
})

test.each([
  ['an error of ours', coded('EPIPE'), 'EPIPE'],
  ['an error with a number', Object.assign(new Error('x'), { code: 5 }), 5],
  ['an error without', new Error('x'), undefined],
  ['an object', { code: 'EPIPE' }, undefined],
  ['a string', 'EPIPE', undefined],
  ['nothing', undefined, undefined],
])('codeOf() of %s', (_, error, code) => {
  expect(codeOf(error)).toBe(code)
})
