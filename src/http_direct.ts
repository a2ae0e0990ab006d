import { type RawAnswer, readAnswer } from './http1_answer.ts'
import { formatRequest, type OutgoingRequest } from './http1_request.ts'
import { isUntrusted } from './network_error.ts'
import type { Connection, System } from './system.ts'
import type { TrustStore } from './trust.ts'

/** An exchange with one server. */
export interface Exchange {
  readonly url: URL
  readonly request: OutgoingRequest
  /** Ends the exchange, wherever it is. */
  readonly signal: AbortSignal
}

/**
 * One request and its answer on a connection of their own, which is closed afterwards: no answer can be taken for that of
 * another request.
 *
 * @throws the runtime's error or that of {@link readAnswer}, with a `code`; or the signal's reason.
 */
export async function askDirectly(
  connecting: Promise<Connection>,
  { url, request, signal }: Exchange,
): Promise<RawAnswer> {
  const connection = await unlessAborted(connecting, signal)
  try {
    connection.send(formatRequest(url, request))
    return await unlessAborted(readAnswer(connection.receive), signal)
  } finally {
    connection.close()
  }
}

/**
 * Connects to the server of a URL; for `https` the certificate is verified for its host name.
 *
 * @throws the runtime's error, with its `code`.
 */
export async function connectTo(
  url: URL,
  store: TrustStore | undefined,
  system: Pick<System, 'connect'>,
): Promise<Connection> {
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'http:') {
    return system.connect({ hostname, port: portOf(url, 80), tls: undefined })
  }
  const connectWith = async (ca: string | undefined) => {
    const trust = ca === undefined ? {} : { ca }
    const tls = { serverName: hostname, ...trust }
    return system.connect({ hostname, port: portOf(url, 443), tls })
  }
  if (store?.aws === undefined) return connectWith(store?.pem)
  return connectWith(store.aws).catch(async (error: unknown) => {
    if (!isUntrusted(error)) throw error
    return connectWith(store.pem)
  })
}

function portOf(url: URL, usual: number): number {
  return url.port === '' ? usual : Number(url.port)
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([promise, aborted])
}
