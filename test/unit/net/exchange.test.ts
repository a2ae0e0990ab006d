import { expect, test } from 'bun:test'

import { codeOf } from '../../../src/base/failure.ts'
import type { Connection } from '../../../src/base/system.ts'
import { exchange, formatFor } from '../../../src/net/exchange.ts'
import { answering } from '../../support/system.ts'

const NOTHING = new Uint8Array()

/** A connection that answers, or does what `ask` does, and whether it has been closed. */
function opened(parts: Partial<Connection> = {}) {
  let isClosed = false
  const close = () => {
    isClosed = true
  }
  return { connection: { ...answering('x'), ...parts, close }, isClosed: () => isClosed }
}

test('exchange() gives the answer, and closes the connection', async () => {
  const { connection, isClosed } = opened()
  const { status, body } = await exchange(Promise.resolve(connection), NOTHING, 1000)
  expect([status, new TextDecoder().decode(body), isClosed()]).toEqual([200, 'x', true])
})

const failing = async () => Promise.reject(Object.assign(new Error('x'), { code: 'EPROTO' }))
const silent = async () => new Promise<never>(() => undefined)

test.each([
  ['fails', failing, 1000, 'EPROTO'],
  ['does not answer', silent, 1, 'ENOANSWER'],
])('exchange() closes a connection that %s', async (_, ask, timeoutMs, code) => {
  const { connection, isClosed } = opened({ ask })
  const asked = exchange(Promise.resolve(connection), NOTHING, timeoutMs).catch(codeOf)
  expect([await asked, isClosed()]).toEqual([code, true])
})

test('exchange() closes a connection that opens when nobody waits any more', async () => {
  const { connection, isClosed } = opened()
  const { promise, resolve } = Promise.withResolvers<Connection>()
  expect(await exchange(promise, NOTHING, 1).catch(codeOf)).toBe('ENOANSWER')
  expect(isClosed()).toBe(false)
  resolve(connection)
  await promise
  expect(isClosed()).toBe(true)
})

test('exchange() fails as the connection does', async () => {
  expect(await exchange(failing(), NOTHING, 1000).catch(codeOf)).toBe('EPROTO')
})

const PROXY = { url: new URL('http://p:1/'), authorization: 'Basic x', name: 'p:1' }
const COMMON = 'a: b\r\naccept-encoding: identity\r\nuser-agent: me/1\r\n'

test.each([
  ['http without a proxy', 'http', undefined, `GET /a?b=c HTTP/1.1\r\nhost: h:1\r\n${COMMON}`],
  ['https without a proxy', 'https', undefined, `GET /a?b=c HTTP/1.1\r\nhost: h:1\r\n${COMMON}`],
  // Behind a tunnel the proxy's password would go to the server.
  ['https behind a tunnel', 'https', PROXY, `GET /a?b=c HTTP/1.1\r\nhost: h:1\r\n${COMMON}`],
  [
    'http through a proxy',
    'http',
    PROXY,
    `GET http://h:1/a?b=c HTTP/1.1\r\nhost: h:1\r\n${COMMON}proxy-authorization: Basic x\r\n`,
  ],
  [
    'http through a proxy that wants no password',
    'http',
    { ...PROXY, authorization: '' },
    `GET http://h:1/a?b=c HTTP/1.1\r\nhost: h:1\r\n${COMMON}`,
  ],
])('formatFor() writes a request for %s', (_, scheme, proxy, expected) => {
  const request = { method: 'GET', headers: { a: 'b' }, userAgent: 'me/1', proxy } as const
  const bytes = formatFor(new URL(`${scheme}://h:1/a?b=c#d`), request)
  expect(new TextDecoder().decode(bytes)).toBe(`${expected}connection: close\r\n\r\n`)
})
