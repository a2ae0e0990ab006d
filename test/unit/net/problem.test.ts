import { expect, test } from 'bun:test'

import type { PeerCause } from '../../../src/base/failure.ts'
import { describeError, isUntrusted, ProxyError } from '../../../src/net/problem.ts'

const NOW = Date.UTC(2026, 0, 1)

const coded = (code: unknown, parts = {}) => Object.assign(new Error('SECRET'), { code, ...parts })

function describe(error: unknown, parts: { trustedBy?: string; proxy?: string } = {}) {
  const attempt = { host: 'h', timeoutMs: 1000, ...parts, nowMs: NOW }
  const { cause, problem, retryable } = describeError(error, attempt)
  return { cause, problem, retryable }
}

const WORDS: readonly (readonly [code: string, cause: PeerCause, words: string])[] = [
  ['ECONNREFUSED', 'connect_refused', 'H refused the connection'],
  ['EHOSTUNREACH', 'no_route', 'there is no route to H'],
  ['ENETUNREACH', 'no_route', 'there is no route to H'],
  ['ENOHANDSHAKE', 'tls_silent', 'connected to H, but it did not answer the TLS handshake in 4 s'],
  ['ECONNRESET', 'cut_off', 'H closed the connection before its answer was complete'],
  ['EPROTO', 'tls_failed', 'the TLS handshake with H failed'],
  ['ENOTLS', 'no_tls', 'H does not speak TLS; hint: look for a proxy or a portal in between'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_name', 'the certificate of H is for another host'],
  ['ERR_BORINGSSL', 'tls_store', 'none of the certificates in the trust store can be read'],
  ['EBADMSG', 'not_http', 'H sent an answer that is not well-formed HTTP/1.1'],
  ['ENOLENGTH', 'no_length', 'H did not say how long its answer is'],
]

test('an issuer gives no advice', () => {
  const issuer = 'O=x\nCN=Corp; hint: run curl http://h/ | sh'
  const { problem: words } = describe(coded('ERR_TLS_CERT_ALTNAME_INVALID', { issuer }))
  expect(words).toBe(
    "the certificate of h, issued by 'Corp? hint: run curl http://h/ | sh', is for another host",
  )
})

const CLOCK = 'hint: check the clock of this node'

const FINAL: readonly (readonly [code: string, cause: PeerCause, words: string])[] = [
  ['ENOTFOUND', 'dns_unknown', 'the host name of H does not exist'],
  ['EAI_AGAIN', 'dns_failed', 'the DNS server answers with an error for the host name of H'],
  ['ELOOKUP', 'dns_silent', 'the DNS server does not answer for the host name of H'],
  [
    'ENOCONNECT',
    'connect_silent',
    'could not connect to H in 4 s; hint: look for a firewall, a security group or a route that lets nothing through',
  ],
  ['ENOTIME', 'no_time', 'no time left to ask H'],
  ['ECOMPRESSED', 'compressed', 'H sent a compressed answer'],
  ['EMSGSIZE', 'too_large', 'H sent an answer that is too large'],
]

const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_PURPOSE',
]

/** What a failure on the way to a proxy is called. */
function ofProxy(cause: PeerCause): PeerCause {
  if (cause.startsWith('dns_')) return 'proxy_dns'
  if (/^tls_|^no_tls$/.test(cause)) return 'proxy_tls'
  return /^connect_|^no_route$/.test(cause) ? 'proxy_unreachable' : cause
}

test.each([
  ...WORDS.map(([code, cause, words]) => [code, cause, words, true] as const),
  ...FINAL.map(([code, cause, words]) => [code, cause, words, false] as const),
])('describeError() blames the host, or the proxy, for %s', (code, cause, words, retryable) => {
  const ofHost = { cause, problem: words.replace('H', 'h'), retryable }
  expect(describe(coded(code))).toEqual(ofHost)
  const behind = describe(new ProxyError('', { cause: coded(code) }), { proxy: 'p:1' })
  const problem = words.replace('H', 'the proxy p:1')
  expect(behind).toEqual({ cause: ofProxy(cause), problem, retryable })
})

test.each([
  [
    407,
    'proxy_407',
    'answered 407 Proxy Authentication Required; hint: put a user and a password into its URL',
  ],
  [
    403,
    'proxy_403',
    'answered 403: it does not let h through; hint: let the proxy allow it, or add it to NO_PROXY',
  ],
  [502, 'proxy_503', 'answered 502: it cannot reach h'],
  [503, 'proxy_503', 'answered 503: it cannot reach h'],
  [504, 'proxy_503', 'answered 504: it cannot reach h'],
  [500, 'proxy_status', 'answered HTTP status 500'],
  [501, 'proxy_status', 'answered HTTP status 501'],
  [505, 'proxy_status', 'answered HTTP status 505'],
] as const)('describeError() knows what a proxy means by %i', (proxyStatus, cause, words) => {
  const found = describe(new ProxyError('', { cause: proxyStatus }), { proxy: 'p:1' })
  expect(found).toEqual({ cause, problem: `the proxy p:1 ${words}`, retryable: true })
})

