import { broken } from './problem.ts'

/** What a server answered, whatever its status. */
export interface HttpAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Status line and headers of an answer, and where they end. */
export interface Head extends Pick<HttpAnswer, 'status' | 'headers'> {
  /** Whether it is HTTP/1.0, which knows no chunks. */
  readonly isOld: boolean
  /** Length of everything up to the body, in bytes. */
  readonly length: number
}

/** Largest body, in bytes. The largest real one, an ECR token, is under 8 KiB. */
const MAX_BODY_BYTES = 256 * 1024

/** Largest head, interim answers included, in bytes. AWS's are under 2 KiB. */
const MAX_HEAD_BYTES = 64 * 1024

/** Head, body and the framing of chunks together: a body in chunks of one byte each is six times as long. */
const MAX_RAW_BYTES = 1024 * 1024

/** RFC 9112, 4: the reason is for people and not kept. RFC 9110, 5.5: bytes beyond ASCII are allowed in text, and opaque. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/

/** RFC 9112, 5, without the forms that it calls obsolete: no folded line, no blank before the colon. */
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/

/** RFC 9112, 7.1; extensions must be ignored. */
const CHUNK_LINE = /^([0-9a-fA-F]{1,6})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

/**
 * The one answer that a connection is for, or `undefined` while it is incomplete. Strict, so that no two readers can disagree
 * on where it ends: its length must be given by `Content-Length` or by chunks, not by both, and no byte may follow. A body
 * that only the end of the connection delimits is refused, since half of it would look the same.
 *
 * @param bytes - all that has come.
 * @throws an error with the `code` `EBADMSG` - no HTTP/1 answer, or ambiguous; `ENOLENGTH` - of unknown length; `EMSGSIZE`.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export function parseAnswer(bytes: Buffer): HttpAnswer | undefined {
  if (bytes.length > MAX_RAW_BYTES) throw broken('EMSGSIZE')
  const head = parseHead(bytes)
  if (head === undefined) return undefined
  const { status, headers } = head
  const body = parseBody(head, bytes.subarray(head.length))
  return body === undefined ? undefined : { kind: 'answer', status, headers, body }
}

/**
 * The head of the one answer that a connection is for, or `undefined` while it is incomplete. Lines are judged as they come:
 * what speaks another protocol may never send an end.
 *
 * @throws an error with the `code` `EBADMSG` or `EMSGSIZE`, see {@link parseAnswer}.
 */
export function parseHead(bytes: Buffer): Head | undefined {
  for (let start = 0; ;) {
    const found = bytes.indexOf('\r\n\r\n', start)
    const end = found === -1 ? bytes.length : found + 4
    if (end > MAX_HEAD_BYTES) throw broken('EMSGSIZE')
    const text = bytes.toString('latin1', start, found === -1 ? end : found + 2)
    const lines = text.split('\r\n')
    // The last piece is empty, or a line that is not complete. A line that ends in LF alone is refused: some readers take it
    // for a line, others do not.
    if (lines.pop()?.includes('\n') === true) throw broken('EBADMSG')
    const [first, ...fields] = lines
    if (first === undefined) return undefined
    const [, minor, code] = STATUS_LINE.exec(first) ?? []
    if (code === undefined || code === '101') throw broken('EBADMSG')
    const head = { status: Number(code), headers: parseFields(fields), isOld: minor === '0' }
    if (found === -1) return undefined
    start = end
    // Nothing is switched to (101), so an interim answer only precedes the real one.
    if (head.status >= 200) return { ...head, length: start }
  }
}

function parseFields(lines: readonly string[]): Headers {
  const headers = new Headers()
  for (const line of lines) {
    const [, name, value = ''] = FIELD_LINE.exec(line) ?? []
    if (name === undefined) throw broken('EBADMSG')
    // A repeated field becomes one value with a comma, which no length and no coding may have.
    headers.append(name, value)
  }
  return headers
}

function parseBody({ status, headers, isOld }: Head, bytes: Buffer): Uint8Array | undefined {
  // RFC 9110, 15: these have no body, whatever their headers say.
  const isBodiless = status === 204 || status === 304
  const length = isBodiless ? '0' : headers.get('content-length')
  const coding = isBodiless ? null : headers.get('transfer-encoding')
  if (coding !== null) {
    if (length !== null || isOld || coding.toLowerCase() !== 'chunked') throw broken('EBADMSG')
    return parseChunks(bytes)
  }
  if (length === null) throw broken('ENOLENGTH')
  if (!/^[0-9]{1,15}$/.test(length)) throw broken('EBADMSG')
  if (Number(length) > MAX_BODY_BYTES) throw broken('EMSGSIZE')
  if (bytes.length > Number(length)) throw broken('EBADMSG')
  return bytes.length < Number(length) ? undefined : bytes
}

function parseChunks(bytes: Buffer): Uint8Array | undefined {
  const chunks: Uint8Array[] = []
  let at = 0
  let total = 0
  /** What is in the next line, which must be of the form; `undefined` while the line is incomplete. */
  function takeLine(form: RegExp): RegExpExecArray | undefined {
    const end = bytes.indexOf('\n', at)
    if (end === -1) return undefined
    const line = form.exec(bytes.toString('latin1', at, end - 1))
    if (line === null || end === at || bytes[end - 1] !== 0x0d) throw broken('EBADMSG')
    at = end + 1
    return line
  }
  for (;;) {
    const [, digits] = takeLine(CHUNK_LINE) ?? []
    if (digits === undefined) return undefined
    const size = Number.parseInt(digits, 16)
    total += size
    if (total > MAX_BODY_BYTES) throw broken('EMSGSIZE')
    if (size === 0) break
    chunks.push(bytes.subarray(at, at + size))
    at += size
    if (takeLine(/^$/) === undefined) return undefined
  }
  // Trailer fields are checked like any others, and dropped.
  while (bytes.indexOf('\r\n', at) !== at) {
    if (takeLine(FIELD_LINE) === undefined) return undefined
  }
  if (bytes.length > at + 2) throw broken('EBADMSG')
  return Buffer.concat(chunks)
}
