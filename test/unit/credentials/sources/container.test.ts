import { expect, test } from 'bun:test'

import {
  fetchContainerCredentials,
  parseContainerCredentials,
} from '../../../../src/credentials/sources/container.ts'
import { answer } from '../../../support/answers.ts'
import { expectFailure, expectRejection } from '../../../support/failures.ts'
import { type FakeOutcome, fakeRun, type FakeRunOptions, noAnswer } from '../../../support/run.ts'

const KEYS = answer({ AccessKeyId: 'a', SecretAccessKey: 's', Token: 't' })

/** A URL that the variable V gives. */
const at = (value: string) => ({ value, origin: 'V' })

test.each([
  [['127.0.0.1'], true],
  [['127.0.0.1', '::1'], true],
  [['169.254.170.23'], true],
  [['fd00:ec2::23'], true],
  [['127.255.255.254'], true],
  [['::ffff:7fff:fffe'], true],
  [['127.0.0.1', '192.0.2.1'], false],
  [['192.0.2.1', '127.0.0.1'], false],
])(
  'fetchContainerCredentials() for a name with the addresses %j: %p',
  async (addresses, allowed) => {
    const { run, requests } = fakeRun([KEYS], { lookUp: async () => addresses })
    const promise = fetchContainerCredentials(at('http://agent.example/x'), run)
    if (!allowed) {
      expect(await expectRejection('config_container_host', promise)).toContain(
        "cannot use V: 'agent.example' is neither",
      )
      expect(requests).toEqual([])
      return
    }
    expect(await promise).toMatchObject({
      accessKeyId: 'a',
      label: 'container endpoint agent.example',
    })
    // Never through a proxy: the answer is the node's identity.
    expect(requests[0]).toMatchObject({ isDirect: true, headers: { accept: 'application/json' } })
  },
)

test.each([
  'http://127.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://169.254.170.2/',
  'http://169.254.170.23/',
  'http://[fd00:ec2::23]/',
  'https://any.example/',
])('fetchContainerCredentials() asks %s without looking it up', async (address) => {
  const { run } = fakeRun([KEYS])
  expect((await fetchContainerCredentials(at(address), run)).accessKeyId).toBe('a')
})

test.each([
  [['128.0.0.1']],
  [['10.127.0.1']],
  [['fd00::ffff:7f00:1']],
  [['::ffff:7f00:1:2']],
  [['::ffff:a9fe:a9fe']],
  [['::ffff:a00:1']],
  [['127.0.0.1', '169.254.169.254']],
  [['169.254.170.20']],
  [['fd00:ec2::254']],
])('fetchContainerCredentials() asks none of the addresses %j without TLS', async (addresses) => {
  const { run, requests } = fakeRun([KEYS], { lookUp: async () => addresses })
  const promise = fetchContainerCredentials(at('http://agent.example/x'), run)
  await expectRejection('config_container_host', promise)
  expect(requests).toEqual([])
})

test('fetchContainerCredentials() says that the name of the endpoint has no address', async () => {
  const { run, requests } = fakeRun([KEYS])
  const promise = fetchContainerCredentials(at('http://agent.example/x'), run)
  expect(await expectRejection('connect_refused', promise)).toBe('cannot use V: no address')
  expect(requests).toEqual([])
})

const FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'
const TEXT = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'

async function ask(outcomes: readonly FakeOutcome[], options: FakeRunOptions = {}) {
  const fake = fakeRun(outcomes, options)
  const result = fetchContainerCredentials(at('https://h.example:8443/x?a=b'), fake.run)
  return { ...fake, result, keys: await result.catch(() => undefined) }
}

test('fetchContainerCredentials() sends one request, without a token unless there is one', async () => {
  const steps: string[] = []
  const { keys, requests } = await ask([KEYS], { step: (text) => void steps.push(text) })
  expect(keys).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    label: 'container endpoint h.example:8443',
    expiresAtMs: undefined,
  })
  expect(requests).toEqual([
    {
      method: 'GET',
      url: 'https://h.example:8443/x?a=b',
      headers: { accept: 'application/json' },
      isDirect: true,
      timeoutMs: 5000,
    },
  ])
  expect(steps).toEqual(['asking the container endpoint h.example:8443 for credentials'])
})

test.each([
  ['a text', { [TEXT]: 'Basic a=' }, 'Basic a='],
  ['a file before a text', { [FILE]: '/t', [TEXT]: 'text' }, 'of the file'],
  ['a text where the file has no name', { [FILE]: '', [TEXT]: 'text' }, 'text'],
  ['no token where the file is empty', { [FILE]: '/empty', [TEXT]: 'text' }, undefined],
  ['a tab', { [TEXT]: 'a\tb' }, 'a\tb'],
])('fetchContainerCredentials() sends %s', async (_, env, authorization) => {
  const files = { '/t': 'of the file', '/empty': '' }
  const { requests } = await ask([KEYS], { env, files })
  expect(requests.map(({ headers }) => headers['authorization'])).toEqual([authorization])
})

