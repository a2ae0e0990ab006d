import { hostOf } from '../base/addresses.ts'
import type { Connection, System } from '../base/system.ts'
import type { Found } from '../config/settings.ts'
import type { HttpAnswer } from './answer.ts'
import { type Clock, startClock } from './clock.ts'
import { connectTo, openNames } from './direct.ts'
import { exchange, formatRequest, formatUserAgent, type HttpRequest } from './exchange.ts'
import { broken, describeError, type NoAnswer } from './problem.ts'
import { findProxy, type Proxy } from './proxy/rules.ts'
import { connectThrough } from './proxy/tunnel.ts'
import { readTrustStore } from './trust.ts'

export type { HttpAnswer, NoAnswer }

/** The one door to the network. */
export interface Network {
  /** One request and its answer, or why there is none. @throws {Failure} of {@link findProxy} and {@link readTrustStore}. */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer | NoAnswer>
  /**
   * Begins to connect to the server of a URL that will be asked later in this run. Sends no request, and whatever goes
   * wrong with the connection shows when the server is asked.
   *
   * @throws {Failure} of {@link findProxy}.
   */
  readonly prepare: (url: string) => void
  /** The addresses of a URL's host that `send` will connect to: names are looked up once a run. */
  readonly addressesOf: (url: URL) => Promise<readonly string[] | NoAnswer>
  /** Milliseconds until the run must be over. */
  readonly remainingMs: () => number
  /** The time to sign with. */
  readonly clock: Clock
}

interface NetworkOptions {
  /** Path of the certificates to trust alone. */
  readonly caBundle: Found<string> | undefined
  /** Added to the User-Agent. */
  readonly appId: string | undefined
  /** When the whole run must be over, in milliseconds since the program began. */
  readonly deadlineMs: number
}

/** An idle connection older than this may have been dropped silently, in milliseconds. */
const MAX_IDLE_MS = 5000

interface EarlyConnection {
  readonly connecting: Promise<Connection | undefined>
  /** Name of the proxy that it goes through. */
  readonly proxy: string | undefined
  readonly sinceMs: number
}

/**
 * The network as this run may use it. Opens nothing by itself; the trust store is read at the first `https` request.
 *
 * Every request: no redirect is followed (a 3xx is an answer like any other, so no header is ever carried to a host that
 * was not asked for), no compressed answer, no answer over the cap, TLS 1.2 or newer, verified whatever the environment
 * says, and nothing logged.
 */
export function openNetwork(options: NetworkOptions, system: System): Network {
  const { caBundle, appId, deadlineMs } = options
  const userAgent = formatUserAgent(system.product, appId)
  const remainingMs = () => deadlineMs - system.elapsedMs()
  const lookUp = openNames(remainingMs, system)
  const prepared = new Map<string, EarlyConnection>()
  /** Origins whose latest connection is there, whatever becomes of TLS on it: it decides what a time-out is called. */
  const reached = new Set<string>()
  let store: ReturnType<typeof readTrustStore> | undefined
  const trust = () => (store ??= readTrustStore(caBundle, system))

  function open(url: URL, proxy: Proxy | undefined): Promise<Connection> {
    reached.delete(url.origin)
    const connect = proxy?.url.protocol === 'https:' ? system.connectNested : system.connect
    const reach = { lookUp, trust, connect, sleep: system.sleep }
    if (proxy !== undefined) return connectThrough(proxy, url, reach)
    return connectTo(url, { ...reach, onConnect: () => reached.add(url.origin) })
  }
  async function take(url: URL, proxy: Proxy | undefined): Promise<Connection> {
    const early = prepared.get(url.origin)
    // What must be asked directly may have the same origin as what goes through a proxy.
    if (early === undefined || early.proxy !== proxy?.name) return open(url, proxy)
    prepared.delete(url.origin)
    const isFresh = system.elapsedMs() - early.sinceMs < MAX_IDLE_MS
    const opened = isFresh ? await early.connecting : undefined
    // One that the server has closed meanwhile, or that could not be opened, counts for nothing.
    return opened?.isOpen() === true ? opened : open(url, proxy)
  }
  async function send(request: HttpRequest): Promise<HttpAnswer | NoAnswer> {
    const url = new URL(request.url)
    const proxy = request.isDirect === true ? undefined : findProxy(url, system.env)
    const isSecure = url.protocol === 'https:' || proxy?.url.protocol === 'https:'
    const trustedBy = isSecure ? (await trust()).name : undefined
    // Before the attempt's time begins, since it has a limit of its own. Whoever connects says what goes wrong here.
    const addresses = await lookUp(hostOf(proxy?.url ?? url)).catch(() => [])
    const timeoutMs = Math.max(0, Math.floor(Math.min(request.timeoutMs, remainingMs())))
    try {
      if (timeoutMs === 0 && addresses.length > 0) throw broken('ENOTIME')
      const bytes = formatRequest(request, userAgent, proxy)
      const notYet = () => (reached.has(url.origin) ? 'ENOTSECURE' : 'ENOTYET')
      const answer = await exchange(take(url, proxy), bytes, timeoutMs, notYet)
      const encoding = answer.headers.get('content-encoding') ?? 'identity'
      if (encoding !== 'identity') throw broken('ECOMPRESSED')
      return answer
    } catch (error) {
      const { host } = url
      const attempt = { host, timeoutMs, trustedBy, proxy: proxy?.name, nowMs: system.now() }
      return describeError(error, attempt)
    }
  }
  function prepare(text: string): void {
    const url = new URL(text)
    const proxy = findProxy(url, system.env)
    const connecting = open(url, proxy).catch(() => undefined)
    prepared.set(url.origin, { connecting, proxy: proxy?.name, sinceMs: system.elapsedMs() })
  }
  function addressesOf(url: URL): Promise<readonly string[] | NoAnswer> {
    return lookUp(hostOf(url)).catch((error: unknown) =>
      describeError(error, { host: url.host, timeoutMs: 0, nowMs: system.now() }),
    )
  }
  return { send, prepare, addressesOf, remainingMs, clock: startClock(system) }
}
