import { expect, test } from 'bun:test'

import {
  fetchSsoCredentials,
  parseSsoCredentials,
} from '../../../../src/credentials/sources/sso.ts'
import { answer } from '../../../support/answers.ts'
import { fakeContext, type FakeContextOptions, type FakeOutcome } from '../../../support/context.ts'
import { expectFailure, expectRejection } from '../../../support/failures.ts'

const SSO = {
  profile: 'p',
  session: 'corp',
  startUrl: 'https://d-1.awsapps.com/start',
  region: 'eu-west-1',
  accountId: '123456789012',
  roleName: 'a&b=c',
}
// The file is named after the session: `printf corp | sha1sum`.
const TOKEN_FILE = '/h/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json'
const KEYS = {
  accessKeyId: 'A',
  secretAccessKey: 'S',
  sessionToken: 'T',
  expiration: Date.UTC(2026, 0, 1, 1),
}
const READ = {
  accessKeyId: 'A',
  secretAccessKey: 'S',
  sessionToken: 'T',
  label: "IAM Identity Center role 'a&b=c'",
  expiresAtMs: Date.UTC(2026, 0, 1, 1),
}

function fetchWith(outcome: FakeOutcome, { env = {}, ...options }: FakeContextOptions = {}) {
  const token = JSON.stringify({ accessToken: 'SECRET', expiresAt: '2026-01-01T01:00:00Z' })
  const parts = { files: { [TOKEN_FILE]: token }, env: { HOME: '/h', ...env } }
  const fake = fakeContext([outcome], { ...parts, ...options })
  return { ...fake, result: fetchSsoCredentials(SSO, fake.context) }
}

test('fetchSsoCredentials() asks the portal of the region of the profile, once', async () => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  const { requests, result } = fetchWith(answer({ roleCredentials: KEYS }), { step })
  expect(await result).toEqual(READ)
  expect(requests).toEqual([
    {
      method: 'GET',
      url: 'https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=a%26b%3Dc',
      headers: { 'x-amz-sso_bearer_token': 'SECRET' },
      timeoutMs: 10_000,
    },
  ])
  expect(steps).toEqual(["asking portal.sso.eu-west-1.amazonaws.com for role 'a&b=c'"])
})

test.each(['https://h', 'https://h/a', 'https://h/a/'])(
  'fetchSsoCredentials() asks the configured endpoint %s, below its path',
  async (endpoint) => {
    const env = { AWS_ENDPOINT_URL_SSO: endpoint }
    const { requests, result } = fetchWith(answer({ roleCredentials: KEYS }), { env })
    await result
    expect(requests[0]?.url).toStartWith(
      `${endpoint.replace(/\/$/, '')}/federation/credentials?account_id=`,
    )
  },
)

test('fetchSsoCredentials() asks nobody without a token', async () => {
  const { requests, result } = fetchWith(answer({ roleCredentials: KEYS }), { files: {} })
  await expectRejection('sso_login', result)
  expect(requests).toEqual([])
})

test.each([
  ['UnauthorizedException', 401, 'sso_ended', ': the session has ended; hint: run aws sso login'],
  [
    'ForbiddenException',
    403,
    'sso_forbidden',
    '; hint: assign the role to this user in that account',
  ],
] as const)('fetchSsoCredentials() has words for %s', async (code, status, cause, words) => {
  const { result } = fetchWith(answer({ __type: code, message: 'SECRET' }, status))
  expect(await expectRejection(cause, result)).toBe(
    `cannot get credentials from IAM Identity Center for profile 'p': ${code} from portal.sso.eu-west-1.amazonaws.com${words}`,
  )
})

const parse = (roleCredentials: unknown) => parseSsoCredentials(answer({ roleCredentials }), SSO)

test.each([0, 253_402_300_799_000])(
  'parseSsoCredentials() takes the expiration %d',
  (expiration) => {
    expect(parse({ ...KEYS, expiration }).expiresAtMs).toBe(expiration)
  },
)

test.each([
  ['no keys', undefined],
  ['no accessKeyId', { ...KEYS, accessKeyId: undefined }],
  ['an empty accessKeyId', { ...KEYS, accessKeyId: '' }],
  ['no secretAccessKey', { ...KEYS, secretAccessKey: undefined }],
  ['an empty secretAccessKey', { ...KEYS, secretAccessKey: '' }],
  ['no sessionToken', { ...KEYS, sessionToken: undefined }],
  ['an empty sessionToken', { ...KEYS, sessionToken: '' }],
  ['no expiration', { ...KEYS, expiration: undefined }],
  ['text for an expiration', { ...KEYS, expiration: 'SECRET' }],
  ['an expiration before 1970', { ...KEYS, expiration: -1 }],
  ['an expiration after the year 9999', { ...KEYS, expiration: 253_402_300_799_001 }],
  ["another sender's names", { AccessKeyId: 'A', SecretAccessKey: 'SECRET', Token: 'T' }],
])('parseSsoCredentials() refuses %s', (_, keys) => {
  const line = expectFailure('answer_form', () => parse(keys))
  expect(line).toStartWith("cannot use IAM Identity Center's answer: it is not as documented: '")
  expect(line).not.toContain('SECRET')
})

test('parseSsoCredentials() refuses what is no JSON, and shows nothing of it', () => {
  expect(expectFailure('answer_form', () => parseSsoCredentials(answer('<SECRET>'), SSO))).toBe(
    "cannot use IAM Identity Center's answer: it is not valid JSON",
  )
})
