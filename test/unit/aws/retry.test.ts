import { expect, test } from 'bun:test'

import { type AwsCall, callAws } from '../../../src/aws/call.ts'
import { readJsonError } from '../../../src/aws/error_code.ts'
import { delayAfter, outlookOf } from '../../../src/aws/retry.ts'
import { answer } from '../../support/answers.ts'
import { expectRejection } from '../../support/failures.ts'
import { type FakeOutcome, fakeRun, type FakeRunOptions, noAnswer } from '../../support/run.ts'

const NOW = Date.UTC(2026, 0, 1)
const DATE = new Date(NOW).toUTCString()
const CREDENTIALS = {
  accessKeyId: 'AKID',
  secretAccessKey: 's',
  sessionToken: undefined,
  label: 'test',
  expiresAtMs: undefined,
}
const CALL: AwsCall = {
  subject: 'cannot do it',
  request: { method: 'POST', url: 'https://h/', headers: {}, body: '{}' },
  service: 'ecr',
  signing: { region: 'us-west-2', credentials: CREDENTIALS },
}
const errorCode = (outcome: Parameters<typeof readJsonError>[0]) => readJsonError(outcome).code
const OK = answer('{}')
const error = (status: number, code?: string, headers = {}) =>
  answer(code === undefined ? '' : { __type: code }, status, headers)

async function call(
  outcomes: readonly FakeOutcome[],
  options: FakeRunOptions & { call?: Partial<AwsCall> } = {},
) {
  const fake = fakeRun(outcomes, options)
  const result = callAws({ ...CALL, ...options.call }, fake.run)
  return {
    ...fake,
    result,
    settled: await result.then(
      () => true,
      () => false,
    ),
  }
}

test.each([
  ...[500, 502, 503, 504].map((status) => [status, undefined, 'retry'] as const),
  ...[200, 204, 301, 302, 307, 400, 401, 403, 404, 405, 408, 409, 501, 505].map(
    (status) => [status, undefined, 'final'] as const,
  ),
  [200, 'ThrottlingException', 'final'],
  [429, undefined, 'throttled'],
  ...['RequestLimitExceeded', 'Throttling', 'TooManyRequestsException'].map(
    (code) => [400, code, 'throttled'] as const,
  ),
  [400, 'NotThrottledException', 'final'],
  [503, 'SlowDown', 'throttled'],
  [400, 'RequestTimeout', 'retry'],
  [400, 'RequestTimeoutException', 'retry'],
  [400, 'IDPCommunicationError', 'retry'],
  [400, 'InvalidIdentityToken', 'retry'],
  ...[
    'AccessDeniedException',
    'ServerException',
    'InternalFailure',
    'ExpiredTokenException',
    'UnrecognizedClientException',
    'InvalidSignatureException',
  ].map((code) => [400, code, 'final'] as const),
  [500, 'ServerException', 'retry'],
] as const)('outlookOf() %d %s is %s', (status, code, outlook) => {
  expect(outlookOf(error(status, code), errorCode)).toBe(outlook)
})

test('outlookOf() retries a failed connection, but no unknown host and no answer that is whole and wrong', () => {
  expect(outlookOf(noAnswer('reset'))).toBe('retry')
  expect(outlookOf(noAnswer('no such host', false))).toBe('final')
})

