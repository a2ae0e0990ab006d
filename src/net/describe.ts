import { codeOf, type PeerCause, type Problem, problem, quote } from '../base/failure.ts'
import { CAUSES, isUntrusted, PHASE_MS, type ProxyError } from './problem.ts'

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

type NetCause = (typeof CAUSES)[keyof typeof CAUSES] | 'tls_untrusted' | 'connect_failed'
const BY_CODE: ReadonlyMap<unknown, NetCause> = new Map<unknown, NetCause>(Object.entries(CAUSES))

/** No other attempt can end differently. Names have been looked up again and again by then. */
const FINAL: ReadonlySet<unknown> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ELOOKUP',
  'ENOCONNECT',
  'ECOMPRESSED',
  'EMSGSIZE',
  'ENOTIME',
])

/** Why there is no answer. The runtime's own message is never used: it may quote the URL or the input. */
export function describeError(error: unknown, attempt: Attempt): NoAnswer {
  const { host, timeoutMs, trustedBy: store = 'the trust store', proxy } = attempt
  if (isProxyError(error)) return describeProxy(error, attempt)
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
  return { kind: 'no_answer', ...problem(cause, values), retryable: !FINAL.has(code) }
}

/** What is wrong with a proxy: on the way to it, or what it answers. */
function describeProxy(fault: ProxyError, attempt: Attempt): NoAnswer {
  const { proxyError, proxyStatus: status } = fault
  const host = `the proxy ${attempt.proxy ?? ''}`
  if (status !== undefined) {
    const values = { host, target: attempt.host, status }
    const found = problem(BY_STATUS.get(status) ?? 'proxy_status', values)
    return { kind: 'no_answer', ...found, retryable: true }
  }
  const found = describeError(proxyError, { ...attempt, host, proxy: undefined })
  return { ...found, cause: ofProxy(found.cause) }
}

/** What it answers to CONNECT. */
const BY_STATUS: ReadonlyMap<number, 'proxy_407' | 'proxy_403' | 'proxy_503'> = new Map([
  [407, 'proxy_407'],
  [403, 'proxy_403'],
  [502, 'proxy_503'],
  [503, 'proxy_503'],
  [504, 'proxy_503'],
])

/** What a failure on the way to a proxy is called. */
function ofProxy(cause: PeerCause): PeerCause {
  if (cause.startsWith('dns_')) return 'proxy_dns'
  if (cause.startsWith('tls_') || cause === 'no_tls') return 'proxy_tls'
  return cause.startsWith('connect_') || cause === 'no_route' ? 'proxy_unreachable' : cause
}

/** What a refused certificate says about itself: who has issued it, and from when or until when it is valid. */
function describeCertificate(error: unknown, nowMs: number) {
  const parts = new Map<string, unknown>(Object.entries(error instanceof Error ? error : {}))
  const names = parts.get('issuer')
  const issuer = typeof names === 'string' ? issuerName(names)?.slice(0, MAX_ISSUER) : undefined
  const edge = codeOf(error) === 'CERT_HAS_EXPIRED' ? parts.get('validTo') : parts.get('validFrom')
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

function isProxyError(error: unknown): error is ProxyError {
  return error instanceof Error && ('proxyError' in error || 'proxyStatus' in error)
}
