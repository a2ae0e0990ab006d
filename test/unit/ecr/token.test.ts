import { expect, test } from 'bun:test'

import { parseRegistry, type Registry } from '../../../src/ecr/host.ts'
import { fetchRegistryToken, parseToken } from '../../../src/ecr/token.ts'
import { answer } from '../../support/answers.ts'
import { expectFailure, expectRejection } from '../../support/failures.ts'
import { type FakeOutcome, fakeRun, noAnswer } from '../../support/run.ts'

const PRIVATE = parseRegistry('123456789012.dkr.ecr.us-west-2.amazonaws.com/x', [])
const PUBLIC = parseRegistry('public.ecr.aws/x', [])
const TOKEN = btoa('AWS:password')
const NOW = Date.UTC(2026, 0, 1)
const CREDENTIALS = {
  accessKeyId: 'AKID',
  secretAccessKey: 'SECRET',
  sessionToken: 'TOKEN',
  label: "instance role 'r'",
  expiresAtMs: NOW - 1000,
}

/** What the one request for a token is. */
async function requestFor(registry: Registry, region: string, env = {}) {
  const data = { authorizationToken: TOKEN }
  const authorizationData = registry.service === 'ecr' ? [data] : data
  const { run, requests } = fakeRun([answer({ authorizationData })], { env })
  await fetchRegistryToken(registry, { region, credentials: CREDENTIALS, yields: false }, run)
  expect(requests.length).toBe(1)
  return requests[0]
}

test('fetchRegistryToken() asks for a private and a public registry', async () => {
  const own = await requestFor(PRIVATE, 'us-west-2')
  expect(own).toMatchObject({
    method: 'POST',
    url: 'https://api.ecr.us-west-2.amazonaws.com/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    },
    body: '{}',
  })
  expect(Object.keys(own?.headers ?? {}).toSorted()).toEqual([
    'authorization',
    'content-type',
    'x-amz-date',
    'x-amz-security-token',
    'x-amz-target',
  ])
  expect(await requestFor(PUBLIC, 'us-east-1')).toMatchObject({
    url: 'https://api.ecr-public.us-east-1.amazonaws.com/',
    headers: { 'x-amz-target': 'SpencerFrontendService.GetAuthorizationToken' },
  })
})

