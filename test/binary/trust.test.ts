import { expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync } from 'node:fs'

import type * as x509 from '@peculiar/x509'

import { HAS_MOUNTS, NEEDED, runInEtc } from '../support/etc.ts'
import { issue, type Issued, pemOf, showing } from '../world/issued.ts'
import { issueKey } from '../world/keys.ts'
import type { LineFault } from '../world/line_faults.ts'
import { kubeletRequest, type PluginResult, runPlugin } from '../world/plugin.ts'
import { startProxy } from '../world/proxy.ts'
import { startWorld } from '../world/world.ts'

// Whom the compiled binary believes to be ECR, by what it is told to trust and what the server shows.

setDefaultTimeout(60_000)

const HOST = 'api.ecr.us-west-2.amazonaws.com'
const stdin = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app')

const dns = (...names: readonly string[]): x509.JsonGeneralNames =>
  names.map((value) => ({ type: 'dns', value }))
const ip = (value: string): x509.JsonGeneralNames => [{ type: 'ip', value }]
const NAMES = [...dns('localhost', HOST), ...ip('127.0.0.1')]

/** The Amazon roots are looked for by name, and tried first. */
const AMAZON = 'Amazon Root CA 1'

const root = await issue({ name: 'Test Root' })
const other = await issue({ name: 'Other Root' })
const amazon = await issue({ name: AMAZON })
const server = await issue({ name: 'Server', issuer: root, names: NAMES })

interface Setup {
  /** What the server shows, its own certificate first. Default: one of `root`'s. */
  readonly chain?: readonly Issued[]
  readonly bundle: string
  /** What names the bundle. Default: AWS_CA_BUNDLE. */
  readonly variable?: 'SSL_CERT_FILE'
  /** The host that is asked for through a proxy. Default: no proxy. */
  readonly proxied?: string
  /** Whether that proxy speaks TLS. It shows the same chain, so that it is judged first. */
  readonly isNested?: boolean
  readonly line?: LineFault
}

interface Outcome extends PluginResult {
  /** Requests that ECR has got. */
  readonly asked: number
  /** Connections that the proxy was asked for. */
  readonly connects: number
}

/** A run against an ECR that shows a chain. */
async function ask(setup: Setup): Promise<Outcome> {
  const { chain = [server], bundle, variable, proxied, isNested = false, line } = setup
  const authority = await showing(chain, bundle)
  const world = await startWorld({
    authority,
    ...(line === undefined ? {} : { line: { service: 'ecr', fault: line } }),
  })
  const proxy = startProxy({
    route: () => Number(new URL(world.urls.ecr).port),
    ...(isNested ? { tls: await authority.issueLeaf('good') } : {}),
  })
  const empty = `${world.directory}/empty`
  mkdirSync(empty)
  const { accessKeyId, secretAccessKey, sessionToken = '' } = issueKey(world.state, { owner: 'p' })
  const env = world.environment({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_MAX_ATTEMPTS: '1',
    ...(proxied === undefined
      ? {}
      : { AWS_ENDPOINT_URL_ECR: `https://${proxied}/`, HTTPS_PROXY: proxy.url }),
    // Both together take the place of whatever this machine trusts.
    ...(variable === undefined
      ? {}
      : { AWS_CA_BUNDLE: '', SSL_CERT_FILE: world.caFile, SSL_CERT_DIR: empty }),
  })
  try {
    const run = await runPlugin({ stdin, env })
    const asked = world.requests.filter(({ service }) => service === 'ecr').length
    return { ...run, asked, connects: proxy.requests.length }
  } finally {
    proxy.stop()
    await world.stop()
  }
}

function expectTrust({ exitCode, stderr, asked }: Outcome): void {
  expect([exitCode, stderr, asked]).toEqual([0, '', 1])
}

function expectRefusal({ exitCode, stdout, stderr, asked }: Outcome, words: RegExp | string): void {
  expect([exitCode, stdout, asked]).toEqual([1, '', 0])
  expect(stderr).toMatch(/^ecr-credential-provider: [\x20-\x7e]+$/)
  expect(stderr).not.toContain('BORINGSSL')
  expect(stderr).toMatch(words)
}

const WAYS = [
  ['directly', {}],
  ['through a proxy', { proxied: HOST }],
  ['through an https proxy', { proxied: HOST, isNested: true }],
] as const

