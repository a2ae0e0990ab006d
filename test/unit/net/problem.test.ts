import { expect, test } from 'bun:test'

import { describeError, isUntrusted, proxyFault, within } from '../../../src/net/problem.ts'

const coded = (code: unknown) => Object.assign(new Error('SECRET'), { code })

function describe(error: unknown, parts: { trustedBy?: string; proxy?: string } = {}) {
  return describeError(error, {
    host: 'h',
    timeoutMs: 1000,
    trustedBy: parts.trustedBy,
    proxy: parts.proxy,
  })
}

const WORDS = [
  ['ECONNREFUSED', 'H refused the connection'],
  ['EHOSTUNREACH', 'there is no route to H'],
  ['ENETUNREACH', 'there is no route to H'],
  ['ENOCONNECT', 'no connection to H in 4000 ms'],
  ['ENOHANDSHAKE', 'no answer from H to the TLS handshake in 4000 ms'],
  ['ECONNRESET', 'H closed the connection before its answer was complete'],
  ['EPROTO', 'the TLS handshake with H failed'],
  ['CERT_HAS_EXPIRED', 'the certificate of H has expired'],
  [
    'CERT_NOT_YET_VALID',
    'the certificate of H is not valid yet; hint: is the clock of this node right',
  ],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of H is for another host'],
  ['ERR_BORINGSSL', 'none of the certificates in the trust store can be read'],
] as const

const FINAL = [
  ['ENOTFOUND', 'the host name of H does not exist'],
  ['EAI_AGAIN', 'the host name of H cannot be looked up'],
  ['ELOOKUP', 'no answer from the DNS server for the host name of H'],
  ['ENOTIME', 'no time left to ask H'],
] as const

const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_PURPOSE',
]

const unreachable = (problem: string) =>
  ({ code: 'unreachable', problem, retryable: true }) as const

const final = (problem: string) => ({ ...unreachable(problem), retryable: false })

test.each(WORDS)('describeError() blames the host, or the proxy, for %s', (code, words) => {
  const ofHost = unreachable(words.replace('H', 'h'))
  expect(describe(coded(code))).toEqual(ofHost)
  // A server behind a proxy, and the proxy itself.
  expect(describe(coded(code), { proxy: 'p:1' })).toEqual(ofHost)
  expect(describe(proxyFault({ proxyError: coded(code) }), { proxy: 'p:1' })).toEqual(
    unreachable(words.replace('H', 'the proxy p:1')),
  )
})

test.each(FINAL)('describeError() knows that no other attempt can mend %s', (code, words) => {
  expect(describe(coded(code))).toEqual(final(words.replace('H', 'h')))
  expect(describe(proxyFault({ proxyError: coded(code) }), { proxy: 'p:1' })).toEqual(
    final(words.replace('H', 'the proxy p:1')),
  )
})

test('describeError() gives the status of a proxy that opens no tunnel', () => {
  expect(describe(proxyFault({ proxyStatus: 407 }), { proxy: 'p:1' })).toEqual(
    unreachable('the proxy p:1 answered HTTP status 407'),
  )
})

test('describeError() puts names into its words as they are', () => {
  const trustedBy = '"/$&/STORE"'
  expect(describe(coded('SELF_SIGNED_CERT_IN_CHAIN'), { trustedBy }).problem).toBe(
    'the certificate of h is not trusted by "/$&/STORE" (SELF_SIGNED_CERT_IN_CHAIN)',
  )
})

test('within() gives what comes in time, and an error with the code when it does not', async () => {
  expect(await within(1000, Promise.resolve('x'), 'ENOANSWER')).toBe('x')
  const late = within(5, new Promise(() => undefined), 'ELOOKUP')
  expect(await late.catch((error: unknown) => error)).toMatchObject({ code: 'ELOOKUP' })
})

test('describeError() knows what was an answer', () => {
  expect(describe(coded('EBADMSG'))).toEqual({
    code: 'bad_response',
    problem: 'h sent an answer that is not well-formed HTTP/1.1',
    retryable: true,
  })
  expect(describe(coded('ENOLENGTH'))).toEqual({
    code: 'bad_response',
    problem: 'h did not say how long its answer is',
    retryable: true,
  })
  expect(describe(coded('ECOMPRESSED'))).toEqual({
    code: 'bad_response',
    problem: 'h sent a compressed answer',
    retryable: false,
  })
  expect(describe(coded('EMSGSIZE'))).toEqual({
    code: 'bad_response',
    problem: 'h sent an answer that is too large',
    retryable: false,
  })
})

test.each(UNTRUSTED)('describeError() names the store that does not vouch: %s', (code) => {
  expect(isUntrusted(coded(code))).toBe(true)
  expect(describe(coded(code), { trustedBy: '"/ca.pem"' })).toEqual(
    unreachable(`the certificate of h is not trusted by "/ca.pem" (${code})`),
  )
  expect(describe(coded(code)).problem).toBe(
    `the certificate of h is not trusted by the trust store (${code})`,
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
  expect(describe(error)).toEqual(unreachable(`the connection to h failed${shown}`))
  expect(describe(error, { proxy: 'p' }).problem).toBe(
    `the connection to h through the proxy p failed${shown}`,
  )
})

test('describeError() says how long it waited, and through which proxy', () => {
  const error = coded('ENOANSWER')
  expect(describe(error)).toEqual(unreachable('no answer from h in 1000 ms'))
  expect(describe(error, { proxy: 'p' }).problem).toBe(
    'no answer from h through the proxy p in 1000 ms',
  )
})
