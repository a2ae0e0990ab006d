import { coded } from '../base/failure.ts'

/** What goes into a request, beside its target. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * The bytes of a request that is the only one on its connection.
 *
 * @param target - the path, or for a proxy the whole URL.
 * @throws an error with the `code` `EINVAL` - a header that would not be one line of ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3
 */
export function formatRequest(
  target: string,
  { method, headers, body }: OutgoingRequest,
): Uint8Array {
  const length = Buffer.byteLength(body ?? '')
  return format(
    `${method} ${target}`,
    {
      ...headers,
      connection: 'close',
      // RFC 9110, 8.6: also where a body would be usual and is empty.
      ...(method === 'GET' ? {} : { 'content-length': `${length}` }),
    },
    body,
  )
}

/**
 * The bytes that ask a proxy for a tunnel.
 *
 * @param target - `host:port`.
 * @param authorization - the value for `Proxy-Authorization`, empty for none.
 */
export function formatConnect(target: string, authorization: string): Uint8Array {
  const proof = authorization === '' ? {} : { 'proxy-authorization': authorization }
  return format(`CONNECT ${target}`, { host: target, ...proof })
}

function format(start: string, headers: Readonly<Record<string, string>>, body = ''): Uint8Array {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  // One connection, one request: a line break in a value would begin another header, or another request.
  if (!lines.every((line) => /^[\t\x20-\x7e]+$/.test(line))) {
    throw coded('EINVAL')
  }
  return Buffer.from(`${start} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Name and version, and the application's ID; characters that may not stand in a product name become `-`. */
export function formatUserAgent(product: string, appId: string | undefined): string {
  if (appId === undefined) return product
  return `${product} app/${appId.replace(/[^A-Za-z0-9!#$%&'*+.^_`|~-]/g, '-')}`
}