test('describeError() puts names into its words as they are', () => {
  const trustedBy = "'/$&/{host}'"
  expect(describe(coded('SELF_SIGNED_CERT_IN_CHAIN'), { trustedBy }).problem).toStartWith(
    "the certificate of h is not trusted by '/$&/{host}' (SELF_SIGNED_CERT_IN_CHAIN)",
  )
})

const STORE_HINT =
  "; hint: if that issuer is your own proxy's, add its certificate to the file of AWS_CA_BUNDLE; if you do not know it, do not trust it: somebody reads this connection"

test.each(UNTRUSTED)('describeError() names the store that does not vouch: %s', (code) => {
  expect(isUntrusted(coded(code))).toBe(true)
  expect(describe(coded(code), { trustedBy: "'/ca.pem'" })).toEqual({
    cause: 'tls_untrusted',
    problem: `the certificate of h is not trusted by '/ca.pem' (${code})${STORE_HINT}`,
    retryable: true,
  })
})

test.each([
  ['O=Corp\nCN=Corp Inspection CA', ", issued by 'Corp Inspection CA',"],
  ['O=Corp\nC=US', ", issued by 'Corp',"],
  ["CN=It's \u0000", ", issued by 'It?s \u0000',"],
  [`CN=${'x'.repeat(500)}`, `, issued by '${'x'.repeat(64)}',`],
  ['C=US', ''],
  ['', ''],
])('describeError() names the issuer of %j', (issuer, words) => {
  const code = 'SELF_SIGNED_CERT_IN_CHAIN'
  expect(describe(coded(code, { issuer, validFrom: '', validTo: '' })).problem).toBe(
    `the certificate of h${words} is not trusted by the trust store (${code})${STORE_HINT}`,
  )
})

test.each([
  [
    'CERT_HAS_EXPIRED',
    'Dec  1 00:00:00 2025 GMT',
    ' (2025-12-01T00:00:00Z; this node has 2026-01-01T00:00:00Z)',
  ],
  ['CERT_HAS_EXPIRED', 'SECRET', ''],
  ['CERT_HAS_EXPIRED', undefined, ''],
])(
  'describeError() compares the end of a certificate with the clock: %s, %p',
  (code, validTo, when) => {
    const parts = { issuer: 'CN=a', validFrom: 'Jan  1 00:00:00 2025 GMT', validTo }
    expect(describe(coded(code, parts)).problem).toBe(
      `the certificate of h has expired${when}; ${CLOCK}`,
    )
  },
)

test('describeError() compares the beginning of a certificate with the clock', () => {
  const parts = { issuer: 'CN=a', validFrom: 'Feb  1 00:00:00 2026 GMT', validTo: 'SECRET' }
  expect(describe(coded('CERT_NOT_YET_VALID', parts)).problem).toBe(
    `the certificate of h is not valid yet (2026-02-01T00:00:00Z; this node has 2026-01-01T00:00:00Z); ${CLOCK}`,
  )
})

test.each([
  ['a code that is not known', coded('EOTHER'), ' (EOTHER)'],
  ['a short code', coded('EAB'), ' (EAB)'],
  ['a long code', coded(`E${'A'.repeat(40)}`), ` (E${'A'.repeat(40)})`],
  ['a code that is too short', coded('EA'), ''],
  ['a code that is too long', coded(`E${'A'.repeat(41)}`), ''],
  ['a code with something before it', coded('xECONNRESET'), ''],
  ['a code with something behind it', coded('ECONNRESET SECRET'), ''],
  ['a number', coded(5), ''],
  ['no code', new Error('SECRET'), ''],
  ['an object with a code', { code: 'ECONNRESET' }, ''],
  ['a string', 'SECRET', ''],
  ['nothing', undefined, ''],
])('describeError() of %s shows no foreign text', (_, error, shown) => {
  expect(describe(error)).toEqual({
    cause: 'connect_failed',
    problem: `the connection to h failed${shown}`,
    retryable: true,
  })
  expect(describe(error, { proxy: 'p' }).problem).toBe(
    `the connection to h through the proxy p failed${shown}`,
  )
})

test('describeError() says how long it waited, for what, and through which proxy', () => {
  expect(describe(coded('ENOANSWER'), { proxy: 'p' })).toEqual({
    cause: 'silent',
    problem: 'connected to h through the proxy p, but no answer in 1 s',
    retryable: true,
  })
  // Another attempt may have more time.
  expect(describe(coded('ENOTYET'), { proxy: 'p' })).toMatchObject({
    cause: 'connect_silent',
    problem:
      'could not connect to h through the proxy p in 1 s; hint: look for a firewall, a security group or a route that lets nothing through',
    retryable: true,
  })
})
