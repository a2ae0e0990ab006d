import { afterAll, expect, test } from 'bun:test'

import { readSettings } from '../src/config/settings.ts'
import { type HttpRequest, openNetwork } from '../src/http.ts'
import { type FakeParts, fakeSystem } from './system.ts'
import type { Fault } from './world/faults.ts'
import { findClosedPort, startSilentServer } from './world/silence.ts'
import { startWorld } from './world/world.ts'

// Bun's real fetch, this process's own servers.
const world = await startWorld()
const silent = startSilentServer()
afterAll(async () => {
  silent.stop()
  await world.stop()
})

const settings = readSettings(
  { AWS_CA_BUNDLE: world.caFile, AWS_SDK_UA_APP_ID: 'my app/1' },
  undefined,
)
const REAL: FakeParts = {
  fetch: async (url, init) => fetch(url, init),
  files: { [world.caFile]: await Bun.file(world.caFile).text() },
}

async function ask(
  request: Partial<HttpRequest>,
  options: { deadlineMs?: number; parts?: FakeParts } = {},
) {
  const network = openNetwork(
    settings,
    options.deadlineMs ?? 60_000,
    fakeSystem({ ...REAL, ...options.parts }),
  )
  return network.send({
    method: 'GET',
    url: world.urls.imds,
    headers: {},
    timeoutMs: 300,
    ...request,
  })
}

async function problem(request: Partial<HttpRequest>, options = {}) {
  const outcome = await ask(request, options)
  if (outcome.kind === 'answer')
    throw new Error(`expected no answer, got HTTP status ${outcome.status}`)
  return [outcome.code, outcome.problem.replace(/:[0-9]+/g, ':PORT')]
}

async function withFault(...faults: Fault[]) {
  // Each test has a world of its own, since the tests run in random order.
  const own = await startWorld()
  own.faults.push({ fault: faults })
  const url = `${own.urls.imds}/latest/api/token`
  const outcome = await ask({
    method: 'PUT',
    url,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
  })
  await own.stop()
  if (outcome.kind === 'answer')
    return [`${outcome.status}`, new TextDecoder().decode(outcome.body)]
  return [outcome.code, outcome.problem.replace(/:[0-9]+/g, ':PORT')]
}

test('send() gives status, headers and body, whatever the status', async () => {
  const outcome = await ask({ url: `${world.urls.imds}/nothing` })
  expect(outcome).toMatchObject({ kind: 'answer', status: 401 })
})

test.each<[string, Fault, string[]]>([
  ['hang', { kind: 'hang' }, ['unreachable', 'no answer from 127.0.0.1:PORT in 300 ms']],
  [
    'stall in mid body',
    { kind: 'stall' },
    ['unreachable', 'no answer from 127.0.0.1:PORT in 300 ms'],
  ],
  [
    'slow drip',
    { kind: 'drip', bytes: 1, everyMs: 50 },
    ['unreachable', 'no answer from 127.0.0.1:PORT in 300 ms'],
  ],
  [
    'reset',
    { kind: 'reset' },
    ['unreachable', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'reset after headers',
    { kind: 'reset-after-headers' },
    ['unreachable', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'early close',
    { kind: 'close' },
    ['unreachable', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'truncation',
    { kind: 'truncate' },
    ['unreachable', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'an answer over the cap',
    { kind: 'oversize', bytes: 300_000 },
    ['bad_response', '127.0.0.1:PORT sent more than 262144 bytes'],
  ],
  [
    'a compressed answer',
    { kind: 'gzip' },
    ['bad_response', '127.0.0.1:PORT sent a compressed answer'],
  ],
  ['a redirect', { kind: 'redirect', location: world.urls.imds, status: 302 }, ['302', '']],
  [
    'a redirect that keeps the method',
    { kind: 'redirect', location: world.urls.imds, status: 307 },
    ['307', ''],
  ],
])('send() meets %s', async (_, fault, expected) => {
  expect(await withFault(fault)).toEqual(expected)
})

test('send() caps an answer whose length is not told, and reads one that fits', async () => {
  const chunked = { kind: 'chunked', bytes: 1000 } as const
  expect((await withFault(chunked))[0]).toBe('200')
  expect(await withFault(chunked, { kind: 'oversize', bytes: 300_000 })).toEqual([
    'bad_response',
    '127.0.0.1:PORT sent more than 262144 bytes',
  ])
})

test('send() names a refused connection and a host that does not exist', async () => {
  expect(await problem({ url: `http://127.0.0.1:${findClosedPort()}/` })).toEqual([
    'unreachable',
    '127.0.0.1:PORT refused the connection',
  ])
  // Not a real look-up: a machine without a resolver gives another code.
  const parts: FakeParts = {
    fetch: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  }
  expect(await problem({ url: 'https://h.invalid/' }, { parts })).toEqual([
    'unreachable',
    'the host name h.invalid does not exist',
  ])
})

test('send() waits for a handshake no longer than for an answer', async () => {
  for (const scheme of ['http', 'https']) {
    expect(await problem({ url: `${scheme}://127.0.0.1:${silent.port}/` })).toEqual([
      'unreachable',
      'no answer from 127.0.0.1:PORT in 300 ms',
    ])
  }
})

test('send() is cut short by the deadline of the run, and not begun after it', async () => {
  const url = `http://127.0.0.1:${silent.port}/`
  const parts = { elapsedMs: () => 900 }
  expect(await problem({ url }, { deadlineMs: 1000, parts })).toEqual([
    'unreachable',
    'no answer from 127.0.0.1:PORT in 100 ms',
  ])
  expect(await problem({ url }, { deadlineMs: 900, parts })).toEqual([
    'unreachable',
    'no time left to ask 127.0.0.1:PORT',
  ])
})

test.each([
  ['expired', 'the certificate of 127.0.0.1:PORT has expired'],
  ['wrong-name', 'the certificate of 127.0.0.1:PORT is for another host'],
  ['unknown-ca', `the certificate of 127.0.0.1:PORT is not trusted by "${world.caFile}"`],
] as const)('send() refuses a certificate that is %s', async (certificate, expected) => {
  const own = await startWorld({ certificate })
  expect(await problem({ url: own.urls.ecr.replace('localhost', '127.0.0.1') })).toEqual([
    'unreachable',
    expected,
  ])
  await own.stop()
})

test('send() refuses plain text where TLS belongs', async () => {
  const ssh = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket) => {
        socket.end('SSH-2.0-x\r\n')
      },
    },
  })
  expect(await problem({ url: `https://127.0.0.1:${ssh.port}/` })).toEqual([
    'unreachable',
    'the TLS handshake with 127.0.0.1:PORT failed',
  ])
  ssh.stop()
})

