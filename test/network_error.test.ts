import { expect, test } from 'bun:test'

import { describeError, isUntrusted } from '../src/network_error.ts'

const coded = (code: unknown) => Object.assign(new Error('SECRET'), { code })

function describe(error: unknown, parts: { trustedBy?: string; proxy?: string } = {}) {
  return describeError(error, {
    host: 'h',
    timeoutMs: 1000,
    trustedBy: parts.trustedBy,
    proxy: parts.proxy,
  })
}

const ON_THE_WAY = [
  ['ECONNREFUSED', 'H refused the connection'],
  ['EHOSTUNREACH', 'there is no route to H'],
  ['ENETUNREACH', 'there is no route to H'],
  ['EAI_AGAIN', 'the host name H cannot be looked up'],
  ['ESERVFAIL', 'the host name H cannot be looked up'],
  ['ETIMEOUT', 'the host name H cannot be looked up'],
  ['ERR_PROXY_TUNNEL', 'H refused to open a tunnel'],
] as const

const BEHIND = [
  ['ECONNRESET', 'h closed the connection before its answer was complete'],
  [
    'FailedToOpenSocket',
    'no connection to h can be opened; hint: is a certificate of the trust store damaged',
  ],
  ['EPROTO', 'the TLS handshake with h failed'],
  ['CERT_HAS_EXPIRED', 'the certificate of h has expired'],
  [
    'CERT_NOT_YET_VALID',
    'the certificate of h is not valid yet; hint: is the clock of this node right',
  ],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of h is for another host'],
] as const

const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

const unreachable = (problem: string) =>
  ({ code: 'unreachable', problem, retryable: true }) as const

test.each(ON_THE_WAY)('describeError() blames whoever is next for %s', (code, words) => {
  expect(describe(coded(code))).toEqual(unreachable(words.replace('H', 'h')))
  expect(describe(coded(code), { proxy: 'p:1' })).toEqual(
    unreachable(words.replace('H', 'the proxy p:1')),
  )
})

test.each(BEHIND)('describeError() blames the host for %s', (code, words) => {
  expect(describe(coded(code))).toEqual(unreachable(words))
  expect(describe(coded(code), { proxy: 'p:1' })).toEqual(unreachable(words))
})

test('describeError() knows what no other attempt can mend, and what was an answer', () => {
  expect(describe(coded('ENOTFOUND'))).toEqual({
    code: 'unreachable',
    problem: 'the host name h does not exist',
    retryable: false,
  })
  expect(describe(coded('ENOTFOUND'), { proxy: 'p' }).problem).toBe(
    'the host name the proxy p does not exist',
  )
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
  expect(describe(coded('EMSGSIZE'))).toEqual({
    code: 'bad_response',
    problem: 'h sent an answer that is too large',
    retryable: false,
  })
})

test.each(UNTRUSTED)('describeError() names the store that does not vouch: %s', (code) => {
  expect(isUntrusted(coded(code))).toBe(true)
  expect(describe(coded(code), { trustedBy: '"/ca.pem"' })).toEqual(
    unreachable('the certificate of h is not trusted by "/ca.pem"'),
  )
  expect(describe(coded(code)).problem).toBe(
    'the certificate of h is not trusted by the trust store',
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
  expect(isUntrusted(error)).toBe(false)
})

test('describeError() says how long it waited, and through which proxy', () => {
  const error = Object.assign(new Error('SECRET'), { name: 'TimeoutError' })
  expect(describe(error)).toEqual(unreachable('no answer from h in 1000 ms'))
  expect(describe(error, { proxy: 'p' }).problem).toBe(
    'no answer from h through the proxy p in 1000 ms',
  )
})
