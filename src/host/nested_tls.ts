import type { Socket } from 'node:net'

import { codeOf } from '../base/failure.ts'
import type { Connection, Peer, Tls } from '../base/system.ts'
import { brokenHandshake, createInbox, nameFailure, refusalOf } from './connection.ts'

/**
 * Connects to an address over TCP, like `connect`, but so that TLS may be put on top twice: for a proxy that is itself
 * reached over TLS. Bun's own sockets can do that only once. Loading `node:tls` takes 2 ms, which only such a run pays.
 *
 * @throws the runtime's error, with its `code`.
 */
export async function connectNested(peer: Peer): Promise<Connection> {
  const { connect } = process.getBuiltinModule('node:net')
  return ready(connect({ host: peer.hostname, port: peer.port }), 'connect').catch(
    async (error: unknown) => {
      throw await nameFailure(peer, error)
    },
  )
}

/**
 * The connection on a socket, once that has opened.
 *
 * @param event - says that it has.
 * @param refusal - why it must not be used all the same.
 * @throws the runtime's error, or that of `refusal`, with its `code`.
 */
async function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  refusal: () => Error | undefined = () => undefined,
): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  const inbox = createInbox()
  inbox.wait(() => undefined).catch(reject)
  socket.on('error', (error) => {
    // As Bun's own sockets name it: a handshake that breaks is no verdict on a certificate.
    const isHandshake = String(codeOf(error)).startsWith('ERR_SSL_')
    inbox.end(isHandshake ? brokenHandshake(error) : error)
  })
  for (const end of ['end', 'close']) socket.on(end, () => inbox.end(undefined))
  socket.once(event, () => {
    const error = refusal()
    if (error !== undefined) return void socket.destroy(error)
    socket.on('data', inbox.take)
    resolve({
      sendAndParse: async (bytes, parse) => {
        socket.write(bytes)
        return inbox.wait(parse)
      },
      secure: async (tls) => {
        socket.off('data', inbox.take)
        return secure(socket, tls)
      },
      isOpen: inbox.isEmpty,
      close: () => socket.destroy(),
    })
  })
  return promise
}

async function secure(carrier: Socket, tls: Tls): Promise<Connection> {
  const { connect } = process.getBuiltinModule('node:tls')
  // With this variable `node:tls` prints a warning, although it has no effect here.
  const { NODE_TLS_REJECT_UNAUTHORIZED: hidden } = process.env
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  const socket = connect({
    socket: carrier,
    servername: tls.sni,
    ca: tls.ca,
    rejectUnauthorized: true,
    allowPartialTrustChain: tls.allowsIntermediates,
  })
  if (hidden !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = hidden
  return ready(socket, 'secureConnect', () =>
    refusalOf(null, socket.getPeerX509Certificate(), tls.host),
  )
}