async function initOf(url: string, env = {}): Promise<BunFetchRequestInit | undefined> {
  const seen: BunFetchRequestInit[] = []
  const parts: FakeParts = {
    env,
    fetch: async (_, init) => {
      seen.push(init)
      return new Response('')
    },
  }
  await ask({ url, method: 'POST', body: '{}', headers: { a: 'b' } }, { parts })
  return seen[0]
}

test('send() hardens every request', async () => {
  const init = await initOf('https://api.ecr.us-west-2.amazonaws.com/')
  expect(init).toMatchObject({
    method: 'POST',
    body: '{}',
    headers: {
      a: 'b',
      'accept-encoding': 'identity',
      'user-agent': 'ecr-credential-provider/test app/my-app-1',
    },
    proxy: false,
    redirect: 'manual',
    decompress: false,
    verbose: false,
    tls: { rejectUnauthorized: true },
  })
  expect(init?.tls).toHaveProperty('ca')
})

test.each([
  ['ECONNREFUSED', true],
  ['ECONNRESET', true],
  ['EAI_AGAIN', true],
  ['EPROTO', true],
  ['CERT_HAS_EXPIRED', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['SomethingNew', true],
  ['SECRET value', true],
  ['ENOTFOUND', false],
])('send() says whether %s is worth another attempt: %p', async (code, retryable) => {
  const parts: FakeParts = {
    fetch: async () => Promise.reject(Object.assign(new Error('x'), { code })),
  }
  expect(await ask({}, { parts })).toMatchObject({ kind: 'no_answer', retryable })
})

test('send() says that a time-out is worth another attempt, and that no time is not', async () => {
  const url = `http://127.0.0.1:${silent.port}/`
  expect(await ask({ url, timeoutMs: 20 })).toMatchObject({ kind: 'no_answer', retryable: true })
  expect(await ask({ url }, { deadlineMs: 0 })).toMatchObject({
    kind: 'no_answer',
    retryable: false,
  })
})

test('send() says which proxy to use, and that there is none for local addresses', async () => {
  const env = {
    HTTPS_PROXY: 'http://u:p@proxy.example:3128',
    HTTP_PROXY: 'other.example',
    ALL_PROXY: 'x',
  }
  for (const url of [
    'http://169.254.169.254/',
    'http://[fd00:ec2::254]/',
    'https://127.0.0.1/',
    'http://localhost/',
  ]) {
    expect(await initOf(url, env)).toMatchObject({ proxy: false })
  }
  const init = await initOf('https://api.ecr.us-west-2.amazonaws.com/', env)
  expect(init).toMatchObject({ proxy: 'http://u:p@proxy.example:3128/' })
})

test('send() shows no text of an error that is not its own', async () => {
  const parts: FakeParts = {
    fetch: async () => Promise.reject(Object.assign(new Error('SECRET'), { code: 'SECRET value' })),
  }
  expect(await problem({}, { parts })).toEqual([
    'unreachable',
    'the connection to 127.0.0.1:PORT failed',
  ])
})