test.each([
  [1, 'retry', null, 0.5, 25],
  [2, 'retry', null, 0.5, 50],
  [3, 'retry', null, 0.5, 100],
  [20, 'retry', null, 0.5, 10_000],
  [1, 'throttled', null, 0.5, 500],
  [2, 'throttled', null, 0.5, 1000],
  [9, 'throttled', null, 0.5, 10_000],
  [1, 'retry', null, 0, 0],
  // A service may ask for more, up to five seconds more, never for less.
  [1, 'retry', '1000', 0.5, 1000],
  [1, 'retry', '999999', 0.5, 5025],
  [1, 'retry', '1', 0.5, 25],
  [1, 'retry', 'Fri, 31 Dec 1999 23:59:59 GMT', 0.5, 25],
  [1, 'retry', '-1', 0.5, 25],
  [1, 'retry', '1.5', 0.5, 25],
  [1, 'retry', 'x700', 0.5, 25],
  [1, 'retry', '700x', 0.5, 25],
  [1, 'retry', '5', 0, 5],
  [1, 'retry', '123456789', 0.5, 5025],
  [1, 'retry', '1234567890', 0.5, 25],
] as const)(
  'delayAfter() attempt attempt %d (%s, retry-after %p, chance %d) is %d ms',
  (attempts, outlook, retryAfter, random, expected) => {
    const headers = retryAfter === null ? {} : { 'x-amz-retry-after': retryAfter }
    const outcome = error(500, undefined, headers)
    expect(delayAfter({ outcome, outlook, attempts, tookMs: 0 }, random)).toBe(expected)
  },
)

test.each([
  [{}, 3],
  [{ AWS_MAX_ATTEMPTS: '1' }, 1],
  [{ AWS_MAX_ATTEMPTS: '5' }, 5],
  [{ AWS_MAX_ATTEMPTS: '0' }, 3],
  [{ AWS_MAX_ATTEMPTS: '-1' }, 3],
])('callAws() with %j makes %d attempts', async (env, attempts) => {
  const { requests, result } = await call([error(500)], { env })
  expect(requests.length).toBe(attempts)
  await expectRejection('status', result)
})

test('callAws() is content with the first answer that is one', async () => {
  const { requests, waits, settled } = await call([noAnswer('reset'), error(503), OK])
  expect([settled, requests.length, waits]).toEqual([true, 3, [25, 50]])
})

test('callAws() waits longer when it is throttled', async () => {
  expect((await call([error(400, 'ThrottlingException'), error(429), OK])).waits).toEqual([
    500, 1000,
  ])
})

test('callAws() heeds x-amz-retry-after', async () => {
  expect((await call([error(503, undefined, { 'x-amz-retry-after': '700' }), OK])).waits).toEqual([
    700,
  ])
})

test('callAws() does not wait beyond the deadline, and then gives the reason it has', async () => {
  const { requests, waits, result } = await call([error(429)], { deadlineMs: 500 })
  expect([requests.length, waits]).toEqual([1, []])
  expect(await expectRejection('throttled', result)).toBe(
    'cannot do it: HTTP status 429 from h: too many calls (credentials: test)',
  )
})

test('callAws() says how often it tried, for how long, and as whom', async () => {
  const { result } = await call([noAnswer('no answer from h in 1000 ms')], { requestMs: 1000 })
  expect(await expectRejection('connect_refused', result)).toBe(
    'cannot do it: no answer from h in 1000 ms (3 attempts, 3.1 s; credentials: test)',
  )
  const refused = await call([error(400, 'AccessDeniedException')])
  expect(await expectRejection('ecr_denied', refused.result)).toBe(
    'cannot do it: AccessDeniedException from h (credentials: test); hint: the identity needs ecr:GetAuthorizationToken',
  )
})

test.each(['InvalidSignatureException', 'RequestExpired', 'SignatureDoesNotMatch'])(
  'callAws() corrects the clock after %s and signs once more, at once',
  async (code) => {
    const now = () => NOW - 10 * 60_000
    const { run, requests, waits, settled } = await call([error(403, code, { date: DATE }), OK], {
      now,
    })
    expect([settled, waits]).toEqual([true, []])
    expect(requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20251231T235000Z',
      '20260101T000000Z',
    ])
    expect(run.network.clock.now()).toBe(NOW)
  },
)

