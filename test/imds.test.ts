import { expect, test } from 'bun:test'

import { readSettings } from '../src/config/settings.ts'
import { fetchInstanceCredentials } from '../src/credentials/imds.ts'
import { parseRoleCredentials, parseRoleName, parseToken } from '../src/credentials/imds_answers.ts'
import type { HttpRequest, Network } from '../src/http.ts'
import { answer } from './answers.ts'
import { expectFailure, expectRejection } from './failures.ts'

const KEYS = {
  Code: 'Success',
  AccessKeyId: 'a',
  SecretAccessKey: 's',
  Token: 't',
  Expiration: '2026-01-01T06:00:00Z',
}

function network(answers: readonly (ReturnType<typeof answer> | string)[]) {
  const requests: HttpRequest[] = []
  const left = [...answers]
  const fake: Network = {
    now: () => 0,
    step: () => undefined,
    send: async (request) => {
      requests.push(request)
      const next = left.shift() ?? 'asked once too often'
      return typeof next === 'string'
        ? { kind: 'no_answer', code: 'unreachable', problem: next }
        : next
    },
  }
  return { fake, requests }
}

test.each([
  [{}, 'http://169.254.169.254'],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }, 'http://[fd00:ec2::254]'],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv4' }, 'http://169.254.169.254'],
  [
    {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1338/dropped/',
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6',
    },
    'http://127.0.0.1:1338',
  ],
  [{ AWS_EC2_METADATA_DISABLED: 'yes' }, 'http://169.254.169.254'],
])('fetchInstanceCredentials() with %j asks %s', async (env, endpoint) => {
  const { fake, requests } = network([answer('TOKEN=='), answer('node-role'), answer(KEYS)])
  expect(await fetchInstanceCredentials(readSettings(env, undefined), fake)).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    source: 'instance role "node-role"',
    expiresAtMs: Date.UTC(2026, 0, 1, 6),
  })
  const path = `${endpoint}/latest/meta-data/iam/security-credentials/`
  const headers = { 'x-aws-ec2-metadata-token': 'TOKEN==' }
  expect(requests).toEqual([
    {
      method: 'PUT',
      url: `${endpoint}/latest/api/token`,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
      timeoutMs: 1000,
    },
    { method: 'GET', url: path, headers, timeoutMs: 1000 },
    { method: 'GET', url: `${path}node-role`, headers, timeoutMs: 1000 },
  ])
})

test.each(['true', 'TRUE'])(
  'fetchInstanceCredentials() asks nothing when disabled by %s',
  async (text) => {
    const { fake, requests } = network([])
    const settings = readSettings({ AWS_EC2_METADATA_DISABLED: text }, undefined)
    const message = await expectRejection(
      'no_credentials',
      fetchInstanceCredentials(settings, fake),
    )
    expect(message).toContain('AWS_EC2_METADATA_DISABLED disables IMDS')
    expect(requests).toEqual([])
  },
)

test.each([
  ['token', [], 'asked for the session token)'],
  ['role', [answer('T')], 'asked for the role)'],
  ['credentials', [answer('T'), answer('r')], 'asked for the credentials)'],
])(
  'fetchInstanceCredentials() without an answer for the %s names the step',
  async (_, answers, step) => {
    const { fake } = network([...answers, 'no answer from 169.254.169.254 in 1000 ms'])
    const message = await expectRejection(
      'unreachable',
      fetchInstanceCredentials(readSettings({}, undefined), fake),
    )
    expect(message).toContain(
      `cannot get credentials from IMDS: no answer from 169.254.169.254 in 1000 ms (${step}`,
    )
  },
)

test.each([400, 401, 403, 404, 405, 302, 500, 503, 204])(
  'parseToken() refuses HTTP status %d: there is no IMDSv1',
  (status) => {
    expect(expectFailure('refused', () => parseToken(answer('T', status)))).toContain(
      `HTTP status ${status} for the session token`,
    )
  },
)

test.each(['', 'a b', 'a\nb', '\u00e9', '<html></html> ', 'x'.repeat(1025)])(
  'parseToken() refuses %j',
  (text) => {
    expectFailure('bad_response', () => parseToken(answer(text)))
  },
)

test.each([
  ['role', 'role'],
  ['role\nother', 'role'],
  ['role\r\nother\r\n', 'role'],
  ['r+=,.@-_1', 'r+=,.@-_1'],
])('parseRoleName() reads %j', (text, expected) => {
  expect(parseRoleName(answer(text))).toBe(expected)
})

test('parseRoleName() tells an instance without a role', () => {
  expectFailure('no_credentials', () => parseRoleName(answer('')))
  expectFailure('no_credentials', () => parseRoleName(answer('<html>', 404)))
})

test.each(['../x', 'a/b', 'a b', '<html>', 'a?b', '{"SECRET"}', 'x'.repeat(65)])(
  'parseRoleName() refuses %j',
  (text) => {
    expect(expectFailure('bad_response', () => parseRoleName(answer(text)))).not.toContain('SECRET')
  },
)

test('parseRoleName() refuses another status', () => {
  expectFailure('refused', () => parseRoleName(answer('role', 401)))
})

test('parseRoleCredentials() takes any case of Success, and an expiry in the past', () => {
  const keys = parseRoleCredentials(
    answer({ ...KEYS, Code: 'success', Expiration: '2001-01-01T00:00:00Z', Type: 'AWS-HMAC' }),
    'r',
  )
  expect(keys.expiresAtMs).toBe(Date.UTC(2001, 0, 1))
})

test.each([
  ['AssumeRoleUnauthorizedAccess', 'it answered AssumeRoleUnauthorizedAccess for role "r"'],
  ['SECRET value', 'it answered not Success for role "r"'],
])('parseRoleCredentials() refuses the code %s', (Code, expected) => {
  expect(
    expectFailure('refused', () => parseRoleCredentials(answer({ Code, Message: 'SECRET' }), 'r')),
  ).toContain(expected)
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
  expect(
    expectFailure('bad_response', () => parseRoleCredentials(answer(body), 'r')),
  ).not.toContain('SECRET')
})

test('parseRoleCredentials() refuses another status', () => {
  expectFailure('refused', () => parseRoleCredentials(answer(KEYS, 404), 'r'))
})
