import { afterAll, expect, test } from 'bun:test'
import { createServer } from 'node:net'

import { readSettings } from '../src/config/settings.ts'
import { type HttpRequest, openNetwork } from '../src/http.ts'
import { askDirectly, connectTo } from '../src/http_direct.ts'
import { connect } from '../src/socket.ts'
import type { Peer } from '../src/system.ts'
import { type FakeParts, fakeSystem } from './system.ts'
import type { Fault } from './world/faults.ts'
import { findClosedPort, startSilentServer } from './world/silence.ts'
import { startWorld } from './world/world.ts'

// Real connections, this process's own servers.
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
  connect,
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
    ['bad_response', '127.0.0.1:PORT sent an answer that is too large'],
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
    '127.0.0.1:PORT sent an answer that is too large',
  ])
})

test('send() names a refused connection and a host that does not exist', async () => {
  expect(await problem({ url: `http://127.0.0.1:${findClosedPort()}/` })).toEqual([
    'unreachable',
    '127.0.0.1:PORT refused the connection',
  ])
  // Not a real look-up: a machine without a resolver gives another code.
  const parts: FakeParts = {
    connect: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
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

const PROXY = {
  HTTPS_PROXY: 'http://u:p@proxy.example:3128',
  HTTP_PROXY: 'other.example',
  ALL_PROXY: 'x',
}

/** How `fetch` is called, or nothing when the request does not go through it. */
async function initOf(url: string, env = {}): Promise<BunFetchRequestInit | undefined> {
  const seen: BunFetchRequestInit[] = []
  const parts: FakeParts = {
    env,
    connect: async () => Promise.reject(new Error('no connection in this test')),
    fetch: async (_, init) => {
      seen.push(init)
      return new Response('')
    },
  }
  await ask({ url, method: 'POST', body: '{}', headers: { a: 'b' } }, { parts })
  return seen[0]
}

test('send() hardens every request through a proxy', async () => {
  const init = await initOf('https://api.ecr.us-west-2.amazonaws.com/', PROXY)
  expect(init).toMatchObject({
    method: 'POST',
    body: '{}',
    headers: {
      a: 'b',
      'accept-encoding': 'identity',
      'user-agent': 'ecr-credential-provider/test app/my-app-1',
    },
    proxy: 'http://u:p@proxy.example:3128/',
    redirect: 'manual',
    decompress: false,
    verbose: false,
    tls: { rejectUnauthorized: true },
  })
  expect(init?.tls).toHaveProperty('ca')
})

test('send() caps what comes through a proxy', async () => {
  const parts: FakeParts = {
    env: PROXY,
    fetch: async () => new Response(new Uint8Array(300_000)),
  }
  expect(await problem({ url: 'https://api.ecr.us-west-2.amazonaws.com/' }, { parts })).toEqual([
    'bad_response',
    'api.ecr.us-west-2.amazonaws.com sent an answer that is too large',
  ])
})

/** What a connection is asked for, and what is sent on it. */
function listen({ isOpen = true }: { readonly isOpen?: boolean } = {}) {
  const peers: Peer[] = []
  const sent: string[] = []
  const closed: string[] = []
  const parts: FakeParts = {
    connect: async (peer) => {
      peers.push(peer)
      const answer = new TextEncoder().encode('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      return {
        send: (bytes) => {
          sent.push(new TextDecoder().decode(bytes))
        },
        receive: async () => answer,
        isOpen: () => isOpen,
        close: () => void closed.push(peer.hostname),
      }
    },
  }
  return { parts, peers, sent, closed }
}

test('send() connects to the host of the URL, and trusts the configured bundle alone', async () => {
  const { parts, peers, sent } = listen()
  await ask({ url: 'https://h.example/', method: 'POST', body: '{"a":"ä"}' }, { parts })
  await ask({ url: 'https://[fd00::1]:8443/a?b=c' }, { parts })
  await ask({ url: 'http://h.example/', method: 'PUT' }, { parts })
  const ca = await Bun.file(world.caFile)
    .text()
    .then((text) => text.trim())
  expect(peers).toEqual([
    { hostname: 'h.example', port: 443, tls: { serverName: 'h.example', ca } },
    { hostname: 'fd00::1', port: 8443, tls: { serverName: 'fd00::1', ca } },
    { hostname: 'h.example', port: 80, tls: undefined },
  ])
  const common =
    'accept-encoding: identity\r\nuser-agent: ecr-credential-provider/test app/my-app-1\r\nconnection: close\r\n'
  expect(sent).toEqual([
    `POST / HTTP/1.1\r\nhost: h.example\r\n${common}content-length: 10\r\n\r\n{"a":"ä"}`,
    `GET /a?b=c HTTP/1.1\r\nhost: [fd00::1]:8443\r\n${common}\r\n`,
    `PUT / HTTP/1.1\r\nhost: h.example\r\n${common}content-length: 0\r\n\r\n`,
  ])
})

test.each(['a\r\nb: c', 'a\nb', 'ä', '\0'])(
  'send() sends no header with %j in it',
  async (value) => {
    const { parts, sent } = listen()
    const [, words] = await problem({ headers: { a: value } }, { parts })
    expect(words).toEndWith(' failed (EINVAL)')
    expect(sent).toEqual([])
  },
)

test.each([
  ['an answer', async () => Buffer.from('HTTP/1.1 204 -\r\n\r\n')],
  ['half an answer', async () => undefined],
  ['an error', async () => Promise.reject(new Error('of the test'))],
])('askDirectly() closes its connection after %s', async (_, receive) => {
  let closed = 0
  const connection = {
    send: () => undefined,
    receive,
    isOpen: () => true,
    close: () => {
      closed += 1
    },
  }
  await askDirectly(Promise.resolve(connection), {
    url: new URL('http://h/'),
    request: { method: 'GET', headers: {} },
    signal: new AbortController().signal,
  }).catch(() => undefined)
  expect(closed).toBe(1)
})

const GET = { method: 'GET', url: 'https://h.example/x', headers: {}, timeoutMs: 300 } as const

test('prepare() opens one connection, which the first request to that server takes', async () => {
  const { parts, peers, sent } = listen()
  const network = openNetwork(settings, 60_000, fakeSystem({ ...REAL, ...parts }))
  network.prepare('https://h.example/')
  await Bun.sleep(1)
  expect([peers.length, sent]).toEqual([1, []])
  await network.send({ ...GET, url: 'https://other.example/' })
  await network.send(GET)
  await network.send(GET)
  expect(peers.map(({ hostname }) => hostname)).toEqual(['h.example', 'other.example', 'h.example'])
})

test('send() closes its connection once it has the answer', async () => {
  const { parts, closed } = listen()
  await ask({ url: 'https://h.example/' }, { parts })
  expect(closed).toEqual(['h.example'])
})

/** How many connections a request takes that comes so much later than `prepare()`. */
async function connectionsAfter(ms: number, isOpen: boolean): Promise<number> {
  const { parts, peers } = listen({ isOpen })
  let elapsedMs = 0
  const system = fakeSystem({ ...REAL, ...parts, elapsedMs: () => elapsedMs })
  const network = openNetwork(settings, 60_000, system)
  network.prepare('https://h.example/')
  elapsedMs += ms
  await network.send(GET)
  return peers.length
}

test.each([
  [0, true, 1],
  [4999, true, 1],
  [5000, true, 2],
  [0, false, 2],
])(
  'send() after %d ms, on an early connection that is open: %p, takes %d connections',
  async (ms, isOpen, expected) => {
    expect(await connectionsAfter(ms, isOpen)).toBe(expected)
  },
)

test('what cannot be sent at once follows', async () => {
  const size = 20_000_000
  let received = 0
  const server = createServer((socket) => {
    // More than the system holds for a reader that does not read.
    socket.pause()
    setTimeout(() => socket.resume(), 200)
    socket.on('data', (bytes: Buffer) => {
      received += bytes.length
      if (received === size) socket.end('x')
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const connection = await connect({ hostname: '127.0.0.1', port, tls: undefined })
  connection.send(new Uint8Array(size))
  expect(await connection.receive().then((bytes) => bytes?.length)).toBe(1)
  server.close()
})

test('prepare() does harm to nobody when it fails', async () => {
  const { parts, peers } = listen()
  let attempts = 0
  const connectSecond: FakeParts['connect'] = async (peer) => {
    attempts += 1
    if (attempts === 1) throw Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    return (parts.connect ?? connect)(peer)
  }
  const system = fakeSystem({ ...REAL, connect: connectSecond })
  const network = openNetwork(settings, 60_000, system)
  network.prepare('https://h.example/')
  expect(await network.send(GET)).toMatchObject({ kind: 'answer', status: 200 })
  expect([attempts, peers.length]).toEqual([2, 1])
})

test('prepare() opens nothing where a proxy applies', async () => {
  const { parts, peers } = listen()
  const network = openNetwork(settings, 60_000, fakeSystem({ ...REAL, ...parts, env: PROXY }))
  network.prepare('https://h.example/')
  await Bun.sleep(1)
  expect(peers).toEqual([])
})

test.each([
  ['ECONNREFUSED', true],
  ['ECONNRESET', true],
  ['EAI_AGAIN', true],
  ['EPROTO', true],
  ['EBADMSG', true],
  ['EMSGSIZE', false],
  ['CERT_HAS_EXPIRED', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['SomethingNew', true],
  ['SECRET value', true],
  ['ENOTFOUND', false],
])('send() says whether %s is worth another attempt: %p', async (code, retryable) => {
  const parts: FakeParts = {
    connect: async () => Promise.reject(Object.assign(new Error('x'), { code })),
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

test('send() asks local addresses without a proxy', async () => {
  for (const url of [
    'http://169.254.169.254/',
    'http://[fd00:ec2::254]/',
    'https://127.0.0.1/',
    'http://localhost/',
  ]) {
    expect(await initOf(url, PROXY)).toBeUndefined()
  }
})

test('send() shows no text of an error that is not its own', async () => {
  const parts: FakeParts = {
    connect: async () =>
      Promise.reject(Object.assign(new Error('SECRET'), { code: 'SECRET value' })),
  }
  expect(await problem({}, { parts })).toEqual([
    'unreachable',
    'the connection to 127.0.0.1:PORT failed',
  ])
})

const AWS_STORE = { pem: 'all', aws: 'some', name: 'x' }

/** With which certificates a server is tried, when the first ones fail for this reason. */
async function triedWith(code: string): Promise<readonly (string | undefined)[]> {
  const tried: (string | undefined)[] = []
  const { parts } = listen()
  const system = fakeSystem({
    connect: async (peer) => {
      tried.push(peer.tls?.ca)
      if (tried.length === 1 && code !== '') throw Object.assign(new Error('x'), { code })
      return (parts.connect ?? connect)(peer)
    },
  })
  await connectTo(new URL('https://h.example/'), AWS_STORE, system).catch(() => undefined)
  return tried
}

test('connectTo() tries the roots of AWS alone, and all only if these do not vouch', async () => {
  expect(await triedWith('')).toEqual(['some'])
  for (const code of [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ]) {
    // eslint-disable-next-line no-await-in-loop
    expect(await triedWith(code)).toEqual(['some', 'all'])
  }
  for (const code of [
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ECONNREFUSED',
    'ECONNRESET',
  ]) {
    // eslint-disable-next-line no-await-in-loop
    expect(await triedWith(code)).toEqual(['some'])
  }
})
