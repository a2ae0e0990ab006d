import { afterAll, expect, test } from 'bun:test'

import type { Connection, Peer, Tls } from '../../../src/base/system.ts'
import { connectNested } from '../../../src/host/nested_tls.ts'
import { connect } from '../../../src/host/socket.ts'
import type { HttpRequest } from '../../../src/net/exchange.ts'
import { openNetwork } from '../../../src/net/network.ts'
import { type FakeParts, fakeSystem } from '../../support/system.ts'
import type { Fault } from '../../world/faults.ts'
import { findClosedPort, startSilentServer } from '../../world/silence.ts'
import { startWorld } from '../../world/world.ts'

// Real connections, this process's own servers.
const world = await startWorld()
const silent = startSilentServer()
afterAll(async () => {
  silent.stop()
  await world.stop()
})

const options = {
  caBundle: { value: world.caFile, origin: 'AWS_CA_BUNDLE' },
  appId: 'my app/1',
  deadlineMs: 60_000,
}
const REAL: FakeParts = {
  connect,
  connectNested,
  lookUp: async () => ['127.0.0.1'],
  files: { [world.caFile]: await Bun.file(world.caFile).text() },
}

async function ask(
  request: Partial<HttpRequest>,
  { parts, ...more }: { deadlineMs?: number; parts?: FakeParts } = {},
) {
  const network = openNetwork({ ...options, ...more }, fakeSystem({ ...REAL, ...parts }))
  return network.send({
    method: 'GET',
    url: world.urls.imds,
    headers: {},
    timeoutMs: 300,
    ...request,
  })
}

async function problem(request: Partial<HttpRequest>, more = {}) {
  const outcome = await ask(request, more)
  if (outcome.kind === 'answer')
    throw new Error(`expected no answer, got HTTP status ${outcome.status}`)
  return [outcome.cause, outcome.problem.replace(/:[0-9]+/g, ':PORT')]
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
  return [outcome.cause, outcome.problem.replace(/:[0-9]+/g, ':PORT')]
}

test('send() gives status, headers and body, whatever the status', async () => {
  const outcome = await ask({ url: `${world.urls.imds}/nothing` })
  expect(outcome).toMatchObject({ kind: 'answer', status: 401 })
})

