/** What goes into a request, beside its target. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * The bytes of a request that is the only one on its connection.
 *
 * @throws an error with the `code` `EINVAL` - a header that would not be one line of ASCII.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3
 */
export function formatRequest(url: URL, { method, headers, body }: OutgoingRequest): Uint8Array {
  const content = new TextEncoder().encode(body ?? '')
  const fields = Object.entries({
    host: url.host,
    ...headers,
    connection: 'close',
    // RFC 9110, 8.6: also where a body would be usual and is empty.
    ...(method === 'GET' ? {} : { 'content-length': `${content.length}` }),
  })
  const lines = fields.map(([name, value]) => `${name}: ${value}`)
  // One connection, one request: a line break in a value would begin another header, or another request.
  if (!lines.every((line) => /^[\t\x20-\x7e]+$/.test(line))) {
    throw Object.assign(new Error('cannot send a header'), { code: 'EINVAL' })
  }
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  return new Uint8Array(Buffer.concat([new TextEncoder().encode(head), content]))
}
