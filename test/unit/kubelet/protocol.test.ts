import { expect, test } from 'bun:test'

import { MAX_LIFE_MS } from '../../../src/ecr/token.ts'
import { cacheDuration, formatResponse, parseRequest } from '../../../src/kubelet/protocol.ts'
import { expectFailure } from '../../support/failures.ts'
import messages from '../../vectors/kubelet/messages.json'

const bytes = (text: string) => new TextEncoder().encode(text)
const V1 = 'credentialprovider.kubelet.k8s.io/v1'

function request(fields: Readonly<Record<string, unknown>>): Uint8Array {
  const whole = {
    kind: 'CredentialProviderRequest',
    apiVersion: V1,
    image: 'host/image',
    ...fields,
  }
  return bytes(JSON.stringify(whole))
}

/** A request with blanks behind it, so many bytes in all. */
function padded(size: number): Uint8Array {
  const whole = new Uint8Array(size).fill(0x20)
  whole.set(request({}))
  return whole
}

test.each(messages.requests)('parseRequest() reads what a kubelet sends: $name', ({ stdin }) => {
  expect(parseRequest(bytes(stdin)).image).not.toBe('')
})

test.each([V1, `${V1}beta1`, `${V1}alpha1`])('parseRequest() accepts %s', (apiVersion) => {
  expect(parseRequest(request({ apiVersion }))).toMatchObject({ apiVersion, image: 'host/image' })
})

test('parseRequest() lets unknown fields pass', () => {
  expect(parseRequest(request({ futureField: { a: [1] } })).image).toBe('host/image')
})

test.each([
  ['nothing', bytes('')],
  ['white space', bytes(' \n')],
  ['text', bytes('SECRET')],
  ['half a document', bytes('{"kind":"Cred')],
  ['two documents', new Uint8Array([...request({}), ...request({})])],
  ['a byte order mark', new Uint8Array([0xef, 0xbb, 0xbf, ...request({})])],
  ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ['null', bytes('null')],
  ['an array', bytes('[]')],
  ['a string', bytes('"SECRET"')],
  ['no kind', request({ kind: undefined })],
  ['another kind', request({ kind: 'SECRET' })],
  ['kind in lower case', request({ kind: 'credentialproviderrequest' })],
  ['no apiVersion', request({ apiVersion: undefined })],
  ['another apiVersion', request({ apiVersion: 'SECRET/v2' })],
  ['a number as apiVersion', request({ apiVersion: 1 })],
  ['no image', request({ image: undefined })],
  ['an empty image', request({ image: '' })],
  ['a null image', request({ image: null })],
  ['an image that is no string', request({ image: ['SECRET'] })],
  [
    'a prototype name instead of fields',
    bytes('{"__proto__":{"kind":"CredentialProviderRequest"}}'),
  ],
  ['too many bytes', padded(1_048_577)],
])('parseRequest() refuses %s', (_, input) => {
  const message = expectFailure(['request_empty', 'request_form'], () => parseRequest(input))
  expect(message).not.toContain('SECRET')
})

test('parseRequest() refuses a field that is not UTF-8, in a document that otherwise fits', () => {
  const text = new TextDecoder('latin1').decode(request({ image: 'host/\u00e9' }))
  const broken = Uint8Array.from(text.replace('\u00c3\u00a9', '\u00e9'), (character) =>
    character.charCodeAt(0),
  )
  expect(broken).toContain(0xe9)
  expectFailure('request_form', () => parseRequest(broken))
})

test('parseRequest() takes as many bytes as it allows', () => {
  expect(parseRequest(padded(1_048_576)).image).toBe('host/image')
})

test.each([
  ['nothing', bytes(''), 'it is empty; hint: the kubelet writes it, see --help'],
  ['too much', padded(1_048_577), 'it is larger than 1048576 bytes'],
  ['half a document', bytes('{'), 'it is not valid JSON'],
])('parseRequest() says what is wrong with %s', (_, input, reason) => {
  const message = expectFailure(['request_empty', 'request_form'], () => parseRequest(input))
  expect(message).toBe(`cannot use the request on stdin: ${reason}`)
})

test('parseRequest() has an empty token where there is none', () => {
  expect(parseRequest(request({})).serviceAccountToken).toBe('')
})

test('parseRequest() names the field and what it expects there', () => {
  expect(
    expectFailure('request_form', () => parseRequest(request({ image: undefined }))),
  ).toContain("'image' is missing")
  expect(expectFailure('request_form', () => parseRequest(request({ image: '' })))).toContain(
    "'image' is empty",
  )
  expect(expectFailure('request_form', () => parseRequest(request({ apiVersion: 'x' })))).toContain(
    `${V1}beta1`,
  )
})

test.each([
  [12 * 3600 * 1000, '21600s'],
  [12 * 3600 * 1000 - 1, '21599s'],
  [3999, '1s'],
  [2000, '1s'],
  [1999, '0s'],
  [0, '0s'],
])('cacheDuration() of a token that lives for %d ms is %p', (lifeMs, expected) => {
  expect(cacheDuration(lifeMs)).toBe(expected)
})

test('no life longer than twelve hours is counted on', () => {
  expect(MAX_LIFE_MS).toBe(43_200_000)
})

test('formatResponse() is one line of JSON with the fields that the kubelet knows', () => {
  const token = { username: 'AWS', password: 'p"\n', lifeMs: 60_000 }
  const text = formatResponse('credentialprovider.kubelet.k8s.io/v1beta1', 'HOST:443', token)
  expect(text).toBe(
    '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","cacheKeyType":"Registry","cacheDuration":"30s","auth":{"HOST:443":{"username":"AWS","password":"p\\"\\n"}}}\n',
  )
})