test.each<[string, Fault, string[]]>([
  ['hang', { kind: 'hang' }, ['silent', 'connected to 127.0.0.1:PORT, but no answer in 0.3 s']],
  [
    'stall in mid body',
    { kind: 'stall' },
    ['silent', 'connected to 127.0.0.1:PORT, but no answer in 0.3 s'],
  ],
  [
    'slow drip',
    { kind: 'drip', bytes: 1, everyMs: 50 },
    ['silent', 'connected to 127.0.0.1:PORT, but no answer in 0.3 s'],
  ],
  [
    'reset',
    { kind: 'reset' },
    ['cut_off', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'reset after headers',
    { kind: 'reset-after-headers' },
    ['cut_off', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'early close',
    { kind: 'close' },
    ['cut_off', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'truncation',
    { kind: 'truncate' },
    ['cut_off', '127.0.0.1:PORT closed the connection before its answer was complete'],
  ],
  [
    'an answer over the cap',
    { kind: 'oversize', bytes: 300_000 },
    ['too_large', '127.0.0.1:PORT sent an answer that is too large'],
  ],
  [
    'a compressed answer',
    { kind: 'gzip' },
    ['compressed', '127.0.0.1:PORT sent a compressed answer'],
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
    'too_large',
    '127.0.0.1:PORT sent an answer that is too large',
  ])
})

test('send() names a refused connection and a host that does not exist', async () => {
  expect(await problem({ url: `http://127.0.0.1:${findClosedPort()}/` })).toEqual([
    'connect_refused',
    '127.0.0.1:PORT refused the connection',
  ])
  // Not a real look-up: a machine without a resolver gives another code.
  const parts: FakeParts = {
    lookUp: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
  }
  expect(await problem({ url: 'https://h.invalid/' }, { parts })).toEqual([
    'dns_unknown',
    'the host name of h.invalid does not exist',
  ])
})

test.each(['http', 'https'])(
  'send() says over %s that the resolver took all the time',
  async (scheme) => {
    // The last of its answers comes after the end of the run.
    let elapsedMs = 0
    const parts: FakeParts = {
      elapsedMs: () => elapsedMs,
      lookUp: async () => {
        elapsedMs += 700
        throw Object.assign(new Error('x'), { code: 'EAI_AGAIN' })
      },
    }
    expect(await problem({ url: `${scheme}://h.invalid/` }, { deadlineMs: 1000, parts })).toEqual([
      'dns_failed',
      'the DNS server answers with an error for the host name of h.invalid',
    ])
  },
)

test('send() waits for a handshake no longer than for an answer', async () => {
  expect(await problem({ url: `http://127.0.0.1:${silent.port}/` })).toEqual([
    'silent',
    'connected to 127.0.0.1:PORT, but no answer in 0.3 s',
  ])
  const [cause, words] = await problem({ url: `https://127.0.0.1:${silent.port}/` })
  expect(cause).toBe('tls_silent')
  expect(words).toBe(
    'connected to 127.0.0.1:PORT, but it did not answer the TLS handshake in 0.3 s',
  )
})

test('send() does not take a connection for one that is there because an earlier one was', async () => {
  const { parts } = listen()
  let isThere = true
  const open = async (peer: Peer) =>
    isThere ? parts.connect(peer) : Promise.withResolvers<Connection>().promise
  const network = openNetwork(options, fakeSystem({ ...REAL, ...parts, connect: open }))
  const request = { ...GET, url: 'http://h.example/', timeoutMs: 20 }
  expect(await network.send(request)).toMatchObject({ kind: 'answer' })
  isThere = false
  expect(await network.send(request)).toMatchObject({ cause: 'connect_silent' })
})

test('send() is cut short by the deadline of the run, and not begun after it', async () => {
  const url = `http://127.0.0.1:${silent.port}/`
  const parts = { elapsedMs: () => 900 }
  expect(await problem({ url }, { deadlineMs: 1000, parts })).toEqual([
    'silent',
    'connected to 127.0.0.1:PORT, but no answer in 0.1 s',
  ])
  expect(await problem({ url }, { deadlineMs: 900, parts })).toEqual([
    'no_time',
    'no time left to ask 127.0.0.1:PORT',
  ])
})

test('send() says what has become of a look-up that has used up all the time', async () => {
  let elapsedMs = 0
  const lookUp = async () => {
    elapsedMs = 1000.5
    throw Object.assign(new Error('x'), { code: 'ENOTFOUND' })
  }
  const parts = { elapsedMs: () => elapsedMs, lookUp }
  const url = 'http://h.example/'
  expect(await problem({ url }, { deadlineMs: 1000, parts })).toEqual([
    'dns_unknown',
    'the host name of h.example does not exist',
  ])
})

test.each([
  ['expired', 'tls_expired', 'the certificate of 127.0.0.1:PORT has expired (20'],
  [
    'wrong-name',
    'tls_name',
    "the certificate of 127.0.0.1:PORT, issued by 'Test World Root', is for another host",
  ],
  [
    'unknown-ca',
    'tls_untrusted',
    `the certificate of 127.0.0.1:PORT, issued by 'Unknown Root', is not trusted by '${world.caFile}' (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
  ],
] as const)('send() refuses a certificate that is %s', async (certificate, expected, words) => {
  const own = await startWorld({ certificate })
  const [cause, found] = await problem({ url: own.urls.ecr.replace('localhost', '127.0.0.1') })
  expect(cause).toBe(expected)
  expect(found).toStartWith(words)
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
    'no_tls',
    '127.0.0.1:PORT does not speak TLS; hint: look for a proxy or a portal in between',
  ])
  ssh.stop()
})

/** Where connections are opened to, what TLS they are given, and what is sent on them. */
function listen({
  isOpen = true,
  answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
}: { readonly isOpen?: boolean; readonly answer?: string } = {}) {
  const peers: string[] = []
  const secured: Tls[] = []
  const sent: string[] = []
  const closed: string[] = []
  const open = async ({ hostname, port }: Peer): Promise<Connection> => {
    peers.push(`${hostname}:${port}`)
    const connection: Connection = {
      sendAndParse: async (bytes, parse) => {
        const text = new TextDecoder().decode(bytes)
        sent.push(text)
        const tunnel = 'HTTP/1.1 200 Connection established\r\n\r\n'
        const parsed = parse(Buffer.from(text.startsWith('CONNECT') ? tunnel : answer))
        if (parsed === undefined) throw Object.assign(new Error('x'), { code: 'ECONNRESET' })
        return parsed
      },
      secure: async (tls) => {
        secured.push(tls)
        return connection
      },
      isOpen: () => isOpen,
      close: () => void closed.push(hostname),
    }
    return connection
  }
  const parts = {
    connect: open,
    connectNested: open,
    lookUp: async (name: string) => [`address-of-${name}`],
  }
  return { parts, peers, secured, sent, closed }
}

const COMMON =
  'accept-encoding: identity\r\nuser-agent: ecr-credential-provider/test app/my-app-1\r\n'

test('send() connects to the host of the URL, and trusts the configured bundle alone', async () => {
  const { parts, peers, secured, sent } = listen()
  await ask({ url: 'https://h.example/', method: 'POST', body: '{"a":"ä"}' }, { parts })
  await ask({ url: 'https://[fd00::1]:8443/a?b=c' }, { parts })
  await ask({ url: 'http://h.example/', method: 'PUT' }, { parts })
  const ca = await Bun.file(world.caFile)
    .text()
    .then((text) => text.trim())
  expect(peers).toEqual(['address-of-h.example:443', 'fd00::1:8443', 'address-of-h.example:80'])
  expect(secured).toEqual([
    { host: 'h.example', sni: 'h.example', ca, allowsIntermediates: false },
    // RFC 6066, 3: no address is a name to ask for.
    { host: 'fd00::1', sni: '', ca, allowsIntermediates: false },
  ])
  expect(sent).toEqual([
    `POST / HTTP/1.1\r\nhost: h.example\r\n${COMMON}connection: close\r\ncontent-length: 10\r\n\r\n{"a":"ä"}`,
    `GET /a?b=c HTTP/1.1\r\nhost: [fd00::1]:8443\r\n${COMMON}connection: close\r\n\r\n`,
    `PUT / HTTP/1.1\r\nhost: h.example\r\n${COMMON}connection: close\r\ncontent-length: 0\r\n\r\n`,
  ])
})

const PROXY = {
  HTTPS_PROXY: 'http://u:p@proxy.example:3128',
  HTTP_PROXY: 'other.example',
  ALL_PROXY: 'x',
}

test('send() speaks CONNECT to a proxy, and TLS to the server behind it', async () => {
  const { parts, peers, secured, sent } = listen()
  const host = 'api.ecr.us-west-2.amazonaws.com'
  await ask({ url: `https://${host}/` }, { parts: { ...parts, env: PROXY } })
  expect(peers).toEqual(['address-of-proxy.example:3128'])
  expect(secured).toMatchObject([{ host, sni: host }])
  expect(sent).toEqual([
    `CONNECT ${host}:443 HTTP/1.1\r\nhost: ${host}:443\r\nproxy-authorization: Basic dTpw\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: ${host}\r\n${COMMON}connection: close\r\n\r\n`,
  ])
})

test('send() gives a proxy the whole URL of an http request, and its authorization', async () => {
  const { parts, peers, secured, sent } = listen()
  const env = { HTTP_PROXY: 'http://u:p@proxy.example' }
  await ask({ url: 'http://h.example:8080/a?b=c' }, { parts: { ...parts, env } })
  expect(peers).toEqual(['address-of-proxy.example:80'])
  expect(secured).toEqual([])
  expect(sent).toEqual([
    `GET http://h.example:8080/a?b=c HTTP/1.1\r\nhost: h.example:8080\r\n${COMMON}proxy-authorization: Basic dTpw\r\nconnection: close\r\n\r\n`,
  ])
})

test('send() speaks TLS twice where the proxy itself is reached over TLS', async () => {
  const { parts, peers, secured, sent } = listen()
  const env = { HTTPS_PROXY: 'https://proxy.example' }
  await ask(
    { url: 'https://10.1.2.3/' },
    { parts: { ...parts, connect: fakeSystem().connect, env } },
  )
  expect(peers).toEqual(['address-of-proxy.example:443'])
  expect(secured).toMatchObject([
    { host: 'proxy.example', sni: 'proxy.example' },
    // With no name Bun would verify against the proxy's.
    { host: '10.1.2.3', sni: '10.1.2.3' },
  ])
  expect(sent[0]).toBe('CONNECT 10.1.2.3:443 HTTP/1.1\r\nhost: 10.1.2.3:443\r\n\r\n')
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
  ['an answer', 'HTTP/1.1 204 -\r\n\r\n'],
  ['half an answer', 'HTTP/1.1 200 OK'],
  ['what is no answer', 'SSH-2.0\r\n'],
])('send() closes its connection after %s', async (_, answer) => {
  const { parts, closed } = listen({ answer })
  await ask({ url: 'http://h.example/' }, { parts })
  expect(closed).toEqual(['address-of-h.example'])
})

const GET = { method: 'GET', url: 'https://h.example/x', headers: {}, timeoutMs: 300 } as const

test('prepare() opens one connection, which the first request to that server takes', async () => {
  const { parts, peers, sent } = listen()
  const network = openNetwork(options, fakeSystem({ ...REAL, ...parts }))
  network.prepare('https://h.example/')
  await Bun.sleep(1)
  expect([peers.length, sent]).toEqual([1, []])
  await network.send({ ...GET, url: 'https://other.example/' })
  await network.send(GET)
  await network.send(GET)
  expect(peers).toEqual([
    'address-of-h.example:443',
    'address-of-other.example:443',
    'address-of-h.example:443',
  ])
})

/** How many connections a request takes that comes so much later than `prepare()`. */
async function connectionsAfter(ms: number, isOpen: boolean): Promise<number> {
  const { parts, peers } = listen({ isOpen })
  let elapsedMs = 0
  const system = fakeSystem({ ...REAL, ...parts, elapsedMs: () => elapsedMs })
  const network = openNetwork(options, system)
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

test('prepare() does harm to nobody when it fails', async () => {
  const { parts, peers } = listen()
  let attempts = 0
  const connectSecond = async (peer: Peer) => {
    attempts += 1
    if (attempts === 1) throw Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    return parts.connect(peer)
  }
  const system = fakeSystem({ ...REAL, ...parts, connect: connectSecond })
  const network = openNetwork(options, system)
  network.prepare('https://h.example/')
  expect(await network.send(GET)).toMatchObject({ kind: 'answer', status: 200 })
  expect([attempts, peers.length]).toEqual([2, 1])
})

test('prepare() opens a tunnel where a proxy applies', async () => {
  const { parts, peers, sent } = listen()
  const network = openNetwork(options, fakeSystem({ ...REAL, ...parts, env: PROXY }))
  network.prepare('https://h.example/')
  await Bun.sleep(1)
  expect(peers).toEqual(['address-of-proxy.example:3128'])
  await network.send(GET)
  expect([peers.length, sent.length]).toEqual([1, 2])
})

test.each([
  ['ECONNREFUSED', true],
  ['ECONNRESET', true],
  ['EAI_AGAIN', false],
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

test.each([
  'http://169.254.169.254/',
  'http://[fd00:ec2::254]/',
  'https://127.0.0.1/',
  'http://localhost/',
])('send() asks %s without a proxy', async (url) => {
  const { parts, peers } = listen()
  await ask({ url }, { parts: { ...parts, env: { HTTP_PROXY: 'p', HTTPS_PROXY: 'p' } } })
  expect(peers.length).toBe(1)
  expect(peers[0]).not.toStartWith('address-of-p:')
})

test('send() asks directly what shares its origin with what is connected to through a proxy', async () => {
  const { parts, peers, sent } = listen()
  const env = { HTTP_PROXY: 'http://proxy.example:3128' }
  const network = openNetwork(options, fakeSystem({ ...REAL, ...parts, env }))
  network.prepare('http://gateway.example/')
  const request = { ...GET, url: 'http://gateway.example/token', headers: { secret: 'x' } }
  await network.send({ ...request, isDirect: true })
  expect(peers).toEqual(['address-of-proxy.example:3128', 'address-of-gateway.example:80'])
  expect(sent[0]).toStartWith('GET /token HTTP/1.1')
})

test('send() asks no proxy for what is to be asked directly', async () => {
  const { parts, peers } = listen()
  const env = { HTTP_PROXY: 'p', HTTPS_PROXY: 'p' }
  await ask({ url: 'https://h.example/', isDirect: true }, { parts: { ...parts, env } })
  expect(peers).toEqual(['address-of-h.example:443'])
})

test('send() shows no text of an error that is not its own', async () => {
  const parts: FakeParts = {
    connect: async () =>
      Promise.reject(Object.assign(new Error('SECRET'), { code: 'SECRET value' })),
  }
  expect(await problem({}, { parts })).toEqual([
    'connect_failed',
    'the connection to 127.0.0.1:PORT failed',
  ])
})

test('send() connects to the addresses that addressesOf() gave', async () => {
  const answers = [['127.0.0.1'], ['192.0.2.1']]
  const { parts, peers } = listen()
  const lookUpNext = async () => answers.shift() ?? []
  const system = fakeSystem({ ...REAL, ...parts, lookUp: lookUpNext })
  const network = openNetwork(options, system)
  const url = 'http://agent.example/'
  expect(await network.addressesOf(new URL(url))).toEqual(['127.0.0.1'])
  await network.send({ ...GET, url })
  expect(peers).toEqual(['127.0.0.1:80'])
})

test.each([
  ['refuses', async () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))],
  ['does not answer', async () => new Promise<Connection>(() => undefined)],
])('send() passes over an address that %s', async (_, first) => {
  const { parts } = listen()
  const tried: string[] = []
  const own = {
    lookUp: async () => ['::1', '127.0.0.1'],
    connect: async (peer: Peer) => {
      tried.push(peer.hostname)
      return peer.hostname === '::1' ? first() : parts.connect(peer)
    },
  }
  const outcome = await ask({ url: 'http://h.example/' }, { parts: own })
  expect(outcome).toMatchObject({ kind: 'answer', status: 200 })
  expect(tried).toEqual(['::1', '127.0.0.1'])
})

test('send() says why none of the addresses can be used', async () => {
  const parts = { lookUp: async () => ['::1', '127.0.0.1'] }
  const url = `http://h.example:${findClosedPort()}/`
  expect(await problem({ url }, { parts })).toEqual([
    'connect_refused',
    'h.example:PORT refused the connection',
  ])
})
