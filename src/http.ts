import { type Clock, startClock } from './clock.ts'
import { type Settings } from './config/settings.ts'
import { SETTINGS } from './config/settings_table.ts'
import type { OutgoingRequest } from './http1_request.ts'
import { askDirectly, connectTo } from './http_direct.ts'
import { askThroughProxy } from './http_proxied.ts'
import { describeError } from './network_error.ts'
import { findProxy } from './proxy.ts'
import type { Connection, System } from './system.ts'
import { readTrustStore, type TrustStore } from './trust.ts'

/** One request, built by the caller, who also judges the answer. */
export interface HttpRequest extends OutgoingRequest {
  readonly url: string
  /** Never through a proxy, whatever the host: for services that hand out this node's credentials. */
  readonly isDirect?: boolean
  /** Longest wait for the whole answer, in milliseconds; cut short by the deadline of the run. */
  readonly timeoutMs: number
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Nothing usable came back. `problem` is fit for the error line and names the host. */
export interface NoAnswer {
  readonly kind: 'no_answer'
  readonly code: 'unreachable' | 'bad_response'
  readonly problem: string
  /** Whether another attempt could end differently. */
  readonly retryable: boolean
}

/** The one door to the network, and the clocks that belong to it. */
export interface Network extends Pick<System, 'step' | 'sleep' | 'random' | 'elapsedMs'> {
  readonly send: (request: HttpRequest) => Promise<HttpAnswer | NoAnswer>
  /**
   * Begins to connect to the server of a URL that will be asked later in this run. Sends no request, and whatever goes
   * wrong shows when the server is asked.
   */
  readonly prepare: (url: string) => void
  /** Milliseconds until the run must be over. */
  readonly remainingMs: () => number
  /** The node's clock, see `System.now`. */
  readonly localNow: () => number
  /** The time to sign with. */
  readonly clock: Clock
}

/** After this long without a word the way to a server may be gone, and nobody would tell, in milliseconds. */
const MAX_IDLE_MS = 5000

interface EarlyConnection {
  readonly connecting: Promise<Connection | undefined>
  readonly sinceMs: number
}

/**
 * The network as this run may use it. Opens nothing by itself; the trust store is read at the first `https` request.
 *
 * Every request: no redirect is followed (a 3xx is an answer like any other, so no header is ever carried to a host that
 * was not asked for), no compressed answer, no answer over the cap, TLS 1.2 or newer, verified whatever the environment
 * says, and nothing logged.
 *
 * @param deadlineMs - when the whole run must be over, in milliseconds since the program began.
 */
export function openNetwork(settings: Settings, deadlineMs: number, system: System): Network {
  const caBundle = settings.get(SETTINGS.caBundle)
  const userAgent = userAgentOf(settings, system)
  const remainingMs = () => deadlineMs - system.elapsedMs()
  const prepared = new Map<string, EarlyConnection>()
  let trust: Promise<TrustStore> | undefined

  async function trustFor(url: URL): Promise<TrustStore | undefined> {
    if (url.protocol !== 'https:') return undefined
    trust ??= readTrustStore(caBundle, system)
    return trust
  }
  async function connect(url: URL, store: TrustStore | undefined): Promise<Connection> {
    const early = prepared.get(url.origin)
    prepared.delete(url.origin)
    const isFresh = early !== undefined && system.elapsedMs() - early.sinceMs < MAX_IDLE_MS
    // One that the server has closed meanwhile, or that could not be opened, counts for nothing.
    const opened = isFresh ? await early.connecting : undefined
    return opened?.isOpen() === true ? opened : connectTo(url, store, system)
  }
  async function send(request: HttpRequest): Promise<HttpAnswer | NoAnswer> {
    const url = new URL(request.url)
    const { host } = url
    const proxy = request.isDirect === true ? undefined : findProxy(url, system.env)
    const store = await trustFor(url)
    const timeoutMs = Math.floor(Math.min(request.timeoutMs, remainingMs()))
    if (timeoutMs <= 0) return noAnswer(`no time left to ask ${host}`)
    const { method, body } = request
    const headers = {
      ...request.headers,
      'accept-encoding': 'identity',
      'user-agent': userAgent,
    }
    const outgoing = { method, headers, ...(body === undefined ? {} : { body }) }
    const exchange = { url, request: outgoing, signal: AbortSignal.timeout(timeoutMs) }
    try {
      const answer =
        proxy === undefined
          ? await askDirectly(connect(url, store), exchange)
          : await askThroughProxy(exchange, { proxy: proxy.url, store }, system)
      const encoding = answer.headers.get('content-encoding') ?? 'identity'
      if (encoding === 'identity') return { kind: 'answer', ...answer }
      return noAnswer(`${host} sent a compressed answer`, 'bad_response')
    } catch (error) {
      const attempt = { host, timeoutMs, trustedBy: store?.name, proxy: proxy?.name }
      return { kind: 'no_answer', ...describeError(error, attempt) }
    }
  }
  async function open(url: URL): Promise<Connection | undefined> {
    return findProxy(url, system.env) === undefined
      ? connectTo(url, await trustFor(url), system)
      : undefined
  }
  function prepare(text: string): void {
    const url = new URL(text)
    const connecting = open(url).catch(() => undefined)
    prepared.set(url.origin, { connecting, sinceMs: system.elapsedMs() })
  }
  const { step, sleep, random, elapsedMs, now: localNow } = system
  const clock = startClock(system)
  return { send, prepare, step, sleep, random, elapsedMs, localNow, remainingMs, clock }
}

/** Name and version, and the application's ID; characters that may not stand in a product name become `-`. */
function userAgentOf(settings: Settings, { product }: System): string {
  const appId = settings.get(SETTINGS.appId)?.value
  if (appId === undefined) return product
  return `${product} app/${appId.replace(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '-')}`
}

function noAnswer(problem: string, code: NoAnswer['code'] = 'unreachable'): NoAnswer {
  return { kind: 'no_answer', code, problem, retryable: false }
}
