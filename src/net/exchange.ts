import type { Connection } from '../base/system.ts'
import { parseAnswer, type RawAnswer } from './answer.ts'
import { within } from './problem.ts'
import type { Proxy } from './proxy/rules.ts'
import { formatRequest, type OutgoingRequest } from './request.ts'

/**
 * One request and its answer on a connection of their own, which is closed afterwards: no answer can be taken for that of
 * another request.
 *
 * @throws an error with a `code`; `ENOANSWER` - there is no answer after `timeoutMs` milliseconds.
 */
export async function exchange(
  connecting: Promise<Connection>,
  bytes: Uint8Array,
  timeoutMs: number,
): Promise<RawAnswer> {
  try {
    const asked = connecting.then(async (connection) => connection.ask(bytes, parseAnswer))
    return await within(timeoutMs, asked, 'ENOANSWER')
  } finally {
    void connecting.then(
      (connection) => connection.close(),
      () => undefined,
    )
  }
}

/** A request, and what it takes to write it. */
export interface Outgoing extends OutgoingRequest {
  readonly userAgent: string
  readonly proxy: Proxy | undefined
}

/** The bytes of a request. For `http` a proxy reads the request itself, so it needs the absolute URL. */
export function formatFor(url: URL, { userAgent, proxy, ...request }: Outgoing): Uint8Array {
  const isSeen = proxy !== undefined && url.protocol === 'http:'
  const authorization = isSeen ? proxy.authorization : ''
  const headers = {
    host: url.host,
    ...request.headers,
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...(authorization === '' ? {} : { 'proxy-authorization': authorization }),
  }
  const path = `${url.pathname}${url.search}`
  return formatRequest(isSeen ? `${url.origin}${path}` : path, { ...request, headers })
}
