import { expect, test } from 'bun:test'

import { formatConnect, formatRequest, formatUserAgent } from '../../../src/net/request.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test.each([
  ['GET', undefined, 'GET /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n'],
  [
    'PUT',
    undefined,
    'PUT /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
  ],
  ['POST', 'ä', 'POST /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 2\r\n\r\nä'],
] as const)('formatRequest() writes a %s with the body %j', (method, body, expected) => {
  const headers = { host: 'h' }
  const request = body === undefined ? { method, headers } : { method, headers, body }
  expect(text(formatRequest('/a', request))).toBe(expected)
})

test.each([
  ['', 'CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n'],
  ['Basic x', 'CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\nproxy-authorization: Basic x\r\n\r\n'],
])('formatConnect() asks for a tunnel with the authorization %j', (authorization, expected) => {
  expect(text(formatConnect('h:443', authorization))).toBe(expected)
})

test.each(['a\r\nb: c', 'a\nb', 'a\rb', 'ä', '\0', '\x7f'])('no header has %j in it', (value) => {
  const code = { code: 'EINVAL' }
  const headers = { a: value }
  expect(() => formatRequest('/', { method: 'GET', headers })).toThrow(
    expect.objectContaining(code),
  )
  expect(() => formatConnect('h:443', value)).toThrow(expect.objectContaining(code))
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
