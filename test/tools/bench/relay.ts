import type { Socket } from 'bun'

import { createOutbox, type Outbox } from '../../world/outbox.ts'

interface Side {
  readonly outbox: Outbox
  readonly peer: Promise<Socket<Side> | undefined>
}

/**
 * A way to `port` on loopback that takes `roundTripMs` there and back, and its own port. The kernel completes a
 * connection on loopback at once, so the first bytes also wait for the round trip that the handshake would have taken.
 */
export function startRelay(port: number, roundTripMs: number): number {
  const carry = async (to: Side['peer'], bytes: Uint8Array, after?: Promise<void>) => {
    const copy = Buffer.from(bytes)
    await after
    await Bun.sleep(roundTripMs / 2)
    const socket = await to
    await socket?.data.outbox.send(copy)
    return socket
  }
  const connect = (client: Socket<Side>) =>
    Bun.connect<Side>({
      hostname: '127.0.0.1',
      port,
      data: { outbox: emptyOutbox, peer: Promise.resolve(client) },
      socket: {
        open: (socket) => {
          socket.data = { ...socket.data, outbox: createOutbox(socket) }
        },
        data: (socket, bytes) => void carry(socket.data.peer, bytes),
        drain: (socket) => socket.data.outbox.wake(),
        close: (socket) => void carry(socket.data.peer, nothing).then((peer) => peer?.end()),
        error: () => {},
      },
    }).catch(() => undefined)
  const shaken = new WeakMap<Socket<Side>, Promise<void>>()
  const listener = Bun.listen<Side>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        shaken.set(socket, Bun.sleep(roundTripMs))
        socket.data = { outbox: createOutbox(socket), peer: connect(socket) }
      },
      data: (socket, bytes) => void carry(socket.data.peer, bytes, shaken.get(socket)),
      drain: (socket) => socket.data.outbox.wake(),
      close: (socket) =>
        void carry(socket.data.peer, nothing, shaken.get(socket)).then((peer) => peer?.end()),
      error: () => {},
    },
  })
  return listener.port
}

const nothing = new Uint8Array(0)
const emptyOutbox: Outbox = { send: async () => {}, wake: () => {} }
