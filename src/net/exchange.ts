import { coded } from '../base/failure.ts'
import type { Connection } from '../base/system.ts'
import { type HttpAnswer, parseAnswer } from './answer.ts'
import { broken, type BrokenCode } from './problem.ts'
import type { Proxy } from './proxy/rules.ts'

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

/**
 * One request and its answer on a connection of their own, which is closed afterwards: no answer can be taken for that of
 * another request.
 *
 * @throws an error with a `code`; `ENOANSWER` - there is no answer after `timeoutMs` milliseconds; that of `notYet` - not even
 * a connection.
 */
export async function exchange(
  connecting: Promise<Connection>,
  bytes: Uint8Array,
  timeoutMs: number,
  notYet: () => BrokenCode,
): Promise<HttpAnswer> {
  let isConnected = false
  try {
    const asked = connecting.then((connection) => {
      isConnected = true
      return connection.sendAndParse(bytes, parseAnswer)
    })
    return await within(timeoutMs, asked, () => (isConnected ? 'ENOANSWER' : notYet()))
  } finally {
    void connecting.then((connection) => connection.close()).catch(() => undefined)
  }
}

/**
 * The bytes of a request that is the only one on its connection. For `http` a proxy reads the request itself, so it needs the
 * absolute URL.
 *
 * @throws an error with the `code` `EINVAL` - a header that would not be one line of ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3
 */
export function formatRequest(
  { method, headers, body = '', ...request }: HttpRequest,
  userAgent: string,
  proxy: Proxy | undefined,
): Uint8Array {
  const url = new URL(request.url)
  const isProxied = proxy !== undefined && url.protocol === 'http:'
  const target = `${isProxied ? url.origin : ''}${url.pathname}${url.search}`
  const head = {
    host: url.host,
    ...headers,
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...(isProxied ? proofOf(proxy) : {}),
    connection: 'close',
    // RFC 9110, 8.6: also where a body would be usual and is empty.
    ...(method === 'GET' ? {} : { 'content-length': `${Buffer.byteLength(body)}` }),
  }
  return format(`${method} ${target}`, head, body)
}

/** The bytes that ask a proxy for a tunnel to `host:port`. @throws as {@link formatRequest}. */
export function formatConnect(target: string, proxy: Proxy): Uint8Array {
  return format(`CONNECT ${target}`, { host: target, ...proofOf(proxy) }, '')
}

function proofOf({ authorization }: Proxy): Readonly<Record<string, string>> {
  return authorization === '' ? {} : { 'proxy-authorization': authorization }
}

function format(start: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => {
    const line = `${name}: ${value}`
    // One connection, one request: a line break in a value would begin another header, or another request.
    if (!/^[\t\x20-\x7e]+$/.test(line)) throw coded('EINVAL')
    return line
  })
  return Buffer.from(`${start} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Name and version, and the application's ID; characters that may not stand in a product name become `-`. */
export function formatUserAgent(product: string, appId: string | undefined): string {
  if (appId === undefined) return product
  return `${product} app/${appId.replace(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '-')}`
}
