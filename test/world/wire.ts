import type { Socket, TCPSocketListener } from 'bun'

import type { Leaf } from './certificates.ts'
import type { Action } from './faults.ts'
import { createOutbox } from './outbox.ts'
import { type Connection, playActions } from './playback.ts'
import { formatReply, textReply } from './reply.ts'
import { parseHttpRequest, type WireRequest } from './request.ts'

/** How a server speaks TLS. */
export interface WireTls extends Leaf {
  /** The only version it speaks, by its number on the wire (RFC 8446, 4.2.1). Default: 1.2 and 1.3. */
  readonly version?: TlsVersion
}

/** TLS 1.0 to 1.3, by their numbers on the wire. */
export type TlsVersion = 0x0301 | 0x0302 | 0x0303 | 0x0304

/** How one HTTP/1.1 server behaves. */
interface WireOptions {
  /** Address to listen on; the port is any free one. */
  readonly hostname: string
  /** Certificate to speak TLS with; plain HTTP without. */
  readonly tls?: WireTls
  /** What to do about a request; `connection` counts the server's connections from 1. */
  readonly answer: (request: WireRequest, connection: number) => readonly Action[]
}

/** A running server. */
export interface WireServer {
  readonly port: number
  /** `http://…` or `https://…` with the port, without a slash at the end. */
  readonly url: string
  /** Connections accepted so far; over TLS, those with a complete handshake. */
  readonly countConnections: () => number
  /** Closes the listener and every connection. */
  readonly stop: () => void
}

/**
 * Starts a server that gives its tests full control of the bytes. It knows Content-Length and chunked bodies,
 * keep-alive and pipelining; it answers a connection's requests one after the other.
 */
export function startWire(options: WireOptions): WireServer {
  let connections = 0
  const listener = Bun.listen<Connection>({
    hostname: options.hostname,
    port: 0,
    ...(options.tls === undefined ? {} : { tls: limitVersion(options.tls) }),
    socket: {
      open(socket) {
        connections += 1
        const outbox = createOutbox(socket)
        socket.data = {
          id: connections,
          outbox,
          received: Buffer.alloc(0),
          busy: false,
          closed: false,
        }
      },
      async data(socket, bytes) {
        const connection = socket.data
        connection.received = Buffer.concat([connection.received, bytes])
        if (connection.busy) return
        connection.busy = true
        await serveReceived(socket, options)
        connection.busy = false
      },
      drain: (socket) => socket.data.outbox.wake(),
      close(socket) {
        socket.data.closed = true
        socket.data.outbox.wake()
      },
      error: () => {},
    },
  })
  return describeServer(listener, { options, countConnections: () => connections })
}

/** Bun hands both limits to its TLS library, although its types name neither. */
export function limitVersion({ version, ...leaf }: WireTls): Leaf {
  const limits = { minVersion: version, maxVersion: version }
  return version === undefined ? leaf : { ...leaf, ...limits }
}

function describeServer(
  listener: TCPSocketListener<Connection>,
  from: { readonly options: WireOptions; readonly countConnections: () => number },
): WireServer {
  const { hostname, tls } = from.options
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return {
    port: listener.port,
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${listener.port}`,
    countConnections: from.countConnections,
    stop: () => listener.stop(true),
  }
}

async function serveReceived(socket: Socket<Connection>, options: WireOptions): Promise<void> {
  const connection = socket.data
  while (!connection.closed) {
    const parsed = parseHttpRequest(connection.received)
    if (parsed.state === 'partial') return
    if (parsed.state === 'malformed') return refuse(socket, parsed.reason)
    connection.received = parsed.rest
    const { request } = parsed
    const last = request.headers.get('connection')?.toLowerCase() === 'close'
    // Answers go out in the order of the requests
    await playActions(socket, answerRequest(request, { options, connection: connection.id }))
    if (last) socket.end()
    if (last) return
  }
}

/** A fault of the fake itself must show at once, not as a connection that hangs. */
function answerRequest(
  request: WireRequest,
  { options, connection }: { readonly options: WireOptions; readonly connection: number },
): readonly Action[] {
  try {
    return options.answer(request, connection)
  } catch (error) {
    const { head, body } = formatReply(textReply(500, `the fake itself failed: ${String(error)}`))
    return [{ do: 'write', bytes: Buffer.concat([head, body]) }, { do: 'close' }]
  }
}

async function refuse(socket: Socket<Connection>, reason: string): Promise<void> {
  const { head, body } = formatReply(textReply(400, `malformed request: ${reason}`))
  await playActions(socket, [{ do: 'write', bytes: Buffer.concat([head, body]) }, { do: 'close' }])
}
