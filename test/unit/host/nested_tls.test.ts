import { expect, test } from 'bun:test'
import { connect as dial } from 'node:net'
import { createServer, type Server } from 'node:tls'

import { codeOf } from '../../../src/base/failure.ts'
import type { Tls } from '../../../src/base/system.ts'
import { connectNested } from '../../../src/host/nested_tls.ts'
import { connect } from '../../../src/host/socket.ts'
import { greet, issueChain, startGreeter } from '../../support/greeter.ts'
import { type CertificateKind, createAuthority, type Leaf } from '../../world/certificates.ts'
import { findClosedPort } from '../../world/silence.ts'

const authority = await createAuthority('Unit Root')
const hostname = '127.0.0.1'
const tlsFor = (host: string): Tls => ({
  host,
  sni: host,
  ca: authority.pem,
  allowsIntermediates: false,
})

/** What passes on all that comes over TLS to a port of this machine, as a proxy behind TLS does. */
async function startRelay(leaf: Leaf, port: number) {
  const server = createServer(leaf, (socket) => {
    const onward = dial(port, hostname)
    for (const each of [socket, onward]) each.on('error', () => undefined)
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => void server.listen(0, hostname, resolve))
  return { port: portOf(server), stop: () => server.close() }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A server behind a relay, each with a certificate of its own, and a way to it through both. */
async function startBoth(
  relayKind: CertificateKind = 'good',
  serverKind: CertificateKind = 'good',
) {
  const server = startGreeter(await authority.issueLeaf(serverKind, ['h.example']))
  const leaf = await authority.issueLeaf(relayKind, ['proxy.example'])
  const relay = await startRelay(leaf, server.port)
  return {
    server,
    open: async () => {
      const plain = await connectNested({ hostname, port: relay.port })
      return (await plain.secure(tlsFor('proxy.example'))).secure(tlsFor('h.example'))
    },
    stop: () => {
      relay.stop()
      server.stop()
    },
  }
}

test('connectNested() carries TLS inside TLS', async () => {
  const { server, open, stop } = await startBoth()
  const connection = await open()
  expect(connection.isOpen()).toBe(true)
  expect(await greet(connection, 'a')).toBe('hello a')
  expect(server.heard).toEqual(['a'])
  const outcome = await greet(connection, 'bye').catch((error: unknown) => error)
  expect(outcome).toMatchObject({ code: 'ECONNRESET' })
  expect(connection.isOpen()).toBe(false)
  connection.close()
  stop()
})

test.each<[CertificateKind, CertificateKind, string]>([
  ['unknown-ca', 'good', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['expired', 'good', 'CERT_HAS_EXPIRED'],
  ['wrong-name', 'good', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['good', 'unknown-ca', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['good', 'expired', 'CERT_HAS_EXPIRED'],
  ['good', 'wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])(
  'connectNested() verifies a relay (%s) and a server (%s), and sends nothing before',
  async (relay, behind, code) => {
    const { server, open, stop } = await startBoth(relay, behind)
    expect(await open().catch((error: unknown) => error)).toMatchObject({ code })
    expect(server.heard).toEqual([])
    stop()
  },
)

test.each([
  ['h.example', 'h.example', 'hello a'],
  ['other.example', 'h.example', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  // An address has no name to ask for.
  ['127.0.0.2', '', 'ERR_TLS_CERT_ALTNAME_INVALID'],
])(
  'connectNested() wants a certificate for %s, whatever it asks for (%j)',
  async (host, sni, outcome) => {
    const server = startGreeter(await authority.issueLeaf('good', ['h.example']))
    const connection = await connectNested({ hostname, port: server.port })
    const found = await connection
      .secure({ ...tlsFor(host), sni })
      .then(async (secured) => greet(secured, 'a'))
      .catch(codeOf)
    expect(found).toBe(outcome)
    while (server.count() > 0) {
      connection.close()
      await Bun.sleep(1)
    }
    server.stop()
  },
)

test('connectNested() asks for the name that it is told', async () => {
  const asked: string[] = []
  const leaf = await authority.issueLeaf('good', ['h.example'])
  const server = createServer({
    ...leaf,
    SNICallback: (name, done) => {
      asked.push(name)
      done(null)
    },
  })
  await new Promise<void>((resolve) => void server.listen(0, hostname, resolve))
  const connection = await connectNested({ hostname, port: portOf(server) })
  const secured = await connection.secure(tlsFor('h.example'))
  expect(asked).toEqual(['h.example'])
  secured.close()
  server.close()
})

test.each([true, false])(
  'connectNested() takes an intermediate for an anchor: %p',
  async (allowed) => {
    const { leaf, intermediate } = await issueChain()
    const server = startGreeter(leaf)
    const connection = await connectNested({ hostname, port: server.port })
    const tls = { ...tlsFor('h.example'), ca: intermediate, allowsIntermediates: allowed }
    const isTaken = await connection.secure(tls).then(
      () => true,
      () => false,
    )
    expect(isTaken).toBe(allowed)
    connection.close()
    server.stop()
  },
)

test('connectNested() is not told by a variable to verify nothing, and leaves it as it was', async () => {
  const { open, stop } = await startBoth('good', 'unknown-ca')
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  const outcome = await open().catch((error: unknown) => error)
  const { NODE_TLS_REJECT_UNAUTHORIZED: after } = process.env
  if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  expect(outcome).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  expect(after).toBe('0')
  stop()
})

test('connectNested() says that nobody listens', async () => {
  const port = findClosedPort()
  const outcome = await connectNested({ hostname, port }).catch((error: unknown) => error)
  expect(outcome).toMatchObject({ code: 'ECONNREFUSED' })
})

test('connectNested() may be used without TLS', async () => {
  const server = startGreeter()
  const connection = await connectNested({ hostname, port: server.port })
  expect(await greet(connection, 'a')).toBe('hello a')
  connection.close()
  while (server.count() > 0) await Bun.sleep(1)
  server.stop()
})

test.each([
  ['plain text', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ENOTLS'],
  ['an alert', Buffer.from('15030300020246', 'hex'), 'EPROTO'],
])(
  'connectNested() takes %s for no verdict on a certificate, as connect() does',
  async (_, bytes, code) => {
    const server = Bun.listen({
      hostname,
      port: 0,
      socket: { data: (socket) => void socket.end(bytes) },
    })
    for (const open of [connect, connectNested]) {
      const connection = await open({ hostname, port: server.port })
      const outcome = await connection.secure(tlsFor('h.example')).catch((error: unknown) => error)
      expect(outcome).toMatchObject({ code })
    }
    server.stop(true)
  },
)