const VARIABLES = [
  ['AWS_CA_BUNDLE', {}],
  ['SSL_CERT_FILE', { variable: 'SSL_CERT_FILE' }],
] as const

/** Each entry with each way and each variable. */
function everywhere<Entry>(entries: readonly (readonly [name: string, entry: Entry])[]) {
  return entries.flatMap(([name, entry]) =>
    WAYS.flatMap(([way, proxied]) =>
      VARIABLES.map(
        ([by, variable]) => [name, by, way, { ...entry, ...proxied, ...variable }] as const,
      ),
    ),
  )
}

// 1. Trust does not depend on what is tried first.

const OLD = [-400, -1] as const
const expiredAmazon = await issue({ name: AMAZON, days: OLD })
const futureAmazon = await issue({ name: AMAZON, days: [1, 400] })
const oldRoot = await issue({ name: root.name, keys: root.keys, days: OLD })
const oldIntermediate = await issue({ name: 'Intermediate', issuer: other, days: OLD })
const intermediate = await issue({ ...oldIntermediate, issuer: other, days: [-1, 1] })

/** A server of an authority's, and a path from there to `root`. */
async function crossSigned(authority: Issued): Promise<readonly Issued[]> {
  const { name, keys } = authority
  return [
    await issue({ name: 'Server', issuer: authority, names: NAMES }),
    await issue({ name, keys, issuer: root }),
  ]
}

test.concurrent.each(
  everywhere<Setup>([
    [
      'an expired Amazon root beside a cross-signed path',
      { chain: await crossSigned(expiredAmazon), bundle: expiredAmazon.pem + root.pem },
    ],
    [
      'a renewed root whose old one is still sent',
      { chain: [server, oldRoot], bundle: amazon.pem + root.pem },
    ],
    [
      'a renewed root whose old one is still sent, and still in the bundle',
      { chain: [server, oldRoot], bundle: amazon.pem + oldRoot.pem + root.pem },
    ],
    [
      'an Amazon root that is not valid yet beside a cross-signed path',
      { chain: await crossSigned(futureAmazon), bundle: root.pem + futureAmazon.pem },
    ],
    [
      'another root with the name of an Amazon root beside a cross-signed path',
      { chain: await crossSigned(expiredAmazon), bundle: amazon.pem + root.pem },
    ],
    [
      'a renewed intermediate whose old one is still sent',
      {
        chain: [
          await issue({ name: 'Server', issuer: intermediate, names: NAMES }),
          oldIntermediate,
        ],
        bundle: amazon.pem + intermediate.pem,
      },
    ],
    ['a root of another name', { bundle: amazon.pem + root.pem }],
  ]),
)('%s is trusted: %s, %s', async (_name, _by, _way, setup) => {
  expectTrust(await ask(setup))
})

test.concurrent.each<[string, Setup, number]>([
  [
    'the Amazon roots alone',
    { chain: await crossSigned(amazon), bundle: amazon.pem + root.pem },
    1,
  ],
  ['the whole store, once', { bundle: amazon.pem + root.pem }, 2],
  ['a store without Amazon roots at once', { bundle: root.pem }, 1],
])('a server is asked to prove itself to %s', async (_, setup, connects) => {
  const outcome = await ask({ ...setup, proxied: HOST })
  expectTrust(outcome)
  expect(outcome.connects).toBe(connects)
})