// What stands behind a line break would be a header of its own.
test.each(['SECRET\n', '\nSECRET', 'a\rSECRET', 'SECRET\u0000', 'SECRET\u007f', 'SECRET\u00e9'])(
  'fetchContainerCredentials() refuses the token %j, of a text or a file, and asks nobody',
  async (token) => {
    for (const [env, origin] of [
      [{ [TEXT]: token }, TEXT],
      [{ [FILE]: '/t', [TEXT]: 'text' }, FILE],
    ] as const) {
      const { result, requests } = await ask([KEYS], { env, files: { '/t': token } })
      expect(await expectRejection('config_value', result)).toBe(
        `cannot use ${origin}: it must be one line of ASCII, without a line break`,
      )
      expect(requests).toEqual([])
    }
  },
)

test.each([
  ['is missing', { code: 'ENOENT' }, 'it does not exist'],
  ['may not be read', { code: 'EACCES' }, 'permission denied'],
  ['is too large', 'a'.repeat(65_537), 'it is larger than 65536 bytes'],
])('fetchContainerCredentials() asks nobody when the token file %s', async (_, file, reason) => {
  const { result, requests } = await ask([KEYS], { env: { [FILE]: '/t' }, files: { '/t': file } })
  expect(await expectRejection('config_file', result)).toBe(
    `cannot read the container authorization token file '/t': ${reason}`,
  )
  expect(requests).toEqual([])
})

test('fetchContainerCredentials() takes the longest token file', async () => {
  const token = 'a'.repeat(65_536)
  const { requests } = await ask([KEYS], { env: { [FILE]: '/t' }, files: { '/t': token } })
  expect(requests[0]?.headers['authorization']).toBe(token)
})

const LINE = 'cannot get credentials from the container endpoint: '

test.each([
  ['a status', answer('<html>SECRET', 404), 'status', 'HTTP status 404 from h.example:8443'],
  [
    'a code in JSON',
    answer({ code: 'AccessDenied', message: 'SECRET' }, 403),
    'refused',
    'AccessDenied from h.example:8443',
  ],
  [
    "a code in the text of EKS's agent",
    answer('[1-a]: (AccessDeniedException): SECRET, fault: client', 400),
    'refused',
    'AccessDeniedException from h.example:8443',
  ],
  [
    'a code of EKS that is none',
    answer('x[1-a]: (AccessDeniedException): SECRET', 400),
    'status',
    'HTTP status 400 from h.example:8443',
  ],
  // It could show the token.
  [
    'a code that was sent',
    answer({ code: 'TokenSECRET' }, 400),
    'status',
    'HTTP status 400 from h.example:8443',
  ],
] as const)('fetchContainerCredentials() tells %s', async (_, refusal, cause, words) => {
  const { result, requests } = await ask([refusal], { env: { [TEXT]: 'a TokenSECRET' } })
  expect(await expectRejection(cause, result)).toBe(`${LINE}${words} (from V)`)
  expect(requests.length).toBe(1)
})

test.each([
  ['AB', false],
  ['ABC', true],
  ['A'.repeat(64), true],
  ['A'.repeat(65), false],
])("fetchContainerCredentials() takes %s from EKS's agent for a code: %p", async (code, isCode) => {
  const { result } = await ask([answer(`[1-a]: (${code}): x`, 400)])
  expect(await expectRejection(isCode ? 'refused' : 'status', result)).toStartWith(
    `${LINE}${isCode ? code : 'HTTP status 400'} from h.example:8443 (`,
  )
})

test('fetchContainerCredentials() knows a service account without an association', async () => {
  const text = '[1-a]: (ResourceNotFoundException): SECRET, fault: client'
  const { result } = await ask([answer(text, 404)])
  expect(await expectRejection('pod_identity', result)).toBe(
    `${LINE}ResourceNotFoundException from h.example:8443: there is no pod identity association for this service account (from V); hint: aws eks create-pod-identity-association`,
  )
})

test('fetchContainerCredentials() tries three times, whatever AWS_MAX_ATTEMPTS says', async () => {
  const env = { AWS_MAX_ATTEMPTS: '1' }
  const busy = answer({ code: 'ThrottlingException' }, 400)
  const late = await ask([answer('', 500), busy, KEYS], { env })
  expect([late.keys?.accessKeyId, late.requests.length]).toEqual(['a', 3])
  const { result } = await ask([noAnswer('nothing')], { env, requestMs: 5000 })
  expect(await expectRejection('connect_refused', result)).toBe(
    `${LINE}nothing (3 attempts, 15.1 s; from V)`,
  )
})

test.each(['', '<html>SECRET', '{"AccessKeyId":"a","SecretAccessKey":"SECRET"}'])(
  'parseContainerCredentials() refuses %j',
  (body) => {
    const line = expectFailure('answer_form', () => parseContainerCredentials(answer(body), 'h'))
    expect(line).toStartWith('cannot use the answer of the container endpoint: it is not ')
    expect(line).not.toContain('SECRET')
  },
)
