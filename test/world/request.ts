/** One HTTP/1.1 request as it came over the wire. */
export interface WireRequest {
  readonly method: string
  /** Path and query exactly as sent. */
  readonly target: string
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case; values of a repeated header are joined by `,`. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

/** The body of a request as text. */
export function readText(request: WireRequest): string {
  return new TextDecoder().decode(request.body)
}

/** What came of the bytes received so far: a whole request, the wish for more, or a protocol error. */
type Parsed =
  | { readonly state: 'whole'; readonly request: WireRequest; readonly rest: Buffer }
  | { readonly state: 'partial' }
  | { readonly state: 'malformed'; readonly reason: string }

/** The first request in `bytes`, and the bytes behind it. */
export function parseHttpRequest(bytes: Buffer): Parsed {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return { state: 'partial' }
  const [requestLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(requestLine) ?? []
  if (method === undefined || target === undefined) return malformed('request line')
  const headers = parseHeaders(lines)
  if (headers === undefined) return malformed('header line')
  const body = parseBody(headers, bytes.subarray(end + 4))
  if (body.state !== 'whole') return body
  const request = { method, target, ...splitTarget(target), headers, body: body.bytes }
  return { state: 'whole', request, rest: body.rest }
}

function parseHeaders(lines: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    const key = name.toLowerCase()
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : `${before},${value}`)
  }
  return headers
}

type Body =
  | { readonly state: 'whole'; readonly bytes: Buffer; readonly rest: Buffer }
  | Exclude<Parsed, { state: 'whole' }>

function parseBody(headers: ReadonlyMap<string, string>, bytes: Buffer): Body {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length') ?? '0'
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return malformed('coding')
  if (coding !== undefined && headers.has('content-length')) return malformed('two lengths')
  if (coding !== undefined) return parseChunks(bytes)
  if (!/^\d+$/.test(length)) return malformed('content length')
  const size = Number(length)
  if (bytes.length < size) return { state: 'partial' }
  return { state: 'whole', bytes: bytes.subarray(0, size), rest: bytes.subarray(size) }
}

function parseChunks(bytes: Buffer): Body {
  const chunks: Buffer[] = []
  let at = 0
  while (true) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd === -1) return { state: 'partial' }
    const [, hex] = /^([0-9a-fA-F]+)(?:;.*)?$/.exec(bytes.toString('latin1', at, lineEnd)) ?? []
    if (hex === undefined) return malformed('chunk size')
    const size = parseInt(hex, 16)
    const chunkEnd = lineEnd + 2 + size
    if (bytes.length < chunkEnd + 2) return { state: 'partial' }
    if (bytes.toString('latin1', chunkEnd, chunkEnd + 2) !== '\r\n') return malformed('chunk end')
    chunks.push(bytes.subarray(lineEnd + 2, chunkEnd))
    at = chunkEnd + 2
    if (size === 0)
      return { state: 'whole', bytes: Buffer.concat(chunks), rest: bytes.subarray(at) }
  }
}

function splitTarget(target: string): Pick<WireRequest, 'path' | 'query'> {
  const absolute = /^https?:\/\/[^/?]*(.*)$/.exec(target)
  const origin = absolute?.[1] ?? target
  const mark = origin.indexOf('?')
  if (mark === -1) return { path: origin, query: new URLSearchParams() }
  return { path: origin.slice(0, mark), query: new URLSearchParams(origin.slice(mark + 1)) }
}

function malformed(reason: string): { readonly state: 'malformed'; readonly reason: string } {
  return { state: 'malformed', reason }
}
