import { expect, test } from 'bun:test'

import {
  fetchSsoCredentials,
  findSsoToken,
  parseSsoCredentials,
} from '../../../../src/credentials/sources/sso.ts'
import { answer } from '../../../support/answers.ts'
import { expectFailure, expectRejection } from '../../../support/failures.ts'
import { type FakeOutcome, fakeRun, type FakeRunOptions, noAnswer } from '../../../support/run.ts'

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

function fetchWith(outcome: FakeOutcome, { env = {}, ...options }: FakeRunOptions = {}) {
  const token = JSON.stringify({ accessToken: 'SECRET', expiresAt: '2026-01-01T01:00:00Z' })
  const parts = { files: { [TOKEN_FILE]: token }, env: { HOME: '/h', ...env } }
  const fake = fakeRun([outcome], { ...parts, ...options })
  return { ...fake, result: fetchSsoCredentials(SSO, fake.run) }
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

const LEGACY = { ...SSO, session: undefined }

// As `printf` of the start URL and `sha1sum` have it.
const LEGACY_FILE = '/h/.aws/sso/cache/0c54b6c27e90660baa89eaad85ac1d5dae26cb7d.json'

const FRESH = { accessToken: 'FRESH', expiresAt: '2026-01-01T00:00:01Z' }
/** The clock stands at this very moment. */
const OLD = {
  accessToken: 'OLD',
  expiresAt: '2026-01-01T00:00:00Z',
  refreshToken: 'SECRET-r',
  clientId: 'SECRET-i',
  clientSecret: 'SECRET-s',
  region: 'eu-west-1',
}
const NEW = { accessToken: 'NEW', expiresIn: 3600, refreshToken: 'SECRET-next' }

const failing = (code: string) => async () =>
  Promise.reject(Object.assign(new Error('no'), { code }))

/** Looks for the token in these files, which a run may replace. */
function find(
  sso: typeof SSO | typeof LEGACY,
  files: Readonly<Record<string, object>>,
  outcome: FakeOutcome = noAnswer('nothing was expected'),
  options: FakeRunOptions = {},
) {
  const now = new Map(Object.entries(files).map(([path, file]) => [path, JSON.stringify(file)]))
  const fake = fakeRun([outcome], {
    env: { HOME: '/h' },
    readFile: async (path) => {
      const text = now.get(path)
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
      return new TextEncoder().encode(text)
    },
    replaceFile: async (path, text) => void now.set(path, text),
    ...options,
  })
  const stored = (): unknown => JSON.parse(now.get(TOKEN_FILE) ?? 'null')
  return { ...fake, result: findSsoToken(sso, fake.run), stored }
}

test('findSsoToken() gives what is valid still, of the session or in the legacy form of the start URL', async () => {
  const files = { [TOKEN_FILE]: FRESH, [LEGACY_FILE]: { ...FRESH, accessToken: 'LEGACY' } }
  for (const [sso, token] of [
    [SSO, 'FRESH'],
    [LEGACY, 'LEGACY'],
  ] as const) {
    const { requests, result } = find(sso, files)
    expect([await result, requests]).toEqual([token, []])
  }
})

const LOGIN = "; hint: run aws sso login --profile 'p'"

test.each([
  ['there is no file', SSO, {}, `there is no token file '${TOKEN_FILE}'`],
  [
    'there is none of the start URL',
    LEGACY,
    { [TOKEN_FILE]: FRESH },
    `there is no token file '${LEGACY_FILE}'`,
  ],
  [
    'it has expired, in the legacy form',
    LEGACY,
    { [LEGACY_FILE]: OLD },
    `the token in '${LEGACY_FILE}' has expired`,
  ],
  ...['refreshToken', 'clientId', 'clientSecret'].map(
    (missing) =>
      [
        `it has expired, and there is no ${missing}`,
        SSO,
        { [TOKEN_FILE]: { ...OLD, [missing]: undefined } },
        `the token in '${TOKEN_FILE}' has expired`,
      ] as const,
  ),
])('findSsoToken() asks for a login, and nobody else, when %s', async (_, sso, files, reason) => {
  const { requests, result } = find(sso, files)
  expect(await expectRejection('sso_login', result)).toBe(
    `cannot use IAM Identity Center for profile 'p': ${reason}${LOGIN}`,
  )
  expect(requests).toEqual([])
})

test('findSsoToken() says that a user has no home directory', async () => {
  const nowhere = { env: {}, homeDirectory: async () => undefined }
  const { result } = find(SSO, { [TOKEN_FILE]: FRESH }, noAnswer('x'), nowhere)
  expect(await expectRejection('sso_login', result)).toBe(
    `cannot use IAM Identity Center for profile 'p': this user has no home directory${LOGIN}`,
  )
})

test('findSsoToken() does not pass over a file that it cannot use', async () => {
  await expectRejection('sso_file', find(SSO, { [TOKEN_FILE]: { accessToken: 'a' } }).result)
  const unreadable = { readFile: failing('EACCES') }
  await expectRejection('config_file', find(SSO, {}, noAnswer('x'), unreadable).result)
})

test('findSsoToken() renews what has expired, and keeps what it does not know in the file', async () => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  const { requests, result, stored } = find(SSO, { [TOKEN_FILE]: OLD }, answer(NEW), { step })
  expect(await result).toBe('NEW')
  expect(requests).toEqual([
    {
      method: 'POST',
      url: 'https://oidc.eu-west-1.amazonaws.com/token',
      headers: { 'content-type': 'application/json' },
      body: '{"refreshToken":"SECRET-r","clientId":"SECRET-i","clientSecret":"SECRET-s","grantType":"refresh_token"}',
      timeoutMs: 10_000,
    },
  ])
  expect(stored()).toEqual({
    ...OLD,
    accessToken: 'NEW',
    expiresAt: '2026-01-01T01:00:00Z',
    refreshToken: 'SECRET-next',
  })
  expect(steps).toEqual([
    'asking oidc.eu-west-1.amazonaws.com for a new token',
    'storing the renewed token',
  ])
})

