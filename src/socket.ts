import type { Connection, Peer } from './system.ts'

/** A connection that is being used, as Bun's callbacks and this program's promises see it. */
interface Inbox {
  readonly chunks: Uint8Array[]
  isOver: boolean
  failure: Error | undefined
  wake: () => void
}

/**
 * Connects, over TLS if the peer has `tls`. Resolves once the connection may be used: with TLS only after the certificate has
 * been verified for the host name, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says.
 *
 * @throws the runtime's error, with its `code`, or one with `ECONNRESET`.
 */
export async function connect({ hostname, port, tls }: Peer): Promise<Connection> {
  const inbox: Inbox = { chunks: [], isOver: false, failure: undefined, wake: () => undefined }
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  let unsent: Uint8Array = new Uint8Array()
  function end(failure: Error | undefined): void {
    inbox.isOver = true
    inbox.failure ??= failure
    inbox.wake()
    reject(failure ?? Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
  }
  function connectionOf(socket: Bun.Socket): Connection {
    return {
      send: (bytes) => {
        unsent = bytes.subarray(Math.max(0, socket.write(bytes)))
      },
      receive: async () => receive(inbox),
      isOpen: () => !inbox.isOver && inbox.chunks.length === 0,
      close: () => socket.terminate(),
    }
  }
  Bun.connect({
    hostname,
    port,
    ...(tls === undefined ? {} : { tls: { ...tls, rejectUnauthorized: true } }),
    socket: {
      binaryType: 'uint8array',
      open: (socket) => {
        if (tls === undefined) resolve(connectionOf(socket))
      },
      handshake: (socket, isTrusted, error) => {
        if (isTrusted && error === null) return resolve(connectionOf(socket))
        // In this order: the end of the connection must not become the reason.
        end(error ?? undefined)
        socket.terminate()
      },
      data: (_, chunk) => {
        inbox.chunks.push(chunk)
        inbox.wake()
      },
      drain: (socket) => {
        unsent = unsent.subarray(Math.max(0, socket.write(unsent)))
      },
      end: () => end(undefined),
      close: (_, error) => end(error),
      error: (_, error) => end(error),
      connectError: (_, error) => end(error),
    },
  }).catch(reject)
  return promise
}

async function receive(inbox: Inbox): Promise<Uint8Array | undefined> {
  while (inbox.chunks.length === 0 && !inbox.isOver) {
    // eslint-disable-next-line no-await-in-loop -- one chunk is waited for after the other
    await new Promise<void>((resolve) => {
      inbox.wake = resolve
    })
  }
  const chunk = inbox.chunks.shift()
  if (chunk === undefined && inbox.failure !== undefined) throw inbox.failure
  return chunk
}
