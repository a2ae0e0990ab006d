import type { Fault } from '../../world/faults.ts'
import { cross, type Expected, WAYS } from './matrix.ts'

// Every step of the network, times every fault of its answer, at the first and at every attempt: the run answers rightly, or
// ends by itself with the exit code 1, one line and an empty stdout (`play` sees to all of that). What goes wrong before
// anything is asked is in connection_faults.test.ts.

type Faults = Readonly<Record<string, Fault | readonly Fault[]>>

const ok = (body: string): Fault => ({ kind: 'answer', status: 200, body })
const raw = (bytes: string): Fault => ({ kind: 'raw', bytes: Buffer.from(bytes, 'latin1') })
const extra = (headers: Readonly<Record<string, string | undefined>>): Fault => ({
  kind: 'headers',
  headers,
})
const many = (count: number, length: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, 'x'.repeat(length)]))
const deep = '['.repeat(50_000) + ']'.repeat(50_000)

/** What another attempt mends. */
const PASSING: Faults = {
  reset: { kind: 'reset' },
  'reset after headers': { kind: 'reset-after-headers' },
  close: { kind: 'close' },
  truncated: { kind: 'truncate' },
  'truncated in chunks': [{ kind: 'chunked', bytes: 7 }, { kind: 'truncate' }],
  'not HTTP': raw('SSH-2.0-x\r\n\r\n'),
  'no length': extra({ 'Content-Length': undefined }),
  'two lengths': extra({ 'content-length': '5' }),
  'a length and chunks': [{ kind: 'chunked', bytes: 7 }, extra({ 'Content-Length': '5' })],
  'an unknown coding': [
    { kind: 'chunked', bytes: 7 },
    extra({ 'Transfer-Encoding': 'gzip, chunked' }),
  ],
  'longer than its length': extra({ 'Content-Length': '5' }),
  'another answer after it': { kind: 'appendix', bytes: 'HTTP/1.1 200 OK\r\n\r\n' },
  'folded header': extra({ 'X-Folded': 'a\r\n b' }),
  '500': { kind: 'answer', status: 500, body: '<html>' },
  '503': { kind: 'answer', status: 503, body: '' },
}

/** What is wrong for good, whoever asks again: complete, and no answer to the question. */
const FINAL: Faults = {
  'deep JSON': ok(deep),
  'deep XML': ok('<a>'.repeat(50_000)),
  'document type': ok('<!DOCTYPE a [<!ENTITY b "sentinel-body">]><a>&b;</a>'),
  'invalid UTF-8': raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe'),
  'no body': raw('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
}

/** Final by their status: a redirect is not followed, so its status is what the line names. */
const STATUS: Faults = {
  redirect: { kind: 'redirect', location: 'http://127.0.0.1:1/sentinel-body' },
  'redirect with 301': {
    kind: 'redirect',
    location: 'http://127.0.0.1:1/sentinel-body',
    status: 301,
  },
  '204': raw('HTTP/1.1 204 No Content\r\n\r\n'),
  '400': { kind: 'answer', status: 400, body: '' },
}

/** Never asked for. */
const COMPRESSED: Faults = { compressed: { kind: 'gzip' } }

/** Final as well, but a line of visible ASCII: whatever stands in it, that could be a session token of IMDS. */
const LIKE_A_TOKEN: Faults = {
  HTML: ok('<html><p>sentinel-body</html>'),
  'JSON of another shape': ok('{"a":"sentinel-body"}'),
  null: ok('null'),
  'prototype names': ok('{"__proto__":{"AccessKeyId":"a"},"constructor":1}'),
}

/** Beyond the limits. */
const TOO_LARGE: Faults = {
  oversized: { kind: 'oversize', bytes: 400_000 },
  'oversized in chunks': [
    { kind: 'chunked', bytes: 1000 },
    { kind: 'oversize', bytes: 400_000 },
  ],
  'a header of 70 KiB': extra(many(1, 70 * 1024)),
  'headers of 70 KiB': extra(many(700, 100)),
  '100-continue without end': {
    kind: 'preface',
    bytes: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3000),
  },
}

/** What only the time ends. */
const HANGING: Faults = {
  hang: { kind: 'hang' },
  stall: { kind: 'stall' },
  'slow drip': { kind: 'drip', bytes: 1, everyMs: 200 },
}

