import { expect, test } from 'bun:test'
import { createServer } from 'node:net'

import type { Tls } from '../../../src/base/system.ts'
import { connect } from '../../../src/host/socket.ts'
import { greet, issueChain, startGreeter } from '../../support/greeter.ts'
import { type CertificateKind, createAuthority } from '../../world/certificates.ts'
import { findClosedPort } from '../../world/silence.ts'

const authority = await createAuthority('Unit Root')
const TLS: Tls = {
  host: 'h.example',
  sni: 'h.example',
  ca: authority.pem,
  allowsIntermediates: false,
}
const hostname = '127.0.0.1'

test('connect() opens a connection that sends and receives until it is closed', async () => {
  const server = startGreeter()
  const connection = await connect({ hostname, port: server.port })
  expect(connection.isOpen()).toBe(true)
  expect(await greet(connection, 'a')).toBe('hello a')
  // All that has come, not only what is new.
  expect(await greet(connection, 'b')).toBe('hello ahello b')
  expect(server.heard).toEqual(['a', 'b'])
  connection.close()
  while (server.count() > 0) await Bun.sleep(1)
  server.stop()
})

test('connect() says that nobody listens', async () => {
  const port = findClosedPort()
  const outcome = await connect({ hostname, port }).catch((error: unknown) => error)
  expect(outcome).toMatchObject({ code: 'ECONNREFUSED' })
})

test('sendAndParse() fails once the peer has closed, and the connection is open no longer', async () => {
  const server = startGreeter()
  const connection = await connect({ hostname, port: server.port })
  const outcome = await greet(connection, 'bye').catch((error: unknown) => error)
  expect(outcome).toMatchObject({ code: 'ECONNRESET' })
  expect(connection.isOpen()).toBe(false)
  server.stop()
})

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
    server.listen(0, hostname, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const connection = await connect({ hostname, port })
  const answer = connection.sendAndParse(new Uint8Array(size), (bytes) =>
    bytes.length === 0 ? undefined : bytes.toString(),
  )
  expect(await answer).toBe('x')
  server.close()
})

test('secure() gives a connection with TLS, and who vouches for its peer', async () => {
  const server = startGreeter(await authority.issueLeaf('good', ['h.example']))
  const connection = await connect({ hostname, port: server.port })
  const secured = await connection.secure(TLS)
  expect(secured.isOpen()).toBe(true)
  expect(await greet(secured, 'a')).toBe('hello a')
  expect(secured.issuer?.()).toBe('CN=Unit Root')
  secured.close()
  while (server.count() > 0) await Bun.sleep(1)
  server.stop()
})

test.each<[CertificateKind, Partial<Tls>, string]>([
  ['unknown-ca', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['expired', {}, 'CERT_HAS_EXPIRED'],
  ['not-yet-valid', {}, 'CERT_NOT_YET_VALID'],
  ['wrong-name', {}, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['good', { host: 'other.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['good', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, 'ERR_BORINGSSL'],
])(
  'secure() refuses a certificate that is %s for %j, and sends nothing',
  async (kind, tls, code) => {
    const server = startGreeter(await authority.issueLeaf(kind, ['h.example']))
    const connection = await connect({ hostname, port: server.port })
    const outcome = await connection.secure({ ...TLS, ...tls }).catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code })
    connection.close()
    while (server.count() > 0) await Bun.sleep(1)
    expect(server.heard).toEqual([])
    server.stop()
  },
)

test.each([true, false])('secure() takes an intermediate for an anchor: %p', async (allowed) => {
  const { leaf, intermediate } = await issueChain()
  const server = startGreeter(leaf)
  const connection = await connect({ hostname, port: server.port })
  const tls = { ...TLS, ca: intermediate, allowsIntermediates: allowed }
  const isTaken = await connection.secure(tls).then(
    () => true,
    () => false,
  )
  expect(isTaken).toBe(allowed)
  connection.close()
  server.stop()
})
