import { coded, codeOf, type PeerCause, type Problem, problem, quote } from '../base/failure.ts'

/** What an error is called in a line, by its code, of the runtime or of {@link broken}: where no other attempt can help. */
const FINAL = {
  // Names have been looked up again and again by then.
  ENOTFOUND: 'dns_unknown',
  EAI_AGAIN: 'dns_failed',
  ELOOKUP: 'dns_silent',
  ENOCONNECT: 'connect_silent',
  ECOMPRESSED: 'compressed',
  EMSGSIZE: 'too_large',
  ENOTIME: 'no_time',
} as const satisfies Readonly<Record<string, PeerCause>>

/** The same, where another attempt may help. */
const PASSING = {
  EHOSTUNREACH: 'no_route',
  ENETUNREACH: 'no_route',
  ECONNREFUSED: 'connect_refused',
  ENOTYET: 'connect_silent',
  ENOHANDSHAKE: 'tls_silent',
  ENOTSECURE: 'tls_silent',
  ENOTLS: 'no_tls',
  EPROTO: 'tls_failed',
  ENOANSWER: 'silent',
  ECONNRESET: 'cut_off',
  EBADMSG: 'not_http',
  ENOLENGTH: 'no_length',
  CERT_HAS_EXPIRED: 'tls_expired',
  CERT_NOT_YET_VALID: 'tls_not_yet_valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls_name',
  ERR_BORINGSSL: 'tls_store',
} as const satisfies Readonly<Record<string, PeerCause>>

const CAUSES = { ...FINAL, ...PASSING }
type NetCause = (typeof CAUSES)[BrokenCode] | 'tls_untrusted' | 'connect_failed'
const BY_CODE: ReadonlyMap<unknown, NetCause> = new Map<unknown, NetCause>(Object.entries(CAUSES))

/** The codes that have a cause of their own. */
export type BrokenCode = keyof typeof CAUSES

/** An error for what the runtime has none for. Takes only the codes that have words in a line. */
export const broken: (code: BrokenCode) => Error = coded

/** The proxy is to blame, not the server behind it. Its `cause` is what failed on the way to it, or the status of its refusal. */
export class ProxyError extends Error {}

/** Whether TLS has refused a certificate: the system's own codes, for a connection that broke, have no underscore. */
export function isUntrusted(error: unknown): boolean {
  return String(codeOf(error)).includes('_')
}

/** Longest wait for a TCP connection, and for a TLS handshake, in milliseconds: what is not there by then never comes. */
export const PHASE_MS = 4000

/** What was tried, as far as a line about it needs to know. */
interface Attempt {
  readonly host: string
  readonly timeoutMs: number
  /** Name of the trust store, if TLS was asked for. */
  readonly trustedBy?: string | undefined
  /** Name of the proxy in between, if any. */
  readonly proxy?: string | undefined
  /** The node's clock, in milliseconds since 1970. */
  readonly nowMs: number
}

/** Nothing usable came back, and why, in this program's own words. */
export interface NoAnswer extends Problem {
  readonly kind: 'no_answer'
  /** Whether another attempt could end differently. */
  readonly retryable: boolean
}

/** Why there is no answer. The runtime's own message is never used: it may quote the URL or the input. */
export function describeError(error: unknown, attempt: Attempt): NoAnswer {
  const { host, timeoutMs, trustedBy: store = 'the trust store', proxy } = attempt
  if (error instanceof ProxyError) return describeProxy(error.cause, attempt)
  const code = codeOf(error)
  const isCode = typeof code === 'string' && /^[A-Z][A-Za-z_]{2,40}$/.test(code)
  const cause =
    BY_CODE.get(code) ?? (isUntrusted(error) && isCode ? 'tls_untrusted' : 'connect_failed')
  const ms = code === 'ENOCONNECT' || code === 'ENOHANDSHAKE' ? PHASE_MS : timeoutMs
  const values = {
    host,
    store,
    via: proxy === undefined ? '' : ` through the proxy ${proxy}`,
    // A whole number of tenths, without a zero at its end.
    seconds: Math.round(ms / 100) / 10,
    code: isCode ? ` (${code})` : '',
    ...describeCertificate(error, attempt.nowMs),
  }
  return { kind: 'no_answer', ...problem(cause, values), retryable: !(isCode && code in FINAL) }
}

/** What is wrong with a proxy: on the way to it, or what it answers to CONNECT. */
function describeProxy(reason: unknown, attempt: Attempt): NoAnswer {
  const host = `the proxy ${attempt.proxy ?? ''}`
  if (typeof reason === 'number') {
    const values = { host, target: attempt.host, status: reason }
    return { kind: 'no_answer', ...problem(causeOfStatus(reason), values), retryable: true }
  }
  const found = describeError(reason, { ...attempt, host, proxy: undefined })
  return { ...found, cause: proxyCauseOf(found.cause) }
}

function causeOfStatus(status: number) {
  if (status === 407) return 'proxy_407'
  if (status === 403) return 'proxy_403'
  return status >= 502 && status <= 504 ? 'proxy_503' : 'proxy_status'
}

/** What a failure on the way to a proxy is called. */
function proxyCauseOf(cause: PeerCause): PeerCause {
  if (cause.startsWith('dns_')) return 'proxy_dns'
  if (cause.startsWith('tls_') || cause === 'no_tls') return 'proxy_tls'
  return cause.startsWith('connect_') || cause === 'no_route' ? 'proxy_unreachable' : cause
}

/** What a refused certificate says about itself: who has issued it, and from when or until when it is valid. */
function describeCertificate(error: unknown, nowMs: number) {
  const parts = new Map<string, unknown>(Object.entries(error instanceof Error ? error : {}))
  const issuer = issuerName(String(parts.get('issuer')))?.slice(0, MAX_ISSUER)
  const edge = parts.get(codeOf(error) === 'CERT_HAS_EXPIRED' ? 'validTo' : 'validFrom')
  const edgeMs = Date.parse(String(edge))
  return {
    issuer: issuer === undefined ? '' : `, issued by ${quote(issuer)},`,
    when: Number.isNaN(edgeMs) ? '' : ` (${timeOf(edgeMs)}; this node has ${timeOf(nowMs)})`,
  }
}

/** What people know an issuer by: of its distinguished name, one attribute a line, `CN=Corp Inspection CA`, else `O=Corp`. */
export function issuerName(names: string): string | undefined {
  return (/^CN=(.+)$/m.exec(names) ?? /^O=(.+)$/m.exec(names))?.[1]
}

/** Longer names of an issuer are cut, in characters. */
const MAX_ISSUER = 64

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.[0-9]+/, '')
}
