import { expect, test } from 'bun:test'

import { decodeKeys, describeCredentials } from '../../../src/aws/credentials.ts'
import { refuseAnswer } from '../../../src/base/decode.ts'
import { expectFailure } from '../../support/failures.ts'

const REFUSE = refuseAnswer('the answer')
const PAIR = { AccessKeyId: 'a', SecretAccessKey: 's' }
const Expiration = '2030-01-01T00:00:00Z'
const COMPLETE = {
  imds: { ...PAIR, Token: 't', Expiration },
  container: { ...PAIR, Token: 't', Expiration },
  process: { Version: 1, ...PAIR, SessionToken: 't', Expiration },
} as const
const READ = {
  accessKeyId: 'a',
  secretAccessKey: 's',
  sessionToken: 't',
  expiresAtMs: Date.UTC(2030, 0, 1),
}

test.each(['imds', 'container', 'process'] as const)('decodeKeys() reads all of %s', (sender) => {
  expect(decodeKeys({ ...COMPLETE[sender], Other: [1] }, sender, REFUSE)).toEqual(READ)
})

test.each([
  ['container', 'Expiration', 'expiresAtMs'],
  ['process', 'Expiration', 'expiresAtMs'],
  ['process', 'SessionToken', 'sessionToken'],
] as const)('decodeKeys() of %s does without %s', (sender, field, part) => {
  for (const none of [undefined, null, '']) {
    const value = { ...COMPLETE[sender], [field]: none }
    expect(decodeKeys(value, sender, REFUSE)).toEqual({ ...READ, [part]: undefined })
  }
})

test.each([
  ['imds', 'AccessKeyId'],
  ['imds', 'SecretAccessKey'],
  ['imds', 'Token'],
  ['imds', 'Expiration'],
  ['container', 'AccessKeyId'],
  ['container', 'SecretAccessKey'],
  ['container', 'Token'],
  ['process', 'AccessKeyId'],
  ['process', 'SecretAccessKey'],
] as const)('decodeKeys() of %s refuses an answer without %s', (sender, field) => {
  const refuse = (none: unknown) =>
    expectFailure('answer_form', () =>
      decodeKeys({ ...COMPLETE[sender], [field]: none }, sender, REFUSE),
    )
  expect(refuse(undefined)).toBe(
    `cannot use the answer: it is not as documented: '${field}' is missing`,
  )
  expect(refuse('')).toBe(`cannot use the answer: it is not as documented: '${field}' is empty`)
  expect(refuse(null)).toBe(
    `cannot use the answer: it is not as documented: '${field}' must be string`,
  )
})

test.each([
  ['imds', { ...COMPLETE.imds, Expiration: 'SECRET' }, 'its expiry is not an RFC 3339 time'],
  ['container', { ...COMPLETE.container, Expiration: 1 }, "'Expiration' must be string"],
  ['process', { ...COMPLETE.process, Version: 2 }, "'Version' must be 1"],
  ['process', { ...COMPLETE.process, Version: '1' }, "'Version' must be 1"],
  ['process', { ...COMPLETE.process, SessionToken: 1 }, "'SessionToken' must be string"],
] as const)('decodeKeys() of %s refuses %j', (sender, value, expected) => {
  expect(expectFailure('answer_form', () => decodeKeys(value, sender, REFUSE))).toBe(
    `cannot use the answer: it is not as documented: ${expected}`,
  )
})

test('describeCredentials() names the expiry once it is reached', () => {
  const keys = { ...READ, label: 'the source' }
  const { expiresAtMs } = READ
  expect(describeCredentials(keys, expiresAtMs - 1)).toBe('credentials: the source')
  expect(describeCredentials(keys, expiresAtMs)).toBe(
    'credentials: the source, expired at 2030-01-01T00:00:00.000Z',
  )
  expect(describeCredentials({ ...keys, expiresAtMs: undefined }, 4e12)).toBe(
    'credentials: the source',
  )
})
