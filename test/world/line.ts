import type { Socket } from 'bun'

import type { LineFault, LineRule } from './line_faults.ts'
import { createOutbox, type Outbox } from './outbox.ts'

/** The way to a service, on a port of its own. */
export interface Line {
  readonly port: number
  readonly stop: () => void
}

/** Where a line leads, as ports: to the service, and to what stands in its place while the fault lasts. */
interface Ends {
  readonly service: number
  readonly detour: number | undefined
}

interface Side {
  readonly outbox: Outbox
  /** Who is told what comes in here. */
  readonly peer: Promise<Socket<Side> | undefined>
  fault: LineFault | undefined
}

/** Opens a way to a server of 127.0.0.1 that passes everything on, but for the connections that a fault befalls. */
export async function openLine(
  { skip = 0, times = Infinity, fault }: Omit<LineRule, 'service'>,
  ends: Ends,
): Promise<Line> {
  const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>()
  // The line's own connection is the first: it keeps the port from going to another server once nobody listens there.
  let connections = -1
  const listener = Bun.listen<Side>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        connections += 1
        const isOwn = connections === 0
        const isBefallen = connections > skip && connections <= skip + times
        begin(socket, isBefallen ? fault : undefined, isOwn ? {} : ends)
        if (fault.kind === 'refuse' && connections === skip) listener.stop()
        if (isOwn) hold()
      },
      ...handlers,
      data(socket, bytes) {
        const { fault: own, peer } = socket.data
        if (own?.kind !== 'reply') return void pass(peer, bytes)
        socket.data.fault = undefined
        void say(socket, own)
      },
    },
  })
  const { port } = listener
  const own = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => {} } })
  await isHeld
  return {
    port,
    stop: () => {
      own.terminate()
      listener.stop(true)
    },
  }
}

/** Does what is due as soon as a connection stands; without an end it leads nowhere. */
function begin(
  socket: Socket<Side>,
  fault: LineFault | undefined,
  { service, detour }: Partial<Ends>,
): void {
  const target = fault === undefined ? service : fault.kind === 'tls' ? detour : undefined
  const outbox = createOutbox(socket)
  const peer = target === undefined ? Promise.resolve(undefined) : reach(target, socket)
  socket.data = { outbox, peer, fault }
  if (fault?.kind === 'close') socket.end()
  if (fault?.kind === 'reset') socket.terminate()
  if (fault?.kind === 'greet') void say(socket, fault)
}

async function reach(port: number, client: Socket<Side>): Promise<Socket<Side> | undefined> {
  const data: Side = {
    outbox: { send: async () => {}, wake: () => {} },
    peer: Promise.resolve(client),
    fault: undefined,
  }
  const opened = Bun.connect<Side>({
    hostname: '127.0.0.1',
    port,
    data,
    socket: {
      open: (socket) => {
        socket.data = { ...data, outbox: createOutbox(socket) }
      },
      ...handlers,
      data: (socket, bytes) => void pass(socket.data.peer, bytes),
    },
  })
  return opened.catch(() => undefined)
}

const handlers = {
  drain: (socket: Socket<Side>) => socket.data.outbox.wake(),
  close(socket: Socket<Side>) {
    socket.data.outbox.wake()
    void pass(socket.data.peer, new Uint8Array()).then((peer) => peer?.end())
  },
  error: () => {},
}

/** Bytes are copied: the runtime uses its buffer again. */
async function pass(to: Side['peer'], bytes: Uint8Array): Promise<Socket<Side> | undefined> {
  const copy = Buffer.from(bytes)
  const socket = await to
  await socket?.data.outbox.send(copy)
  return socket
}

async function say(
  socket: Socket<Side>,
  { bytes, open = false }: { readonly bytes: string | Uint8Array; readonly open?: boolean },
): Promise<void> {
  await socket.data.outbox.send(Buffer.from(bytes))
  if (!open) socket.end()
}