/** What does no harm. */
const HARMLESS: Faults = {
  '100-continue': { kind: 'preface', bytes: 'HTTP/1.1 100 Continue\r\n\r\n' },
  chunked: { kind: 'chunked', bytes: 7 },
  'another content type': extra({ 'Content-Type': 'image/png' }),
  'a header of 32 KiB': extra(many(1, 32 * 1024)),
  'headers of 32 KiB': extra(many(320, 100)),
  // RFC 9110, 5.5: opaque, whatever it means to anybody.
  'a header beyond ASCII': extra({ 'X-Amzn-Note': 'Z\u00fcrich \u0080\u00ff' }),
  'a reason beyond ASCII': { kind: 'reason', text: 'D\u00e9j\u00e0 vu \u0080\u00ff' },
  'an interim answer beyond ASCII': {
    kind: 'preface',
    bytes: 'HTTP/1.1 103 D\u00e9j\u00e0 vu\r\nLink: \u00fc\r\n\r\n',
  },
  'a little late': { kind: 'delay', ms: 100 },
}

const MEMBER = /("\w+"):\s*("[^"]*"|[\d.]+)/g
const ELEMENT = /<(\w+)>([^<]+)<\/\1>/g

/** In JSON the last of two members of a name counts, and in an answer of STS each element must be there once. */
const TWICE_IN_JSON: Faults = {
  'every name twice': { kind: 'edit', pattern: MEMBER, replacement: '$1:"sentinel-body",$1:$2' },
}
const TWICE_IN_XML: Faults = {
  'every name twice': { kind: 'edit', pattern: ELEMENT, replacement: '$&<$1>sentinel-body</$1>' },
}
const SPOILT_IN_JSON: Faults = {
  'every name twice, then wrong': { kind: 'edit', pattern: MEMBER, replacement: '$1:$2,$1:{}' },
}
const SPOILT_IN_XML: Faults = {
  'every name twice, wrong at first': { kind: 'edit', pattern: ELEMENT, replacement: '<$1/>$&' },
}

const only = (wanted: (way: (typeof WAYS)[number]) => boolean) => WAYS.filter(wanted)
const JSON_WAYS = only(({ format }) => format === 'json')
const XML_WAYS = only(({ format }) => format === 'xml')

/** A refresh token works once: when the answer is lost after AWS has used it, somebody has to log in again. */
const USED_UP = only(({ step }) => step === 'oidc-token')
const MENDED = only(({ step }) => step !== 'oidc-token')

/** A session token that IMDS does not know is asked for anew. */
const RENEWED = only(({ step }) => step === 'imds-token')
const NOT_RENEWED = only(({ step }) => step !== 'imds-token')

const ANY_LINE = /^(?!.*internal error)/
const THRICE = /3 attempts|HTTP status 50[03]/
const NAMED = /HTTP status (204|301|307|400) /
const PACKED = /sent a compressed answer/
const LOGIN = /InvalidGrantException/
const LARGE = /sent an answer that is too large/
const SHAPE = /is not as documented/

const cells = (faults: Faults, expected: Expected) =>
  cross(faults, expected, ({ step }, fault, times) => ({ faults: [{ step, fault, times }] }))

export const CASES = [
  ...cells(PASSING, { times: 1, ways: MENDED }),
  ...cells(PASSING, { times: 1, ways: USED_UP, fails: LOGIN }),
  ...cells(PASSING, { fails: THRICE }),
  ...cells(FINAL, { times: 1, fails: ANY_LINE }),
  ...cells(FINAL, { fails: ANY_LINE }),
  ...cells(STATUS, { times: 1, fails: NAMED }),
  ...cells(STATUS, { fails: NAMED }),
  ...cells(COMPRESSED, { times: 1, fails: PACKED }),
  ...cells(COMPRESSED, { fails: PACKED }),
  ...cells(LIKE_A_TOKEN, { times: 1, ways: RENEWED }),
  ...cells(LIKE_A_TOKEN, { times: 1, ways: NOT_RENEWED, fails: ANY_LINE }),
  ...cells(LIKE_A_TOKEN, { fails: ANY_LINE }),
  ...cells(TOO_LARGE, { times: 1, fails: LARGE }),
  ...cells(TOO_LARGE, { fails: LARGE }),
  ...cells(HANGING, { times: 1, ways: MENDED }),
  ...cells(HANGING, { times: 1, ways: USED_UP, fails: LOGIN }),
  ...cells(HANGING, { fails: /but no answer in|no time left/, timeoutSeconds: 2 }),
  ...cells(HARMLESS, {}),
  ...cells(TWICE_IN_JSON, { ways: JSON_WAYS }),
  ...cells(TWICE_IN_XML, { ways: XML_WAYS, fails: SHAPE }),
  ...cells(SPOILT_IN_JSON, { ways: JSON_WAYS, fails: SHAPE }),
  ...cells(SPOILT_IN_XML, { ways: XML_WAYS, fails: SHAPE }),
]
