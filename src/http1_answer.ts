import { broken, openReader, type Reader } from './http1_reader.ts'

/** What a server answered, whatever its status. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Largest body read, in bytes. The largest real one, an ECR token, is under 8 KiB. */
export const MAX_BODY_BYTES = 256 * 1024

/** Largest head read, interim answers included, in bytes. AWS's are under 2 KiB. */
const MAX_HEAD_BYTES = 64 * 1024

/** RFC 9112, 4: the reason is for people and not kept. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: [\t\x20-\x7e]*)?$/

/** RFC 9112, 5, without the forms that it calls obsolete: no folded line, no blank before the colon, ASCII only. */
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e]*)$/

/** RFC 9112, 7.1; extensions must be ignored. */
const CHUNK_LINE = /^([0-9a-fA-F]{1,6})[\t ]*(?:;[\t\x20-\x7e]*)?$/

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-15 for the answers that have no body */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304])

/**
 * Reads the one answer that a connection is for. Strict: the length of the body must be told, by `Content-Length` or by
 * chunks and not by both, and nothing may come with its end. A body that only the end of the connection delimits is refused, since
 * half of it would look the same.
 *
 * @param receive - the next bytes of the connection, `undefined` at its end.
 * @throws an error with the `code` `ECONNRESET` - it ended too early; `EBADMSG` - it is no HTTP/1 answer, or an ambiguous one;
 * `ENOLENGTH` - only the end of the connection would tell its length;
 * `EMSGSIZE` - it is too large.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export async function readAnswer(
  receive: () => Promise<Uint8Array | undefined>,
): Promise<RawAnswer> {
  const reader = openReader(receive)
  let head = await readHead(reader)
  // Nothing is switched to (101), so an interim answer only precedes the real one.
  // eslint-disable-next-line no-await-in-loop
  while (head.status < 200) head = await readHead(reader)
  const body = await readBody(head, reader)
  if (reader.hasMore()) throw broken('EBADMSG')
  return { status: head.status, headers: head.headers, body }
}

interface Head {
  readonly status: number
  readonly headers: Headers
  readonly isOld: boolean
}

async function readHead(reader: Reader): Promise<Head> {
  const [, minor, status] = STATUS_LINE.exec(await reader.takeLine()) ?? []
  if (status === undefined || status === '101') throw broken('EBADMSG')
  const headers = new Headers()
  // eslint-disable-next-line no-await-in-loop
  for (let line = await reader.takeLine(); line !== ''; line = await reader.takeLine()) {
    const [, name, value = ''] = FIELD_LINE.exec(line) ?? []
    if (name === undefined) throw broken('EBADMSG')
    // A repeated field becomes one value with a comma, which no length and no coding may have.
    headers.append(name, value)
    if (reader.position() > MAX_HEAD_BYTES) throw broken('EMSGSIZE')
  }
  if (reader.position() > MAX_HEAD_BYTES) throw broken('EMSGSIZE')
  return { status: Number(status), headers, isOld: minor === '0' }
}

async function readBody({ status, headers, isOld }: Head, reader: Reader): Promise<Uint8Array> {
  if (WITHOUT_BODY.has(status)) return new Uint8Array()
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding !== null) {
    if (length !== null || isOld || coding.toLowerCase() !== 'chunked') throw broken('EBADMSG')
    return readChunks(reader)
  }
  if (length === null) throw broken('ENOLENGTH')
  if (!/^[0-9]{1,15}$/.test(length)) throw broken('EBADMSG')
  if (Number(length) > MAX_BODY_BYTES) throw broken('EMSGSIZE')
  return reader.take(Number(length))
}

async function readChunks(reader: Reader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    // eslint-disable-next-line no-await-in-loop
    const [, digits] = CHUNK_LINE.exec(await reader.takeLine()) ?? []
    if (digits === undefined) throw broken('EBADMSG')
    const size = Number.parseInt(digits, 16)
    total += size
    if (total > MAX_BODY_BYTES) throw broken('EMSGSIZE')
    if (size === 0) break
    // eslint-disable-next-line no-await-in-loop
    chunks.push(await reader.take(size))
    // eslint-disable-next-line no-await-in-loop
    if ((await reader.takeLine()) !== '') throw broken('EBADMSG')
  }
  // Trailer fields are checked like any others, and dropped.
  // eslint-disable-next-line no-await-in-loop
  for (let line = await reader.takeLine(); line !== ''; line = await reader.takeLine()) {
    if (!FIELD_LINE.test(line)) throw broken('EBADMSG')
  }
  return new Uint8Array(Buffer.concat(chunks))
}
