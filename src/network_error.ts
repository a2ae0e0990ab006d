import { codeOf } from './failure.ts'

/** The request that failed. */
export interface Attempt {
  readonly host: string
  readonly timeoutMs: number
  /** Name of the trust store, if TLS was asked for. */
  readonly trustedBy: string | undefined
  /** Name of the proxy in between, if any. */
  readonly proxy: string | undefined
}

/** What happened, in words of ours, and whether another attempt could end differently. */
export interface Problem {
  readonly code: 'unreachable' | 'bad_response'
  readonly problem: string
  readonly retryable: boolean
}

/** Words for Bun's error codes, for `H`, the host, or the proxy that stands in its place. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'H refused the connection'],
  ['ECONNRESET', 'H closed the connection before its answer was complete'],
  ['EHOSTUNREACH', 'there is no route to H'],
  ['ENETUNREACH', 'there is no route to H'],
  ['ENOTFOUND', 'the host name H does not exist'],
  ['EAI_AGAIN', 'the host name H cannot be looked up'],
  ['ESERVFAIL', 'the host name H cannot be looked up'],
  ['ETIMEOUT', 'the host name H cannot be looked up'],
  [
    'FailedToOpenSocket',
    'no connection to H can be opened; hint: is a certificate of the trust store damaged',
  ],
  ['EPROTO', 'the TLS handshake with H failed'],
  ['EBADMSG', 'H sent an answer that is not well-formed HTTP/1.1'],
  ['ENOLENGTH', 'H did not say how long its answer is'],
  ['EMSGSIZE', 'H sent an answer that is too large'],
  ['ERR_PROXY_TUNNEL', 'H refused to open a tunnel'],
  ['CERT_HAS_EXPIRED', 'the certificate of H has expired'],
  [
    'CERT_NOT_YET_VALID',
    'the certificate of H is not valid yet; hint: is the clock of this node right',
  ],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of H is for another host'],
])

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Something came back, but nothing that could be used. */
const WRONG_ANSWER: ReadonlySet<string> = new Set(['EBADMSG', 'ENOLENGTH', 'EMSGSIZE'])

const FINAL: ReadonlySet<string> = new Set(['ENOTFOUND', 'EMSGSIZE'])

/** Whether TLS failed because nobody that is trusted vouches for the server. */
export function isUntrusted(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'string' && UNTRUSTED.has(code)
}

/** Problems of the way to the proxy, where there is one, and not of the host behind it. */
const ON_THE_WAY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ESERVFAIL',
  'ETIMEOUT',
  'ERR_PROXY_TUNNEL',
])

/**
 * Why there is no answer. The runtime's own message is never used: it may quote the URL or the input.
 *
 * What no other attempt can mend: a host name that does not exist, and an answer that is too large.
 */
export function describeError(error: unknown, attempt: Attempt): Problem {
  const { host, timeoutMs, trustedBy, proxy } = attempt
  const via = proxy === undefined ? '' : ` through the proxy ${proxy}`
  if (error instanceof Error && error.name === 'TimeoutError') {
    return unreachable(`no answer from ${host}${via} in ${timeoutMs} ms`)
  }
  const code = codeOf(error)
  if (typeof code !== 'string' || !/^[A-Z][A-Za-z_]{2,40}$/.test(code)) {
    return unreachable(`the connection to ${host}${via} failed`)
  }
  if (UNTRUSTED.has(code)) {
    const store = trustedBy ?? 'the trust store'
    return unreachable(`the certificate of ${host} is not trusted by ${store}`)
  }
  const isProxy = proxy !== undefined && ON_THE_WAY.has(code)
  const words = WORDS.get(code)?.replace('H', isProxy ? `the proxy ${proxy}` : host)
  return {
    code: WRONG_ANSWER.has(code) ? 'bad_response' : 'unreachable',
    problem: words ?? `the connection to ${host}${via} failed (${code})`,
    retryable: !FINAL.has(code),
  }
}

function unreachable(problem: string): Problem {
  return { code: 'unreachable', problem, retryable: true }
}
