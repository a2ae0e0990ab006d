import { expect, test } from 'bun:test'

import { findSsoToken } from '../../../../src/credentials/sources/sso_token.ts'
import { answer } from '../../../support/answers.ts'
import {
  fakeContext,
  type FakeContextOptions,
  type FakeOutcome,
  noAnswer,
} from '../../../support/context.ts'
import { expectRejection } from '../../../support/failures.ts'

const SSO = {
  profile: 'p',
  session: 'corp',
  startUrl: 'https://d-1.awsapps.com/start',
  region: 'eu-west-1',
  accountId: '123456789012',
  roleName: 'r',
}
const LEGACY = { ...SSO, session: undefined }

// As `printf corp | sha1sum` has it, and the same for the start URL.
const FILE = '/h/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json'
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
  options: FakeContextOptions = {},
) {
  const now = new Map(Object.entries(files).map(([path, file]) => [path, JSON.stringify(file)]))
  const fake = fakeContext([outcome], {
    env: { HOME: '/h' },
    readFile: async (path) => {
      const text = now.get(path)
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
      return new TextEncoder().encode(text)
    },
    replaceFile: async (path, text) => void now.set(path, text),
    ...options,
  })
  const stored = (): unknown => JSON.parse(now.get(FILE) ?? 'null')
  return { ...fake, result: findSsoToken(sso, fake.context), stored }
}

test('findSsoToken() gives what is valid still, of the session or in the legacy form of the start URL', async () => {
  const files = { [FILE]: FRESH, [LEGACY_FILE]: { ...FRESH, accessToken: 'LEGACY' } }
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
  ['there is no file', SSO, {}, `there is no token file '${FILE}'`],
  [
    'there is none of the start URL',
    LEGACY,
    { [FILE]: FRESH },
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
        { [FILE]: { ...OLD, [missing]: undefined } },
        `the token in '${FILE}' has expired`,
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
  const { result } = find(SSO, { [FILE]: FRESH }, noAnswer('x'), nowhere)
  expect(await expectRejection('sso_login', result)).toBe(
    `cannot use IAM Identity Center for profile 'p': this user has no home directory${LOGIN}`,
  )
})

test('findSsoToken() does not pass over a file that it cannot use', async () => {
  await expectRejection('sso_file', find(SSO, { [FILE]: { accessToken: 'a' } }).result)
  const unreadable = { readFile: failing('EACCES') }
  await expectRejection('config_file', find(SSO, {}, noAnswer('x'), unreadable).result)
})

test('findSsoToken() renews what has expired, and keeps what it does not know in the file', async () => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  const { requests, result, stored } = find(SSO, { [FILE]: OLD }, answer(NEW), { step })
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
    const { requests, result } = find(SSO, { [FILE]: OLD }, answer(NEW), { env })
    await result
    expect(requests.map(({ url }) => url)).toEqual([`${endpoint.replace(/\/$/, '')}/token`])
  },
)

test('findSsoToken() keeps the refresh token where no other comes, and whole seconds of the clock', async () => {
  const whole = answer({ accessToken: 'NEW', expiresIn: 1 })
  const { result, stored } = find(SSO, { [FILE]: OLD }, whole, {
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
  const { result, stored, waits } = find(SSO, { [FILE]: OLD }, answer(body))
  const line = await expectRejection('answer_form', result)
  expect(line).toStartWith("cannot use IAM Identity Center's answer for a token: it is not ")
  expect(line).not.toContain('SECRET')
  expect([stored(), waits]).toEqual([OLD, []])
})

test('findSsoToken() takes a life of ten years', async () => {
  const { result } = find(SSO, { [FILE]: OLD }, answer({ ...NEW, expiresIn: 315_360_000 }))
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
    const alone = find(SSO, { [FILE]: OLD }, refusal)
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
  const { result, waits } = find(SSO, { [FILE]: OLD }, noAnswer('nothing', false))
  await expectRejection('connect_refused', result)
  expect(waits).toEqual([])
})

test('findSsoToken() fails when the new token cannot be stored, since the old one works only once', async () => {
  const readOnly = { replaceFile: failing('EROFS') }
  const { result, waits } = find(SSO, { [FILE]: OLD }, answer(NEW), readOnly)
  expect(await expectRejection('sso_store', result)).toBe(
    `cannot replace the SSO token file '${FILE}': the file system is read-only; hint: mend that, then run aws sso login`,
  )
  expect(waits).toEqual([])
})
