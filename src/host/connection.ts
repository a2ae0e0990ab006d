import type { X509Certificate } from 'node:crypto'

import { isAddress } from '../base/addresses.ts'
import { coded, codeOf } from '../base/failure.ts'
import type { Peer } from '../base/system.ts'

/** What a connection that has just been opened will bring, and who waits for it. */
export function createInbox() {
  let received = Buffer.alloc(0)
  let hasEnded = false
  let reason: Error | undefined
  let look: (() => void) | undefined
  return {
    /** Takes what has come. */
    take: (chunk: Uint8Array): void => {
      received = Buffer.concat([received, chunk])
      look?.()
    },
    /** Takes note of the end: of a failure, or of a peer that has closed. Only the first one counts. */
    end: (error: Error | undefined): void => {
      if (!hasEnded) reason = error
      hasEnded = true
      look?.()
    },
    /**
     * What `parse` makes of all that has come, as soon as it is not `undefined`.
     *
     * @throws what `parse` throws; the error that ended the connection, or one with the `code` `ECONNRESET`.
     */
    wait: <T>(parse: (bytes: Buffer) => T | undefined): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      look = () => {
        try {
          const parsed = parse(received)
          if (parsed === undefined && !hasEnded) return
          if (parsed === undefined) throw reason ?? coded('ECONNRESET')
          resolve(parsed)
        } catch (error) {
          reject(error)
        }
        // Whoever waited has the result: the end of the connection must not parse it all again.
        look = undefined
      }
      if (hasEnded || received.length > 0) look()
      return promise
    },
    /** Whether nothing has come, not even the end. */
    isEmpty: () => !hasEnded && received.length === 0,
  }
}

/** Codes of the operating system for an address that nothing leads to. */
const NO_WAY = /^E(NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL|AFNOSUPPORT)$/

/**
 * A failure to connect, with a code that tells a missing route from a refusal: Bun calls both a refusal. To connect a UDP
 * socket sends nothing, and fails where there is no route.
 */
export async function nameFailure(peer: Peer, error: unknown): Promise<unknown> {
  // Of the same family.
  const hostname = peer.hostname.includes(':') ? '::' : '0.0.0.0'
  // In a function, since it may also throw at once.
  const probe = async () => Bun.udpSocket({ hostname, connect: peer })
  const reason = await probe().then((socket) => socket.close(), codeOf)
  return NO_WAY.test(String(reason)) ? coded('ENETUNREACH') : error
}

/**
 * The error with which a certificate is refused, if it is: the TLS library's, else for a host that it is not for; with what a
 * person needs to know about it (`issuer`, `validFrom`, `validTo`). Or the error of a handshake that broke.
 *
 * Of the names in it only its subjectAltName counts, and a `*` only as a whole left-most label. Bun itself also takes a common
 * name, and `t*.example.com`.
 *
 * @param host - a name, or an address without brackets.
 * @see https://www.rfc-editor.org/rfc/rfc9525#section-6.3
 */
export function refusalOf(
  error: Error | null,
  certificate: X509Certificate | undefined,
  host: string,
): Error | undefined {
  if (error !== null && codeOf(error) === 'EPROTO') return brokenHandshake(error)
  const options = { subject: 'never', partialWildcards: false } as const
  const name = isAddress(host) ? certificate?.checkIP(host) : certificate?.checkHost(host, options)
  if (error === null && name !== undefined) return undefined
  const { issuer, validFrom, validTo } = certificate ?? {}
  const refusal = error ?? coded('ERR_TLS_CERT_ALTNAME_INVALID')
  return Object.assign(refusal, { issuer, validFrom, validTo })
}

/** A handshake that breaks, and is no verdict on a certificate: `ENOTLS` where the peer speaks something else. */
export function brokenHandshake({ message }: Error): Error {
  return coded(message.includes('WRONG_VERSION_NUMBER') ? 'ENOTLS' : 'EPROTO')
}