test.concurrent.each<[string, LineFault]>([
  ['a reset', { kind: 'reset' }],
  ['a close', { kind: 'close' }],
  ['plain text', { kind: 'reply', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
  ['an alert', { kind: 'reply', bytes: Buffer.from('15030300020246', 'hex') }],
])('%s leads to no second store', async (_, line) => {
  const outcome = await ask({ bundle: amazon.pem + root.pem, proxied: HOST, line })
  expectRefusal(outcome, 'cannot get an ECR token in us-west-2: ')
  // The early connection, and the attempt.
  expect(outcome.connects).toBe(2)
})

test.concurrent.each(
  everywhere<Setup & { readonly words: string }>([
    [
      'an expired certificate',
      {
        chain: [await issue({ name: 'Server', issuer: root, names: NAMES, days: OLD })],
        bundle: amazon.pem + root.pem,
        words: `has expired`,
      },
    ],
    ['an expired root', { bundle: amazon.pem + oldRoot.pem, words: 'has expired' }],
    [
      'a root that nobody trusts, and that is sent',
      { chain: [server, root], bundle: amazon.pem + other.pem, words: 'is not trusted by' },
    ],
    [
      'a root of the right name with other keys',
      {
        bundle: (await issue({ name: root.name, bare: true })).pem,
        words: 'is not trusted by',
      },
    ],
    [
      'a root of the right name with other keys, where no key is told apart',
      {
        chain: [await issue({ name: 'Server', issuer: root, names: NAMES, bare: true })],
        bundle: amazon.pem + (await issue({ name: root.name, bare: true })).pem,
        words: 'is not trusted by',
      },
    ],
  ]),
)('%s is refused: %s, %s', async (_name, _by, _way, { words, ...setup }) => {
  expectRefusal(await ask(setup), words)
})

// 2. What the TLS library cannot parse is passed over, as in Go.

const strange = await issue({ name: 'Mxller' })
const inHex = (text: string) => Buffer.from(text, 'latin1').toString('hex')

/** The certificate with some bytes, given in hexadecimal, replaced by others. */
function patched(from: string, to: string): Buffer {
  const text = strange.der.toString('hex')
  expect(text).toContain(from)
  return Buffer.from(text.replaceAll(from, to), 'hex')
}

/** The certificate with other text so many bytes behind the beginning of some bytes. */
function overwritten(bytes: string, offset: number, text: string): Buffer {
  const der = Buffer.from(strange.der)
  der.write(text, der.indexOf(bytes, 'hex') + offset)
  return der
}

/** The certificate with other contents of its outermost SEQUENCE, which is of 256 bytes or more. */
function rewrapped(contents: Uint8Array): Buffer {
  const length = contents.length
  return Buffer.concat([Buffer.from([0x30, 0x82, length >> 8, length & 255]), contents])
}

const UNPARSABLE: readonly (readonly [name: string, der: Buffer])[] = [
  ['Latin-1 in a UTF8String', patched(`1306${inHex('Mxller')}`, `0c06${inHex('M\xfcller')}`)],
  ['version 1 with extensions', patched('a003020102', 'a003020100')],
  ['a month of 99', overwritten('170d', 4, '99')],
  [
    'bytes behind its signature',
    rewrapped(Buffer.concat([strange.der.subarray(4), Buffer.from([5, 0])])),
  ],
  ['an unknown curve', patched('06082a8648ce3d030107', '06082a8648ce3d030199')],
  ['nothing in it', rewrapped(new Uint8Array(300))],
  ['bytes behind its end', Buffer.concat([strange.der, Buffer.from([0])])],
]

test.concurrent.each(
  everywhere<Setup>(
    UNPARSABLE.flatMap(([name, der]) => {
      const bad = pemOf(der)
      return [
        [`a certificate with ${name}, first`, { bundle: bad + root.pem + other.pem }],
        [`a certificate with ${name}, in the middle`, { bundle: other.pem + bad + root.pem }],
        [`a certificate with ${name}, last`, { bundle: other.pem + root.pem + bad }],
      ] as const
    }),
  ),
)('%s, is passed over: %s, %s', async (_name, _by, _way, setup) => {
  expectTrust(await ask(setup))
})

const ALL_BAD = UNPARSABLE.slice(0, -1).map(([, der]) => pemOf(der))

test.concurrent.each(
  everywhere<Setup & { readonly words: string }>([
    ['one', { bundle: ALL_BAD[0] ?? '', words: 'none of the certificates in' }],
    [
      'one that could be read',
      { bundle: ALL_BAD.join('') + other.pem, words: 'is not trusted by' },
    ],
    ['many', { bundle: ALL_BAD.join(''), words: 'none of the certificates in' }],
    [
      'one with the name of an Amazon root',
      {
        bundle: pemOf(
          Buffer.from(amazon.der.toString('hex').replace('a003020102', 'a003020100'), 'hex'),
        ),
        words: 'none of the certificates in',
      },
    ],
  ]),
)(
  'a bundle of unparsable certificates, %s, is said to be useless: %s, %s',
  async (_name, _by, _way, { words, ...setup }) => {
    expectRefusal(await ask(setup), words)
  },
)

test.concurrent.each(
  (
    [
      ['indented', { indent: '    ' }],
      ['indented by a tab', { indent: '\t' }],
      ['with CR LF', { end: '\r\n' }],
      ['with CR alone', { end: '\r' }],
      ['without line ends', { end: '' }],
      ['with empty lines', { end: '\n\n' }],
      ['with trailing blanks', { end: '  \n' }],
      ['in one long line', { width: 10_000 }],
      ['in lines of 76', { width: 76 }],
      ['in lines of one character', { width: 1 }],
    ] as const
  ).flatMap(([name, form]) => {
    const written = pemOf(root.der, form)
    return [
      [name, 'alone', written],
      [name, 'behind another', pemOf(other.der, form) + written],
      [name, 'behind one that is not', other.pem + written + amazon.pem],
    ] as const
  }),
)('PEM %s, %s, is read', async (_name, _place, bundle) => {
  expectTrust(await ask({ bundle }))
})

// 3. Every form of a length, by certificates that have it.

const small = await issue({ name: 'S', curve: 'Ed25519', bare: true })
const SIZES = [
  ['30 81', small],
  ['30 82', await issue({ name: 'Middle', curve: 'Ed25519' })],
  ['30 82', await issue({ name: 'Large', padding: 60_000 })],
  ['30 83', await issue({ name: 'Huge', padding: 70_000 })],
] as const

test.concurrent.each(
  everywhere<Setup & { readonly authority: Issued; readonly begins: string }>(
    SIZES.map(([begins, authority]) => [
      `${authority.name} (${begins})`,
      { authority, begins, bundle: other.pem + authority.pem },
    ]),
  ),
)(
  'a root of any size is read: %s, %s, %s',
  async (_name, _by, _way, { authority, begins, ...setup }) => {
    expect(authority.der.toString('hex')).toStartWith(begins.replace(' ', ''))
    const chain = [await issue({ name: 'Server', issuer: authority, names: NAMES })]
    expectTrust(await ask({ ...setup, chain }))
  },
)

// 4. Whatever stands in the bundle is an anchor, as in Go.

const ofIntermediate = await issue({ name: 'Server', issuer: intermediate, names: NAMES })
const selfSigned = await issue({ name: 'Self', names: NAMES })
const ofServer = await issue({ name: 'Server', issuer: server, names: NAMES })
const OLD_SERVER = { name: 'Server', issuer: root, names: NAMES, days: OLD }
const oldServer = await issue(OLD_SERVER)

test.concurrent.each(
  everywhere<Setup>([
    ['an intermediate', { chain: [ofIntermediate], bundle: intermediate.pem }],
    [
      'an intermediate that is sent',
      { chain: [ofIntermediate, intermediate], bundle: intermediate.pem },
    ],
    [
      'an intermediate beside an Amazon root',
      { chain: [ofIntermediate], bundle: amazon.pem + intermediate.pem },
    ],
    ["a server's own certificate", { bundle: server.pem }],
    ['a server that signed for itself', { chain: [selfSigned], bundle: selfSigned.pem }],
  ]),
)('%s can be the anchor: %s, %s', async (_name, _by, _way, setup) => {
  expectTrust(await ask(setup))
})

test.concurrent.each(
  everywhere<Setup & { readonly words: string }>([
    [
      'a server, for another that it signed',
      { chain: [ofServer, server], bundle: server.pem, words: 'is not trusted by' },
    ],
    [
      'an expired intermediate',
      { chain: [ofIntermediate], bundle: oldIntermediate.pem, words: 'has expired' },
    ],
    [
      "a server's own certificate that has expired",
      { chain: [oldServer], bundle: oldServer.pem, words: 'has expired' },
    ],
    [
      'another server of the same name',
      { bundle: (await issue({ name: 'Server', names: NAMES })).pem, words: 'is not trusted by' },
    ],
  ]),
)('%s is no anchor: %s, %s', async (_name, _by, _way, { words, ...setup }) => {
  expectRefusal(await ask(setup), words)
})

// 5. Names, of subjectAltName alone, and addresses.

async function askFor(host: string, name: string, names: x509.JsonGeneralNames): Promise<Outcome> {
  const chain = [await issue({ name, issuer: root, names })]
  return ask({ chain, bundle: root.pem, proxied: host })
}

test.concurrent.each<[string, x509.JsonGeneralNames]>([
  ['a.example', dns('a.example')],
  ['a.example', dns('A.Example')],
  ['a.example', dns('b.example', 'a.example')],
  ['tls.a.example', dns('*.a.example')],
  ['TLS.A.EXAMPLE', dns('*.A.example')],
  ['xn--bcher-kva.a.example', dns('*.a.example')],
  // Looked up as it is, and asked for without its dot.
  ['a.example.', dns('a.example')],
  ['tls.a.example.', dns('*.a.example')],
  ['192.0.2.1', ip('192.0.2.1')],
  ['192.0.2.1', [...dns('a.example'), ...ip('192.0.2.2'), ...ip('192.0.2.1')]],
  ['[2001:db8::1]', ip('2001:db8::1')],
])('%s is the server of %j', async (host, names) => {
  expectTrust(await askFor(host, 'Server', names))
})

test.concurrent.each<[string, string, x509.JsonGeneralNames]>([
  ['a.example', 'a.example', []],
  ['a.example', 'a.example', dns('b.example')],
  ['a.example', 'a.example', ip('192.0.2.1')],
  ['a.example', 'a.example', [{ type: 'email', value: 'x@a.example' }]],
  ['a.example', 'x', [{ type: 'email', value: 'a.example' }]],
  ['a.example', 'x', [{ type: 'url', value: 'https://a.example/' }]],
  ['a.b.example', '*.b.example', []],
  ['tls.a.example', 'x', dns('t*.a.example')],
  ['tls.a.example', 'x', dns('*s.a.example')],
  ['tls.a.example', 'x', dns('t*s.a.example')],
  ['tls.a.example', 'x', dns('tls*.a.example')],
  ['a.b.example', 'x', dns('*.example')],
  ['a.b.c.example', 'x', dns('*.c.example')],
  // Go takes this one; the TLS library wants two labels behind the star.
  ['a.example', 'x', dns('*.example')],
  ['a.b.c.example', 'x', dns('a.*.c.example')],
  ['a.b.c.example', 'x', dns('*.*.c.example')],
  ['example', 'x', dns('*.example')],
  ['example', 'x', dns('*')],
  ['a.b.example', 'x', dns('**.b.example')],
  ['a.example', 'x', dns('.example')],
  ['a.example', 'x', dns('example')],
  ['a.example', 'x', dns('a.example\0.evil.test')],
  ['192.0.2.1', '192.0.2.1', []],
  ['192.0.2.1', 'x', dns('192.0.2.1')],
  ['192.0.2.1', 'x', dns('*.0.2.1')],
  ['192.0.2.1', 'x', ip('192.0.2.2')],
  ['192.0.2.1', 'x', ip('::ffff:192.0.2.1')],
  ['[2001:db8::1]', 'x', dns('2001:db8::1')],
  ['[2001:db8::1]', 'x', ip('2001:db8::2')],
])('%s is not the server with the common name %j and %j', async (host, name, names) => {
  expectRefusal(await askFor(host, name, names), 'is for another host')
})

// Behind an https proxy another part of the runtime judges, by rules of its own. The proxy shows the same certificate, for its address.
test.concurrent.each<[string, string, readonly string[]]>([
  ['a.example', 'a.example', []],
  ['a.example', 'a.example', ['b.example']],
  ['tls.a.example', 'x', ['t*.a.example']],
  ['tls.a.example', 'x', ['*s.a.example']],
  ['a.b.example', '*.b.example', []],
])(
  'behind an https proxy %s is not the server with the common name %j and %j',
  async (host, name, names) => {
    const chain = [
      await issue({ name, issuer: root, names: [...dns(...names), ...ip('127.0.0.1')] }),
    ]
    const outcome = await ask({ chain, bundle: root.pem, proxied: host, isNested: true })
    expectRefusal(outcome, 'is for another host')
    expect(outcome.stderr).toContain(`the certificate of ${host}`)
    expect(outcome.connects).toBeGreaterThan(0)
  },
)

/** The name in a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), `undefined` for none. */
function readServerName(hello: Buffer): string | undefined {
  // The record's header, the message's, the version and the random value.
  let at = 5 + 4 + 2 + 32
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  const end = at + 2 + hello.readUInt16BE(at)
  at += 2
  for (; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
    if (hello.readUInt16BE(at) !== 0) continue
    const length = hello.readUInt16BE(at + 7)
    return hello.toString('latin1', at + 9, at + 9 + length)
  }
  return undefined
}

test.concurrent.each([
  ['127.0.0.1', undefined],
  ['127.1', undefined],
  ['0x7f000001', undefined],
  ['localhost', 'localhost'],
  ['LOCALHOST', 'localhost'],
])('a direct connection to %s asks for the server name %p', async (host, expected) => {
  const world = await startWorld()
  const names: (string | undefined)[] = []
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket, bytes) => {
        names.push(readServerName(bytes))
        socket.end()
      },
    },
  })
  const AWS_ENDPOINT_URL_ECR = `https://${host}:${listener.port}/`
  const env = world.environment({ AWS_ENDPOINT_URL_ECR, AWS_MAX_ATTEMPTS: '1' })
  expect((await runPlugin({ stdin, env })).exitCode).toBe(1)
  // The early connection, and the attempt.
  expect(names).toEqual([expected, expected])
  listener.stop(true)
  await world.stop()
})

