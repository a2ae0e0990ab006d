import { expect, test } from 'bun:test'

import { codeOf } from '../../../src/base/failure.ts'
import type { Connection } from '../../../src/base/system.ts'
import {
  exchange,
  formatConnect,
  formatRequest,
  formatUserAgent,
  type HttpRequest,
  within,
} from '../../../src/net/exchange.ts'
import { answering } from '../../support/system.ts'

const NOTHING = new Uint8Array()

test('within() gives what comes in time, and an error with the code when it does not', async () => {
  expect(await within(1000, Promise.resolve('x'), () => 'ENOANSWER')).toBe('x')
  const late = within(5, new Promise(() => undefined), () => 'ELOOKUP')
  expect(await late.catch((error: unknown) => error)).toMatchObject({ code: 'ELOOKUP' })
})

/** A connection that answers, or does what `sendAndParse` does, and whether it has been closed. */
function opened(parts: Partial<Connection> = {}) {
  let isClosed = false
  const close = () => {
    isClosed = true
  }
  return { connection: { ...answering('x'), ...parts, close }, isClosed: () => isClosed }
}

test('exchange() gives the answer, and closes the connection', async () => {
  const { connection, isClosed } = opened()
  const { status, body } = await exchange(Promise.resolve(connection), NOTHING, 1000, NOT_YET)
  expect([status, new TextDecoder().decode(body), isClosed()]).toEqual([200, 'x', true])
})

const NOT_YET = () => 'ENOTYET' as const

const failing = async () => Promise.reject(Object.assign(new Error('x'), { code: 'EPROTO' }))
const silent = async () => new Promise<never>(() => undefined)

test.each([
  ['fails', failing, 1000, 'EPROTO'],
  ['does not answer', silent, 1, 'ENOANSWER'],
])('exchange() closes a connection that %s', async (_, ask, timeoutMs, code) => {
  const { connection, isClosed } = opened({ sendAndParse: ask })
  const asked = exchange(Promise.resolve(connection), NOTHING, timeoutMs, NOT_YET).catch(codeOf)
  expect([await asked, isClosed()]).toEqual([code, true])
})

test('exchange() closes a connection that opens when nobody waits any more', async () => {
  const { connection, isClosed } = opened()
  const { promise, resolve } = Promise.withResolvers<Connection>()
  expect(await exchange(promise, NOTHING, 1, NOT_YET).catch(codeOf)).toBe('ENOTYET')
  expect(isClosed()).toBe(false)
  resolve(connection)
  await promise
  expect(isClosed()).toBe(true)
})

test('exchange() fails as the connection does', async () => {
  expect(await exchange(failing(), NOTHING, 1000, NOT_YET).catch(codeOf)).toBe('EPROTO')
})

const PROXY = { url: new URL('http://p:1/'), authorization: 'Basic x', name: 'p:1' }
/** A GET, but for these parts. */
function requestOf(parts: Partial<HttpRequest>): HttpRequest {
  return { method: 'GET', url: 'http://h/a', headers: {}, timeoutMs: 1000, ...parts }
}

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
])('formatRequest() writes a request for %s', (_, scheme, proxy, expected) => {
  const request = requestOf({ url: `${scheme}://h:1/a?b=c#d`, headers: { a: 'b' } })
  const bytes = formatRequest(request, 'me/1', proxy)
  expect(new TextDecoder().decode(bytes)).toBe(`${expected}connection: close\r\n\r\n`)
})

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test.each([
  [
    'GET',
    undefined,
    'GET /a HTTP/1.1\r\nhost: h\r\naccept-encoding: identity\r\nuser-agent: me/1\r\nconnection: close\r\n\r\n',
  ],
  [
    'PUT',
    undefined,
    'PUT /a HTTP/1.1\r\nhost: h\r\naccept-encoding: identity\r\nuser-agent: me/1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  ],
  [
    'POST',
    'ä',
    'POST /a HTTP/1.1\r\nhost: h\r\naccept-encoding: identity\r\nuser-agent: me/1\r\nconnection: close\r\ncontent-length: 2\r\n\r\nä',
  ],
] as const)('formatRequest() writes a %s with the body %j', (method, body, expected) => {
  const request = requestOf({ method, ...(body === undefined ? {} : { body }) })
  expect(text(formatRequest(request, 'me/1', undefined))).toBe(expected)
})

test.each([
  ['', 'CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n'],
  ['Basic x', 'CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\nproxy-authorization: Basic x\r\n\r\n'],
])('formatConnect() asks for a tunnel with the authorization %j', (authorization, expected) => {
  expect(text(formatConnect('h:443', { ...PROXY, authorization }))).toBe(expected)
})

test.each(['a\r\nb: c', 'a\nb', 'a\rb', 'ä', '\0', '\x7f'])('no header has %j in it', (value) => {
  const code = { code: 'EINVAL' }
  const request = requestOf({ headers: { a: value } })
  const proxy = { ...PROXY, authorization: value }
  expect(() => formatRequest(request, 'me/1', undefined)).toThrow(expect.objectContaining(code))
  expect(() => formatConnect('h:443', proxy)).toThrow(expect.objectContaining(code))
})

test.each([
  [undefined, 'p/1'],
  ['app', 'p/1 app/app'],
  ['my app/1', 'p/1 app/my-app-1'],
  ['a\r\nb(ä)', 'p/1 app/a--b---'],
  ["!#$%&'*+.^_`|~-", "p/1 app/!#$%&'*+.^_`|~-"],
])('formatUserAgent() writes the ID %j as %j', (appId, expected) => {
  expect(formatUserAgent('p/1', appId)).toBe(expected)
})
