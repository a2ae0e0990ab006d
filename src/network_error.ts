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
 * Why `fetch` failed. Bun's own message is never used: it may quote the URL or the input.
 *
 * A host name that does not exist is the only failure that no other attempt can mend.
 */
export function describeError(error: unknown, attempt: Attempt): Problem {
  const { host, timeoutMs, trustedBy, proxy } = attempt
  const via = proxy === undefined ? '' : ` through the proxy ${proxy}`
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { problem: `no answer from ${host}${via} in ${timeoutMs} ms`, retryable: true }
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string' || !/^[A-Z][A-Za-z_]{2,40}$/.test(code)) {
    return { problem: `the connection to ${host}${via} failed`, retryable: true }
  }
  if (UNTRUSTED.has(code)) {
    const store = trustedBy ?? 'the trust store'
    return { problem: `the certificate of ${host} is not trusted by ${store}`, retryable: true }
  }
  const isProxy = proxy !== undefined && ON_THE_WAY.has(code)
  const words = WORDS.get(code)?.replace('H', isProxy ? `the proxy ${proxy}` : host)
  const problem = words ?? `the connection to ${host}${via} failed (${code})`
  return { problem, retryable: code !== 'ENOTFOUND' }
}