test.each([
  ['the clock is right', { now: () => NOW - 239_000 }, { date: DATE }, 'InvalidSignatureException'],
  [
    'the code says nothing of time',
    { now: () => NOW - 600_000 },
    { date: DATE },
    'UnrecognizedClientException',
  ],
  ['the answer has no date', { now: () => NOW - 600_000 }, {}, 'InvalidSignatureException'],
  ['the date is none', { now: () => NOW - 600_000 }, { date: 'soon' }, 'InvalidSignatureException'],
  [
    'a cache answered',
    { now: () => NOW - 600_000 },
    { date: DATE, age: '5' },
    'InvalidSignatureException',
  ],
  [
    'the answer took too long',
    { now: () => NOW - 600_000, requestMs: 16 * 60_000, deadlineMs: 1e9 },
    { date: DATE },
    'InvalidSignatureException',
  ],
  [
    'it is turned off',
    { now: () => NOW - 600_000, env: { AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'true' } },
    { date: DATE },
    'InvalidSignatureException',
  ],
])('callAws() does not correct the clock when %s', async (_, options, headers, code) => {
  const { requests, result } = await call([error(403, code, headers)], options)
  expect(requests.length).toBe(1)
  await expectRejection(['clock', 'key_unknown', 'signature_refused'], result)
})

test('callAws() makes no attempt more for the sake of the clock', async () => {
  const refusal = error(403, 'InvalidSignatureException', { date: DATE })
  const { requests, result } = await call([error(500), error(500), refusal, OK], {
    now: () => NOW - 3_600_000,
  })
  expect(requests.length).toBe(3)
  await expectRejection('clock', result)
  const first = await call([refusal, error(500), error(500), OK], { now: () => NOW - 3_600_000 })
  expect(first.requests.length).toBe(3)
  await expectRejection('status', first.result)
})

test('callAws() corrects the clock once, for all calls of a run', async () => {
  const refusal = error(403, 'InvalidSignatureException', { date: DATE })
  const { run, requests, result } = await call([refusal, refusal], {
    now: () => NOW + 3_600_000,
  })
  expect(requests.length).toBe(2)
  await expectRejection('signature_refused', result)
  await callAws(CALL, run).catch(() => undefined)
  expect(requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
    '20260101T010000Z',
    '20260101T000000Z',
    '20260101T000000Z',
  ])
})

test('callAws() leaves the clock alone for a call without a signature', async () => {
  const { signing: _, ...unsigned } = CALL
  const fake = fakeRun([error(403, 'RequestExpired', { date: DATE })], {
    now: () => NOW - 600_000,
  })
  await expectRejection('refused', callAws(unsigned, fake.run))
  expect(fake.requests.length).toBe(1)
  expect(fake.requests[0]?.headers).toEqual({})
})

test('callAws() counts the time of one call, not of the run, and says what it waits for', async () => {
  const steps: string[] = []
  const { run, result } = await call([error(500)], {
    requestMs: 30_000,
    deadlineMs: 1e9,
    step: (text) => steps.push(text),
  })
  const expected = 'cannot do it: HTTP status 500 from h (3 attempts, 90.1 s; credentials: test)'
  expect(await expectRejection('status', result)).toBe(expected)
  expect(await expectRejection('status', callAws(CALL, run))).toBe(expected)
  expect(steps.slice(0, 2)).toEqual([
    'attempt 1 failed, waiting 25 ms',
    'attempt 2 failed, waiting 50 ms',
  ])
})

test('callAws() leaves it at a throttled attempt when it is told to, and at no other', async () => {
  const yielding = { call: { yields: true } }
  const throttled = await call([error(400, 'ThrottlingException'), answer({})], yielding)
  expect([throttled.settled, throttled.requests.length]).toEqual([false, 1])
  await expectRejection('throttled', throttled.result)
  const busy = await call([error(503, undefined), answer({})], yielding)
  expect([busy.settled, busy.requests.length]).toEqual([true, 2])
  const patient = await call([error(400, 'ThrottlingException'), answer({})])
  expect([patient.settled, patient.requests.length]).toEqual([true, 2])
})

test('callAws() learns nothing from the right answer, whatever stands in it', async () => {
  const right = answer({ __type: 'RequestExpired' }, 200, { date: new Date(0).toUTCString() })
  const { result, requests } = await call([right, OK])
  expect(await result).toBe(right)
  expect(requests.length).toBe(1)
})