test.each([
  [{ AWS_ENDPOINT_URL: 'https://all/' }, 'https://all/', 'https://all/'],
  [
    { AWS_ENDPOINT_URL: 'https://all', AWS_ENDPOINT_URL_ECR: 'https://own/p' },
    'https://own/p',
    'https://all/',
  ],
  [
    { AWS_ENDPOINT_URL: 'https://all', AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://own' },
    'https://all/',
    'https://own/',
  ],
])('fetchRegistryToken() with %j', async (env, own, publicUrl) => {
  expect((await requestFor(PRIVATE, 'us-west-2', env))?.url).toBe(own)
  expect((await requestFor(PUBLIC, 'us-east-1', env))?.url).toBe(publicUrl)
})

const HOURS = 3_600_000
const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT'

test.each([
  [NOW / 1000 + 12 * 3600, 12 * HOURS],
  [NOW / 1000 + 12 * 3600 - 0.125, 12 * HOURS - 125],
  [NOW / 1000 + 12 * 3600 + 0.125, 12 * HOURS],
  [NOW / 1000 + 1, 1000],
  [NOW / 1000, 0],
  [NOW / 1000 - 1, 0],
  [0, 0],
  [-1e308, 0],
  [NOW / 1000 + 366 * 3600, 12 * HOURS],
  [253_402_300_799, 12 * HOURS],
  [null, 0],
  [undefined, 0],
])('parseToken() reads expiresAt %p', (expiresAt, lifeMs) => {
  const data = { authorizationToken: TOKEN, expiresAt, proxyEndpoint: 'https://ignored' }
  const expected = { username: 'AWS', password: 'password', lifeMs }
  expect(parse({ authorizationData: [data, 'ignored'] })).toEqual(expected)
  expect(parseToken(answer({ authorizationData: data }), 'ecr-public', NOW)).toEqual(expected)
})

test.each<[string, Readonly<Record<string, string>>, number, number]>([
  ['the date, whatever the clock', { date: DATE }, NOW + 30 * 24 * HOURS, 2 * HOURS],
  ['the date, whatever the clock', { date: DATE }, NOW - 30 * 24 * HOURS, 2 * HOURS],
  ['the clock without a date', {}, NOW + HOURS, HOURS],
  ['the clock with an empty date', { date: '' }, NOW + HOURS, HOURS],
  ['the clock with a date that is none', { date: 'today' }, NOW + HOURS, HOURS],
  ['the clock with a date from a cache', { date: DATE, age: '0' }, NOW + HOURS, HOURS],
  ['no clock further than 12 hours', {}, NOW - 30 * 24 * HOURS, 12 * HOURS],
  ['no date further than 12 hours', { date: 'Mon, 01 Dec 2025 00:00:00 GMT' }, NOW, 12 * HOURS],
  ['a date after the end', { date: 'Mon, 02 Feb 2026 00:00:00 GMT' }, NOW, 0],
])('parseToken() counts the life by %s', (_, headers, nowMs, lifeMs) => {
  const data = { authorizationToken: TOKEN, expiresAt: (NOW + 2 * HOURS) / 1000 }
  const found = parseToken(answer({ authorizationData: [data] }, 200, headers), 'ecr', nowMs)
  expect(found.lifeMs).toBe(lifeMs)
})

function parse(body: unknown) {
  return parseToken(answer(body), 'ecr', NOW)
}

test('parseToken() keeps a byte order mark, which is part of what ECR gave', () => {
  const authorizationToken = new TextEncoder().encode('\uFEFFAWS:p').toBase64()
  expect(parse({ authorizationData: [{ authorizationToken }] }).username).toBe('\uFEFFAWS')
})

test('parseToken() splits at the first colon', () => {
  const data = { authorizationToken: btoa('AWS:pass:word\n') }
  expect(parse({ authorizationData: [data] }).password).toBe('pass:word\n')
})

test.each([
  ['nothing', ''],
  ['HTML', '<html>SECRET</html>'],
  ['an empty object', {}],
  ['null data', { authorizationData: null }],
  ['an empty list', { authorizationData: [] }],
  ['null in the list', { authorizationData: [null] }],
  ['an object where the list belongs', { authorizationData: { authorizationToken: TOKEN } }],
  ['no token', { authorizationData: [{}] }],
  ['a null token', { authorizationData: [{ authorizationToken: null }] }],
  ['an empty token', { authorizationData: [{ authorizationToken: '' }] }],
  ['a token that is no base64', { authorizationData: [{ authorizationToken: '@@SECRET@@' }] }],
  ['a token cut short', { authorizationData: [{ authorizationToken: TOKEN.slice(0, -1) }] }],
  ['a token without a colon', { authorizationData: [{ authorizationToken: btoa('SECRET') }] }],
  ['a token without a user', { authorizationData: [{ authorizationToken: btoa(':SECRET') }] }],
  [
    'a token that begins with a colon',
    { authorizationData: [{ authorizationToken: btoa(':a:b') }] },
  ],
  [
    'a time after the year 9999',
    { authorizationData: [{ authorizationToken: TOKEN, expiresAt: 253_402_300_800 }] },
  ],
  ['a token without a password', { authorizationData: [{ authorizationToken: btoa('SECRET:') }] }],
  ['a token that is not UTF-8', { authorizationData: [{ authorizationToken: btoa('AWS:\xff') }] }],
  [
    'a string for a time',
    { authorizationData: [{ authorizationToken: TOKEN, expiresAt: '1440000000' }] },
  ],
])('parseToken() refuses %s', (_, body) => {
  expect(expectFailure('answer_form', () => parse(body))).not.toMatch(/SECRET/)
})

test('parseToken() refuses a list from ECR Public', () => {
  expectFailure('answer_form', () =>
    parseToken(answer({ authorizationData: [{ authorizationToken: TOKEN }] }), 'ecr-public', NOW),
  )
})

async function ask(outcome: FakeOutcome, expiresAtMs = CREDENTIALS.expiresAtMs) {
  const fake = fakeRun([outcome], { now: () => NOW })
  const result = fetchRegistryToken(
    PRIVATE,
    { region: 'us-west-2', credentials: { ...CREDENTIALS, expiresAtMs }, yields: false },
    fake.run,
  )
  return { ...fake, result, settled: await result.catch(() => undefined) }
}

test('fetchRegistryToken() signs for the service and region of the registry', async () => {
  const data = { authorizationToken: TOKEN, expiresAt: NOW / 1000 + 60 }
  const { requests, settled } = await ask(answer({ authorizationData: [data] }))
  expect(settled).toEqual({ username: 'AWS', password: 'password', lifeMs: 60_000 })
  expect(requests.length).toBe(1)
  expect(requests[0]?.headers).toMatchObject({
    'x-amz-date': '20260101T000000Z',
    'x-amz-security-token': 'TOKEN',
  })
  expect(requests[0]?.headers['authorization']).toStartWith(
    'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-west-2/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=',
  )
})

test('fetchRegistryToken() says what AWS refused, whom, and that the keys had expired', async () => {
  const refusal = answer({ __type: 'ExpiredTokenException', message: 'SECRET' }, 400)
  expect(await expectRejection('key_expired', (await ask(refusal)).result)).toBe(
    "cannot get an ECR token in us-west-2: ExpiredTokenException from api.ecr.us-west-2.amazonaws.com: the keys have expired (credentials: instance role 'r', expired at 2025-12-31T23:59:59.000Z)",
  )
  const denied = answer({ __type: 'AccessDeniedException' }, 400)
  expect(await expectRejection('ecr_denied', (await ask(denied, NOW + 1)).result)).toContain(
    "(credentials: instance role 'r'); hint: the identity needs ecr:GetAuthorizationToken",
  )
})

test.each([301, 302, 307, 400, 403, 404, 204])(
  'fetchRegistryToken() refuses HTTP status %d at once',
  async (status) => {
    const { result, requests } = await ask(answer('', status))
    expect(await expectRejection('status', result)).toContain(`HTTP status ${status} from api.ecr`)
    expect(requests.length).toBe(1)
  },
)

test('fetchRegistryToken() passes on why there was no answer', async () => {
  const { result } = await ask(noAnswer('no answer from h in 10000 ms'))
  expect(await expectRejection('connect_refused', result)).toContain(
    "cannot get an ECR token in us-west-2: no answer from h in 10000 ms (3 attempts, 0.1 s; credentials: instance role 'r'",
  )
})

test.each([
  ['InvalidSignatureException', 'signature_refused', '; hint: check that the keys are whole'],
  ['UnrecognizedClientException', 'key_unknown', ': AWS does not know these keys in this region ('],
] as const)('fetchRegistryToken() has words for %s', async (code, cause, words) => {
  const { result } = await ask(answer({ __type: code }, 400))
  expect(await expectRejection(cause, result)).toContain(words)
})

test('fetchRegistryToken() says whom it asks, and whose answer was none', async () => {
  const steps: string[] = []
  const { run } = fakeRun([answer({})], { step: (text) => steps.push(text) })
  const caller = { region: 'us-west-2', credentials: CREDENTIALS, yields: false }
  const result = fetchRegistryToken(PRIVATE, caller, run)
  const message = await expectRejection('answer_form', result)
  expect(message).toStartWith("cannot use ECR's answer: it is not as documented: ")
  expect(steps[0]).toBe('asking api.ecr.us-west-2.amazonaws.com for a registry token in us-west-2')
})

test('fetchRegistryToken() leaves it at one throttled attempt when it has others to wait with', async () => {
  const busy = answer({ __type: 'ThrottlingException' }, 400)
  for (const [yields, attempts] of [
    [true, 1],
    [false, 3],
  ] as const) {
    const { run, requests } = fakeRun([busy])
    const caller = { region: 'us-west-2', credentials: CREDENTIALS, yields }
    await expectRejection('throttled', fetchRegistryToken(PRIVATE, caller, run))
    expect(requests.length).toBe(attempts)
  }
  // Other failures are tried again as ever.
  const { run, requests } = fakeRun([answer({}, 503)])
  const caller = { region: 'us-west-2', credentials: CREDENTIALS, yields: true }
  await expectRejection('status', fetchRegistryToken(PRIVATE, caller, run))
  expect(requests.length).toBe(3)
})
