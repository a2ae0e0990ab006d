import { type Clock, startClock } from './clock.ts'
import { type Settings } from './config/settings.ts'
import { SETTINGS } from './config/settings_table.ts'
import { describeError } from './network_error.ts'
import { findProxy } from './proxy.ts'
import type { System } from './system.ts'
import { readTrustStore, type TrustStore } from './trust.ts'

/** One request, built by the caller, who also judges the answer. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
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
  /** Milliseconds until the run must be over. */
  readonly remainingMs: () => number
  /** The node's clock, see `System.now`. */
  readonly localNow: () => number
  /** The time to sign with. */
  readonly clock: Clock
}

/** Largest answer read, in bytes. The largest real one, an ECR token, is under 8 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024

/**
 * The network as this run may use it. Opens nothing by itself; the trust store is read at the first `https` request.
 *
 * Every request: no redirect is followed (a 3xx is an answer like any other, so no header is ever carried to a host that
 * was not asked for), no compressed answer, no answer over the cap, TLS 1.2 or newer, verified whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says, and nothing logged whatever `BUN_CONFIG_VERBOSE_FETCH` says.
 *
 * @param deadlineMs - when the whole run must be over, in milliseconds since the program began.
 */
export function openNetwork(settings: Settings, deadlineMs: number, system: System): Network {
  const caBundle = settings.get(SETTINGS.caBundle)
  const userAgent = userAgentOf(settings, system)
  const remainingMs = () => deadlineMs - system.elapsedMs()
  let trust: Promise<TrustStore> | undefined
  async function send(request: HttpRequest): Promise<HttpAnswer | NoAnswer> {
    const url = new URL(request.url)
    if (url.protocol === 'https:') trust ??= readTrustStore(caBundle, system)
    const store = url.protocol === 'https:' ? await trust : undefined
    const proxy = request.isDirect === true ? undefined : findProxy(url, system.env)
    const timeoutMs = Math.floor(Math.min(request.timeoutMs, remainingMs()))
    if (timeoutMs <= 0) return noAnswer(`no time left to ask ${url.host}`)
    try {
      const response = await system.fetch(request.url, {
        method: request.method,
        headers: {
          ...request.headers,
          'accept-encoding': 'identity',
          'user-agent': userAgent,
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'manual',
        decompress: false,
        verbose: false,
        tls: {
          rejectUnauthorized: true,
          ...(store?.pem === undefined ? {} : { ca: store.pem }),
        },
        // Always said, so that Bun's own reading of the proxy variables never decides.
        proxy: proxy?.url ?? false,
      })
      return await readAnswer(response, url.host)
    } catch (error) {
      const attempt = { host: url.host, timeoutMs, trustedBy: store?.name, proxy: proxy?.name }
      return { kind: 'no_answer', code: 'unreachable', ...describeError(error, attempt) }
    }
  }
  const { step, sleep, random, elapsedMs, now: localNow } = system
  return { send, step, sleep, random, elapsedMs, localNow, remainingMs, clock: startClock(system) }
}

/** Name and version, and the application's ID; characters that may not stand in a product name become `-`. */
function userAgentOf(settings: Settings, { product }: System): string {
  const appId = settings.get(SETTINGS.appId)?.value
  if (appId === undefined) return product
  return `${product} app/${appId.replace(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '-')}`
}

async function readAnswer(response: Response, host: string): Promise<HttpAnswer | NoAnswer> {
  const { status, headers } = response
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    await response.body?.cancel()
    return noAnswer(`${host} sent a compressed answer`, 'bad_response')
  }
  const length = headers.get('content-length') ?? ''
  // A length that is known and fits needs no counting: Bun reads no further. (Streams cost 0.5 ms more, cold.)
  const isKnown = /^[0-9]{1,9}$/.test(length) && Number(length) <= MAX_ANSWER_BYTES
  const body = isKnown ? await response.bytes() : await readCapped(response)
  if (body !== undefined) return { kind: 'answer', status, headers, body }
  return noAnswer(`${host} sent more than ${MAX_ANSWER_BYTES} bytes`, 'bad_response')
}

/** The body, `undefined` when it is over the cap; then nothing more of it is read. */
async function readCapped(response: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) return undefined
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function noAnswer(problem: string, code: NoAnswer['code'] = 'unreachable'): NoAnswer {
  return { kind: 'no_answer', code, problem, retryable: false }
}