// 6. The host's own store, at its fixed places.

/** A run that trusts what a host has in /etc. */
async function askOn(
  etc: Readonly<Record<string, string>>,
  {
    env = {},
    args = [],
  }: { readonly env?: Readonly<Record<string, string>>; readonly args?: readonly string[] } = {},
): Promise<Outcome> {
  const world = await startWorld({ authority: await showing([server], root.pem) })
  try {
    const run = await runInEtc(world, etc, {
      stdin,
      args,
      env: world.environment({ ...env, AWS_CA_BUNDLE: '', AWS_MAX_ATTEMPTS: '1' }),
    })
    const asked = world.requests.filter(({ service }) => service === 'ecr').length
    return { ...run, asked, connects: 0 }
  } finally {
    await world.stop()
  }
}

const PLACES = [
  'ssl/certs/ca-certificates.crt',
  'pki/tls/certs/ca-bundle.crt',
  'ssl/ca-bundle.pem',
  'pki/tls/cacert.pem',
  'pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  'ssl/cert.pem',
]

const onHost = test.skipIf(!HAS_MOUNTS)

for (const place of PLACES) {
  onHost(`a host's store is found at /etc/${place}${NEEDED}`, async () => {
    expectTrust(await askOn({ [place]: other.pem + root.pem }))
  })
}