test.each(['https://h', 'https://h/a', 'https://h/a/'])(
  'findSsoToken() asks the configured endpoint %s, below its path',
  async (endpoint) => {
    const env = { HOME: '/h', AWS_ENDPOINT_URL_SSO_OIDC: endpoint }
    const { requests, result } = find(SSO, { [TOKEN_FILE]: OLD }, answer(NEW), { env })
    await result
    expect(requests.map(({ url }) => url)).toEqual([`${endpoint.replace(/\/$/, '')}/token`])
  },
)

test('findSsoToken() keeps the refresh token where no other comes, and whole seconds of the clock', async () => {
  const whole = answer({ accessToken: 'NEW', expiresIn: 1 })
  const { result, stored } = find(SSO, { [TOKEN_FILE]: OLD }, whole, {
    now: () => Date.UTC(2026, 0, 1, 0, 0, 7, 890),
  })
  await result
  expect(stored()).toMatchObject({ refreshToken: 'SECRET-r', expiresAt: '2026-01-01T00:00:08Z' })
})

test.each([
  ['no token', { expiresIn: 1 }],
  ['a token that fits no header', { accessToken: 'SECRET\n', expiresIn: 1 }],
  ['no life', { accessToken: 'SECRET' }],
  ['a life of nothing', { accessToken: 'SECRET', expiresIn: 0 }],
  ['a life of more than ten years', { accessToken: 'SECRET', expiresIn: 315_360_001 }],
  ['a life in words', { accessToken: 'SECRET', expiresIn: '3600' }],
  ['an empty refresh token', { accessToken: 'SECRET', expiresIn: 1, refreshToken: '' }],
  ['no object', 'SECRET'],
])('findSsoToken() refuses an answer with %s, and leaves the file', async (_, body) => {
  const { result, stored, waits } = find(SSO, { [TOKEN_FILE]: OLD }, answer(body))
  const line = await expectRejection('answer_form', result)
  expect(line).toStartWith("cannot use IAM Identity Center's answer for a token: it is not ")
  expect(line).not.toContain('SECRET')
  expect([stored(), waits]).toEqual([OLD, []])
})

test('findSsoToken() takes a life of ten years', async () => {
  const { result } = find(SSO, { [TOKEN_FILE]: OLD }, answer({ ...NEW, expiresIn: 315_360_000 }))
  expect(await result).toBe('NEW')
})

test.each([
  ['InvalidGrantException', 'sso_ended', 'InvalidGrantException'],
  ['AccessDeniedException', 'refused', 'AccessDeniedException'],
  [undefined, 'status', 'HTTP status 400'],
] as const)(
  'findSsoToken() after the refusal %s waits for what another run stores, and tells it if none does',
  async (code, cause, words) => {
    const refusal = answer({ __type: code, message: 'SECRET' }, 400)
    const alone = find(SSO, { [TOKEN_FILE]: OLD }, refusal)
    expect(await expectRejection(cause, alone.result)).toStartWith(
      `cannot renew the token of IAM Identity Center for profile 'p': ${words} from oidc.eu-west-1.amazonaws.com`,
    )
    expect([alone.waits.length > 1, alone.stored()]).toEqual([true, OLD])
    // Between the refusal and the next look another run stores what it got.
    let looks = 0
    const readFile = async () => {
      looks += 1
      const token = looks === 1 ? OLD : { ...FRESH, expiresAt: '2026-01-01T01:00:00Z' }
      return new TextEncoder().encode(JSON.stringify(token))
    }
    expect(await find(SSO, {}, refusal, { readFile }).result).toBe('FRESH')
  },
)

test('findSsoToken() waits for nobody when there was no answer', async () => {
  const { result, waits } = find(SSO, { [TOKEN_FILE]: OLD }, noAnswer('nothing', false))
  await expectRejection('connect_refused', result)
  expect(waits).toEqual([])
})

test('findSsoToken() fails when the new token cannot be stored, since the old one works only once', async () => {
  const readOnly = { replaceFile: failing('EROFS') }
  const { result, waits } = find(SSO, { [TOKEN_FILE]: OLD }, answer(NEW), readOnly)
  expect(await expectRejection('sso_store', result)).toBe(
    `cannot replace the SSO token file '${TOKEN_FILE}': the file system is read-only; hint: mend that, then run aws sso login`,
  )
  expect(waits).toEqual([])
})
