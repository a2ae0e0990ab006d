/** An answer before it is bytes. */
export interface Reply {
  readonly status: number
  /** A header that is `undefined` is not sent; it takes the place of one that would be added. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string | Uint8Array
  /** What follows the status. Default: the usual phrase. */
  readonly reason?: string
  /** When given, the body goes out in chunks of so many bytes instead of with a Content-Length. */
  readonly chunkBytes?: number
}

/** An answer with a JSON body. */
export function jsonReply(status: number, value: unknown, contentType = 'application/json'): Reply {
  return { status, headers: { 'Content-Type': contentType }, body: JSON.stringify(value) }
}

/** An answer with a text body. */
export function textReply(status: number, body: string, contentType = 'text/plain'): Reply {
  return { status, headers: { 'Content-Type': contentType }, body }
}

/** The bytes of a reply, the headers apart from the body; adds the Content-Length where it is due. */
export function formatReply(reply: Reply): {
  readonly head: Uint8Array
  readonly body: Uint8Array
} {
  const bytes = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  const { chunkBytes } = reply
  const framing =
    chunkBytes === undefined
      ? { 'Content-Length': String(bytes.length) }
      : { 'Transfer-Encoding': 'chunked' }
  const lines = Object.entries({ ...framing, ...reply.headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`)
  const reason = reply.reason ?? reasons.get(reply.status) ?? 'Status'
  const head = `HTTP/1.1 ${reply.status} ${reason}\r\n${lines.join('')}\r\n`
  const body = chunkBytes === undefined ? bytes : formatChunks(bytes, chunkBytes)
  return { head: Buffer.from(head, 'latin1'), body }
}

const reasons: ReadonlyMap<number, string> = new Map([
  [200, 'OK'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [307, 'Temporary Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [429, 'Too Many Requests'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
])

function formatChunks(bytes: Uint8Array, size: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
