import { isLocalAddress } from './addresses.ts'
import type { Found } from './config/settings.ts'
import { describeError } from './network_error.ts'
import type { System } from './system.ts'
import { readTrustStore, type TrustStore } from './trust.ts'

/** One request, built by the caller, who also judges the answer. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
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
}

/** The one door to the network. */
export interface Network extends Pick<System, 'now' | 'step'> {
  readonly send: (request: HttpRequest) => Promise<HttpAnswer | NoAnswer>
}

/** What `openNetwork` needs to know beside the system. */
export interface NetworkOptions {
  readonly caBundle: Found<string> | undefined
  /** When the whole run must be over, in milliseconds since the program began. */
  readonly deadlineMs: number
}

/** Largest answer read, in bytes. The largest real one, an ECR token, is under 8 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024

/**
 * The network as this run may use it. Opens nothing by itself; the trust store is read at the first `https` request.
 *
 * Every request: no redirect is followed (a 3xx is an answer like any other, so no header is ever carried to a host that
 * was not asked for), no compressed answer, no answer over the cap, TLS 1.2 or newer, verified whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says, and nothing logged whatever `BUN_CONFIG_VERBOSE_FETCH` says.
 */
export function openNetwork(options: NetworkOptions, system: System): Network {
  let trust: Promise<TrustStore> | undefined
  async function send(request: HttpRequest): Promise<HttpAnswer | NoAnswer> {
    const url = new URL(request.url)
    if (url.protocol === 'https:') trust ??= readTrustStore(options.caBundle, system)
    const store = await trust
    const timeoutMs = Math.floor(
      Math.min(request.timeoutMs, options.deadlineMs - system.elapsedMs()),
    )
    if (timeoutMs <= 0) return noAnswer(`no time left to ask ${url.host}`)
    try {
      const response = await system.fetch(request.url, {
        method: request.method,
        headers: { ...request.headers, 'accept-encoding': 'identity' },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'manual',
        decompress: false,
        verbose: false,
        tls: {
          rejectUnauthorized: true,
          ...(store?.pem === undefined ? {} : { ca: store.pem }),
        },
        // Credentials of the node must never travel to a proxy, nor may its metadata be asked of one.
        ...(isLocalAddress(url.hostname) ? { proxy: false } : {}),
      })
      return await readAnswer(response, url.host)
    } catch (error) {
      return noAnswer(describeError(error, { host: url.host, timeoutMs, trustedBy: store?.name }))
    }
  }
  return { send, now: system.now, step: system.step }
}

async function readAnswer(response: Response, host: string): Promise<HttpAnswer | NoAnswer> {
  const encoding = response.headers.get('content-encoding') ?? 'identity'
  if (encoding !== 'identity') {
    await response.body?.cancel()
    return noAnswer(`${host} sent a compressed answer`, 'bad_response')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) {
      return noAnswer(`${host} sent more than ${MAX_ANSWER_BYTES} bytes`, 'bad_response')
    }
    chunks.push(chunk)
  }
  const body = chunks.length === 1 ? chunks[0] : undefined
  return {
    kind: 'answer',
    status: response.status,
    headers: response.headers,
    body: body ?? new Uint8Array(Buffer.concat(chunks)),
  }
}

function noAnswer(problem: string, code: NoAnswer['code'] = 'unreachable'): NoAnswer {
  return { kind: 'no_answer', code, problem }
}
