import type { Connection, Peer, Tls } from '../base/system.ts'
import { createInbox, nameFailure, refusalOf } from './connection.ts'

/**
 * Connects to an address over TCP.
 *
 * @throws the runtime's error, with its `code`.
 */
export async function connect(peer: Peer): Promise<Connection> {
  const { hostname, port } = peer
  const stream = createStream()
  try {
    const socket = await Bun.connect({ hostname, port, socket: handlersOf(stream) })
    return connectionOn(socket, stream)
  } catch (error) {
    throw await nameFailure(peer, error)
  }
}

type Stream = ReturnType<typeof createStream>

/** A connection's two directions. */
function createStream() {
  const unsent: Uint8Array = new Uint8Array()
  // Once TLS has been put on top, its bytes are no longer for this stream's reader.
  return { inbox: createInbox(), unsent, isCarrier: false }
}

/** What Bun calls when something happens to a socket. */
function handlersOf(stream: Stream): Bun.SocketHandler<undefined> {
  const { inbox } = stream
  return {
    data: (_, chunk) => {
      if (!stream.isCarrier) inbox.take(chunk)
    },
    drain: (socket) => {
      stream.unsent = stream.unsent.subarray(Math.max(0, socket.write(stream.unsent)))
    },
    end: () => inbox.end(undefined),
    close: (_, error) => inbox.end(error),
    error: (_, error) => inbox.end(error),
  }
}

function connectionOn(socket: Bun.Socket, stream: Stream): Connection {
  return {
    sendAndParse: async (bytes, parse) => {
      // What cannot be sent at once follows when the peer has read.
      stream.unsent = bytes.subarray(Math.max(0, socket.write(bytes)))
      return stream.inbox.wait(parse)
    },
    secure: (tls) => secure(socket, stream, tls),
    isOpen: stream.inbox.isEmpty,
    issuer: () => socket.getPeerX509Certificate()?.issuer,
    close: () => socket.terminate(),
  }
}

function secure(socket: Bun.Socket, carrier: Stream, tls: Tls): Promise<Connection> {
  const stream = createStream()
  carrier.isCarrier = true
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  // Certificates that cannot be parsed end the carrier, a broken handshake the stream on top of it.
  for (const { inbox } of [carrier, stream]) inbox.wait(() => undefined).catch(reject)
  try {
    socket.upgradeTLS({
      data: undefined,
      tls: {
        serverName: tls.sni,
        ca: tls.ca,
        // Explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED has no effect.
        rejectUnauthorized: true,
        // Only where it is needed: with it Bun also reads what NODE_EXTRA_CA_CERTS names, although it trusts none of that.
        ...(tls.allowsIntermediates ? { allowPartialTrustChain: true } : {}),
      },
      socket: {
        ...handlersOf(stream),
        handshake: (peer, isTrusted, error) => {
          const refusal = refusalOf(error, peer.getPeerX509Certificate(), tls.host)
          if (isTrusted && refusal === undefined) return resolve(connectionOn(peer, stream))
          // Before the end of the connection, which must not become the reason.
          stream.inbox.end(refusal)
          peer.terminate()
        },
      },
    })
  } catch (error) {
    // Such certificates may also make it throw at once.
    reject(error)
  }
  return promise
}
