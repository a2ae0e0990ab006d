import type { Socket } from 'bun'

import type { Action } from './faults.ts'
import { createOutbox, type Outbox } from './outbox.ts'
import { playActions, type Player } from './playback.ts'
import type { WireRequest } from './request.ts'

/** A connection to the proxy. */
export interface Client extends Player {
  received: Buffer
  /** Set once the connection is a tunnel, or is to become one. */
  tunnel: Promise<Socket<Peer> | undefined> | undefined
}

/** The proxy's own connection to a destination. */
interface Peer {
  readonly outbox: Outbox
}

/** Where a tunnel leads. */
export interface Destination {
  readonly hostname: string
  readonly port: number
}

/** Connects the client with its destination; `undefined` when nobody answers there. */
export async function openTunnel(
  client: Socket<Client>,
  from: {
    readonly request: WireRequest
    readonly destination: Destination
    readonly delayMs: number | undefined
    /** How a CONNECT is said yes to. */
    readonly actions: readonly Action[]
  },
): Promise<Socket<Peer> | undefined> {
  const { request, destination, delayMs, actions } = from
  try {
    const peer = await Bun.connect<Peer>({
      ...destination,
      socket: {
        open(socket) {
          socket.data = { outbox: createOutbox(socket) }
        },
        data: (_, bytes) => forward(client, { bytes, delayMs }),
        drain: (socket) => socket.data.outbox.wake(),
        close: () => finish(client, delayMs),
        error: () => {},
      },
    })
    if (request.method !== 'CONNECT') await peer.data.outbox.send(formatForwarded(request))
    else await playActions(client, actions)
    return peer
  } catch {
    return undefined
  }
}

/** The request as the origin shall see it: one per connection, and marked as forwarded. */
function formatForwarded(request: WireRequest): Uint8Array {
  const path = request.target.replace(/^http:\/\/[^/?]*/, '')
  const headers = [...request.headers]
    .filter(([name]) => !/^(proxy-.*|connection|transfer-encoding|content-length)$/.test(name))
    .map(([name, value]) => `${name}: ${value}\r\n`)
  const own = `Content-Length: ${request.body.length}\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n`
  const head = `${request.method} ${path === '' ? '/' : path} HTTP/1.1\r\n${headers.join('')}${own}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), request.body])
}

/** Passes bytes on after the tunnel's delay. */
export async function forward(
  socket: Socket<Peer> | Socket<Client> | undefined,
  { bytes, delayMs }: { readonly bytes: Uint8Array; readonly delayMs: number | undefined },
): Promise<void> {
  const copy = Buffer.from(bytes)
  if (delayMs !== undefined) await Bun.sleep(delayMs)
  await socket?.data.outbox.send(copy)
}

/** Closes a side of the tunnel once everything on its way has been sent. */
export async function finish(
  socket: Socket<Peer> | Socket<Client> | undefined,
  delayMs: number | undefined,
): Promise<void> {
  await forward(socket, { bytes: new Uint8Array(0), delayMs })
  socket?.end()
}