const [FIRST = '', SECOND = ''] = PLACES
const DAMAGED: readonly (readonly [
  name: string,
  etc: Readonly<Record<string, string>>,
  words: string,
])[] = [
  ['is empty', { [FIRST]: '' }, 'it holds no PEM certificate'],
  ['is no PEM', { [FIRST]: 'none' }, 'it holds no PEM certificate'],
  ['is DER', { [FIRST]: root.der.toString('latin1') }, 'it holds no PEM certificate'],
  [
    'holds a key',
    { [FIRST]: root.pem.replaceAll('CERTIFICATE', 'PRIVATE KEY') },
    'it holds no PEM certificate',
  ],
  ['is a directory', { [`${FIRST}/x.crt`]: root.pem }, 'it is a directory'],
]

for (const [name, etc, words] of DAMAGED) {
  onHost(`a host's store that ${name} is no reason to trust another${NEEDED}`, async () => {
    const outcome = await askOn({ ...etc, [SECOND]: root.pem })
    expectRefusal(outcome, `cannot use the certificates in '/etc/${FIRST}': ${words}`)
  })
}

onHost(
  `on a host without a store the Mozilla roots serve, and no variable adds to them${NEEDED}`,
  async () => {
    for (const env of [
      {},
      { NODE_EXTRA_CA_CERTS: '/etc/extra.pem' },
      { NODE_USE_SYSTEM_CA: '1' },
      { NODE_USE_SYSTEM_CA: '1', NODE_EXTRA_CA_CERTS: '/etc/extra.pem' },
    ]) {
      const outcome = await askOn({ 'extra.pem': root.pem }, { env })
      expectRefusal(outcome, 'is not trusted by the built-in Mozilla roots')
    }
  },
)

onHost(
  `a file of SSL_CERT_FILE that is missing beside a host's store is said, and no more${NEEDED}`,
  async () => {
    const env = { SSL_CERT_FILE: '/none.pem', SSL_CERT_DIR: '' }
    const outcome = await askOn({ [FIRST]: root.pem }, { env, args: ['--verbose'] })
    expect([outcome.exitCode, outcome.asked]).toEqual([0, 1])
    expect(outcome.stderr).toContain("there are no certificates in '/none.pem'\n")
  },
)
