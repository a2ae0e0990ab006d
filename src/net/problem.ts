import { coded, codeOf } from '../base/failure.ts'

/** The request that failed. */
export interface Attempt {
  readonly host: string
  readonly timeoutMs: number
  /** Name of the trust store, if TLS was asked for. */
  readonly trustedBy: string | undefined
  /** Name of the proxy in between, if any. */
  readonly proxy: string | undefined
}

/** Why there is no answer that could be used. */
export interface Problem {
  readonly code: 'unreachable' | 'bad_response'
  /** In this program's own words, for the error line; names the host. */
  readonly problem: string
  /** Whether another attempt could end differently. */
  readonly retryable: boolean
}

/** What one error code means. */
interface Meaning {
  /** `H` stands for the host, or for the proxy where the failure is the proxy's. */
  readonly words: string
  /** No other attempt can end differently. */
  readonly isFinal?: boolean
  /** Something came back, but nothing that could be used. */
  readonly isAnswer?: boolean
}

const UNKNOWN_NAME: Meaning = { words: 'the host name of H cannot be looked up', isFinal: true }
const NO_ROUTE: Meaning = { words: 'there is no route to H' }

/** By the runtime's codes, and those of {@link broken}. */
const MEANINGS = {
  ENOTFOUND: { words: 'the host name of H does not exist', isFinal: true },
  // Final, since the name has been looked up again and again by then.
  EAI_AGAIN: UNKNOWN_NAME,
  ELOOKUP: { words: 'no answer from the DNS server for the host name of H', isFinal: true },
  ECONNREFUSED: { words: 'H refused the connection' },
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ENOCONNECT: { words: 'no connection to H in 4000 ms' },
  ENOHANDSHAKE: { words: 'no answer from H to the TLS handshake in 4000 ms' },
  ECONNRESET: { words: 'H closed the connection before its answer was complete' },
  EPROTO: { words: 'the TLS handshake with H failed' },
  EBADMSG: { words: 'H sent an answer that is not well-formed HTTP/1.1', isAnswer: true },
  ENOLENGTH: { words: 'H did not say how long its answer is', isAnswer: true },
  ECOMPRESSED: { words: 'H sent a compressed answer', isAnswer: true, isFinal: true },
  ENOTIME: { words: 'no time left to ask H', isFinal: true },
  EMSGSIZE: { words: 'H sent an answer that is too large', isAnswer: true, isFinal: true },
  CERT_HAS_EXPIRED: { words: 'the certificate of H has expired' },
  CERT_NOT_YET_VALID: {
    words: 'the certificate of H is not valid yet; hint: is the clock of this node right',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: { words: 'the certificate of H is for another host' },
  ERR_BORINGSSL: { words: 'none of the certificates in STORE can be read' },
} satisfies Readonly<Record<string, Meaning>>

const BY_CODE: ReadonlyMap<string, Meaning> = new Map<string, Meaning>(Object.entries(MEANINGS))

/** Codes that this program gives to errors of its own. */
export type BrokenCode = keyof typeof MEANINGS | 'ENOANSWER'

/** An error for what the runtime has none for, with a `code` as its own errors have. */
export function broken(code: BrokenCode): Error {
  return coded(code)
}

/** What a promise gives. @throws also an error with the code, when it takes longer than `ms` milliseconds. */
export async function within<T>(ms: number, promise: Promise<T>, code: BrokenCode): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  AbortSignal.timeout(ms).addEventListener('abort', () => reject(broken(code)))
  return Promise.race([promise, late])
}

/** The proxy is to blame, not the server behind it. */
interface ProxyError extends Error {
  /** What failed on the way to the proxy. */
  readonly proxyError?: unknown
  /** Or the status with which it refused to open a tunnel. */
  readonly proxyStatus?: number
}

/** The error for a proxy that cannot be used, or refuses. */
export function proxyFault(fault: Omit<ProxyError, keyof Error>): Error {
  return Object.assign(new Error('proxy'), fault)
}

/** Whether TLS has refused a certificate: the system's own codes, for a connection that broke, have no underscore. */
export function isUntrusted(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'string' && code.includes('_')
}

/** Why there is no answer. The runtime's own message is never used: it may quote the URL or the input. */
export function describeError(error: unknown, attempt: Attempt): Problem {
  const { host, timeoutMs, trustedBy = 'the trust store', proxy } = attempt
  const via = proxy === undefined ? '' : ` through the proxy ${proxy}`
  if (isProxyError(error)) {
    const name = `the proxy ${proxy ?? ''}`
    if (error.proxyStatus === undefined) {
      return describeError(error.proxyError, { ...attempt, host: name, proxy: undefined })
    }
    return unreachable(`${name} answered HTTP status ${error.proxyStatus}`)
  }
  const code = codeOf(error)
  if (code === 'ENOANSWER') return unreachable(`no answer from ${host}${via} in ${timeoutMs} ms`)
  if (typeof code !== 'string' || !/^[A-Z][A-Za-z_]{2,40}$/.test(code)) {
    return unreachable(`the connection to ${host}${via} failed`)
  }
  const {
    words,
    isFinal = false,
    isAnswer = false,
  } = BY_CODE.get(code) ?? {
    words: isUntrusted(error)
      ? `the certificate of H is not trusted by STORE (${code})`
      : `the connection to H${via} failed (${code})`,
  }
  return {
    code: isAnswer ? 'bad_response' : 'unreachable',
    problem: words.replace('H', () => host).replace('STORE', () => trustedBy),
    retryable: !isFinal,
  }
}

function isProxyError(error: unknown): error is ProxyError {
  return error instanceof Error && ('proxyError' in error || 'proxyStatus' in error)
}

function unreachable(problem: string): Problem {
  return { code: 'unreachable', problem, retryable: true }
}
