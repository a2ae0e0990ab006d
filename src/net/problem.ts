import { coded, codeOf, type PeerCause } from '../base/failure.ts'

/** What each code of the runtime, and of {@link broken}, is called in a line. */
export const CAUSES = {
  ENOTFOUND: 'dns_unknown',
  EAI_AGAIN: 'dns_failed',
  ELOOKUP: 'dns_silent',
  EHOSTUNREACH: 'no_route',
  ENETUNREACH: 'no_route',
  ECONNREFUSED: 'connect_refused',
  ENOCONNECT: 'connect_silent',
  ENOTYET: 'connect_silent',
  ENOHANDSHAKE: 'tls_silent',
  ENOTSECURE: 'tls_silent',
  ENOTLS: 'no_tls',
  EPROTO: 'tls_failed',
  ENOANSWER: 'silent',
  ECONNRESET: 'cut_off',
  EBADMSG: 'not_http',
  ENOLENGTH: 'no_length',
  ECOMPRESSED: 'compressed',
  EMSGSIZE: 'too_large',
  ENOTIME: 'no_time',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_name',
  ERR_BORINGSSL: 'tls_store',
} as const satisfies Readonly<Record<string, PeerCause>>

/** Codes that this program gives to errors of its own. */
export type BrokenCode = keyof typeof CAUSES

/** An error for what the runtime has none for, with a `code` as its own errors have. */
export function broken(code: BrokenCode): Error {
  return coded(code)
}

/** Longest wait for a TCP connection, and for a TLS handshake, in milliseconds: what is not there by then never comes. */
export const PHASE_MS = 4000

/** What a promise gives. @throws also an error with the code, when it takes longer than `ms` milliseconds. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
  code: () => BrokenCode,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  AbortSignal.timeout(ms).addEventListener('abort', () => reject(broken(code())))
  return Promise.race([promise, late])
}

/** The proxy is to blame, not the server behind it. */
export interface ProxyError extends Error {
  /** What failed on the way to the proxy. */
  readonly proxyError?: unknown
  /** Or the status with which it refused to open a tunnel. */
  readonly proxyStatus?: number
}

export function proxyFault(fault: Omit<ProxyError, keyof Error>): Error {
  return Object.assign(new Error('proxy'), fault)
}

/** Whether TLS has refused a certificate: the system's own codes, for a connection that broke, have no underscore. */
export function isUntrusted(error: unknown): boolean {
  const code = codeOf(error)
  return typeof code === 'string' && code.includes('_')
}
