/** Longest line, in bytes. */
const MAX_LINE_BYTES = 64 * 1024

/** Head, body and the framing of chunks together: a body in chunks of one byte each is six times as long. */
const MAX_RAW_BYTES = 1024 * 1024

const CR = 0x0d
const LF = 0x0a

/** Takes apart what a connection brings, in order. Every member throws what `broken` makes, or the error of the connection. */
export interface Reader {
  /** A line without its CRLF. */
  readonly takeLine: () => Promise<string>
  /** So many bytes. */
  readonly take: (count: number) => Promise<Uint8Array>
  /** How many bytes were taken. */
  readonly position: () => number
  /** Whether something has come that was not taken. */
  readonly hasMore: () => boolean
}

/**
 * A reader of a connection.
 *
 * @param receive - the next bytes, `undefined` at the end.
 */
export function openReader(receive: () => Promise<Uint8Array | undefined>): Reader {
  let bytes = new Uint8Array(16 * 1024)
  let size = 0
  let at = 0

  async function pull(): Promise<void> {
    const chunk = await receive()
    if (chunk === undefined) throw broken('ECONNRESET')
    if (size + chunk.length > MAX_RAW_BYTES) throw broken('EMSGSIZE')
    if (size + chunk.length > bytes.length) {
      const larger = new Uint8Array(2 * (size + chunk.length))
      larger.set(bytes.subarray(0, size))
      bytes = larger
    }
    bytes.set(chunk, size)
    size += chunk.length
  }
  async function take(count: number): Promise<Uint8Array> {
    // eslint-disable-next-line no-await-in-loop
    while (size - at < count) await pull()
    at += count
    return bytes.slice(at - count, at)
  }
  async function takeLine(): Promise<string> {
    let end = at
    for (;;) {
      end = bytes.indexOf(LF, end)
      if (end !== -1 && end < size) break
      if (size - at > MAX_LINE_BYTES) throw broken('EMSGSIZE')
      end = size
      // eslint-disable-next-line no-await-in-loop
      await pull()
    }
    // A line that ends in LF alone is where two readers come to disagree.
    if (end === at || bytes[end - 1] !== CR) throw broken('EBADMSG')
    // A byte order mark stays: dropped, it would be a place where two readers disagree.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    const line = decoder.decode(bytes.subarray(at, end - 1))
    at = end + 1
    return line
  }
  return { take, takeLine, position: () => at, hasMore: () => at < size }
}

/** The error for an answer that cannot be used, with a `code` as the runtime's own errors have. */
export function broken(code: 'ECONNRESET' | 'EBADMSG' | 'EMSGSIZE' | 'ENOLENGTH'): Error {
  return Object.assign(new Error('cannot read the answer'), { code })
}
