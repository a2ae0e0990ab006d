import { coded } from '../base/failure.ts'

/** What a connection has brought so far, and who waits for it. */
export interface Inbox {
  /** Takes what has come. */
  readonly take: (chunk: Uint8Array) => void
  /** Takes note of the end: of a failure, or of a peer that has closed. Only the first one counts. */
  readonly end: (error: Error | undefined) => void
  /**
   * What `parse` makes of all that has come, as soon as it is not `undefined`.
   *
   * @throws what `parse` throws; the error that ended the connection, or one with the `code` `ECONNRESET`.
   */
  readonly wait: <T>(parse: (received: Buffer) => T | undefined) => Promise<T>
  /** Whether nothing has come, not even the end. */
  readonly isEmpty: () => boolean
}

/** An inbox of a connection that has just been opened. */
export function createInbox(): Inbox {
  let received = Buffer.alloc(0)
  let failure: Error | undefined
  let look: (() => void) | undefined
  return {
    take: (chunk) => {
      received = Buffer.concat([received, chunk])
      look?.()
    },
    end: (error) => {
      failure ??= error ?? coded('ECONNRESET')
      look?.()
    },
    wait: <T>(parse: (bytes: Buffer) => T | undefined) => {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      look = () => {
        try {
          const parsed = parse(received)
          if (parsed !== undefined) resolve(parsed)
          else if (failure !== undefined) reject(failure)
        } catch (error) {
          reject(error)
        }
      }
      if (failure !== undefined || received.length > 0) look()
      return promise
    },
    isEmpty: () => failure === undefined && received.length === 0,
  }
}
