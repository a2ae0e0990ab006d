import { expect, test } from 'bun:test'

import {
  parseRegion,
  parseRoleCredentials,
  parseRoleName,
  parseSessionToken,
} from '../../../src/credentials/imds_answers.ts'
import { answer } from '../../support/answers.ts'
import { expectFailure } from '../../support/failures.ts'

const KEYS = {
  Code: 'Success',
  AccessKeyId: 'a',
  SecretAccessKey: 's',
  Token: 't',
  Expiration: '2026-01-01T06:00:00Z',
}

const bytes = (body: unknown) => answer(body).body

// It becomes part of a host's name, and `sts.s3.amazonaws.com` may be anybody's.
test.each([
  '',
  'a b',
  '../x',
  'eu_west',
  '<html>',
  's3',
  'null',
  'us-east',
  'US-EAST-1',
  'us-east-1.evil.example',
  'evil.example/us-east-1',
  'evil.example#us-east-1',
])('parseRegion() refuses %j', (text) => {
  expect(expectFailure('answer_form', () => parseRegion(bytes(text)))).toBe(
    "cannot use IMDS's answer for the region: it is malformed",
  )
})

test.each(['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'me-central-12'])(
  'parseRegion() takes %s',
  (text) => {
    expect(parseRegion(bytes(`${text}\n`))).toBe(text)
  },
)

test.each(['', 'a b', 'a\nb', '\u00e9', '<html></html> ', 'x'.repeat(1025)])(
  'parseSessionToken() refuses %j',
  (text) => {
    expect(expectFailure('answer_form', () => parseSessionToken(bytes(text)))).toBe(
      "cannot use IMDS's answer for the session token: it is malformed",
    )
  },
)

test.each([
  ['role', 'role'],
  ['r', 'r'],
  ['role\nother', 'role'],
  ['role\r\nother\r\n', 'role'],
  ['role\r', 'role'],
  ['role\nother\r', 'role'],
  ['r+=,.@-_1', 'r+=,.@-_1'],
  ['x'.repeat(64), 'x'.repeat(64)],
])('parseRoleName() reads %j', (text, expected) => {
  expect(parseRoleName(bytes(text))).toBe(expected)
})

test.each(['~', 'x'.repeat(1024)])('parseSessionToken() takes %s', (token) => {
  expect(parseSessionToken(bytes(token))).toBe(token)
})

test('parseRoleName() tells an instance without a role', () => {
  expectFailure('imds_no_role', () => parseRoleName(bytes('')))
  expectFailure('imds_no_role', () => parseRoleName(bytes('\nrole')))
})

test.each([
  '../x',
  'a/b',
  'a b',
  'a\rb',
  'a\r\r\nb',
  '<html>',
  'a?b',
  '{"SECRET"}',
  'x'.repeat(65),
])('parseRoleName() refuses %j', (text) => {
  expect(expectFailure('answer_form', () => parseRoleName(bytes(text)))).toBe(
    "cannot use IMDS's answer for the role list: it holds no role name",
  )
})

test('parseRoleCredentials() takes any case of Success, and an expiry in the past', () => {
  const keys = parseRoleCredentials(
    bytes({ ...KEYS, Code: 'success', Expiration: '2001-01-01T00:00:00Z', Type: 'AWS-HMAC' }),
    'r',
  )
  expect(keys).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    label: "instance role 'r'",
    expiresAtMs: Date.UTC(2001, 0, 1),
  })
})

test.each([
  ['AssumeRoleUnauthorizedAccess', "it answered AssumeRoleUnauthorizedAccess for role 'r'"],
  ['X', "it answered X for role 'r'"],
  ['X'.repeat(64), `it answered ${'X'.repeat(64)} for role 'r'`],
  ['X'.repeat(65), "it answered not Success for role 'r'"],
  ['SECRET value', "it answered not Success for role 'r'"],
])('parseRoleCredentials() refuses the code %s', (Code, expected) => {
  expect(
    expectFailure('imds_role', () => parseRoleCredentials(bytes({ Code, Message: 'SECRET' }), 'r')),
  ).toBe(
    `cannot get credentials from IMDS: ${expected}; hint: the role must still exist and trust ec2.amazonaws.com`,
  )
})

test.each([
  ['HTML', '<html>SECRET</html>'],
  ['nothing', ''],
  ['null', 'null'],
  ['an array', []],
  ['no code', { ...KEYS, Code: undefined }],
  ['an empty code', { ...KEYS, Code: '' }],
  ['no AccessKeyId', { ...KEYS, AccessKeyId: undefined }],
  ['an empty AccessKeyId', { ...KEYS, AccessKeyId: '' }],
  ['no SecretAccessKey', { ...KEYS, SecretAccessKey: undefined }],
  ['an empty SecretAccessKey', { ...KEYS, SecretAccessKey: '' }],
  ['no Token', { ...KEYS, Token: undefined }],
  ['an empty Token', { ...KEYS, Token: '' }],
  ['a Token that is no string', { ...KEYS, Token: { SECRET: 1 } }],
  ['no Expiration', { ...KEYS, Expiration: undefined }],
  ['an Expiration that is no time', { ...KEYS, Expiration: 'SECRET' }],
  ['another case of a name', { ...KEYS, AccessKeyId: undefined, accessKeyId: 'a' }],
])('parseRoleCredentials() refuses %s', (_, body) => {
  expect(expectFailure('answer_form', () => parseRoleCredentials(bytes(body), 'r'))).toMatch(
    /^cannot use IMDS's answer for the credentials: it is not (?!.*SECRET)/,
  )
})
