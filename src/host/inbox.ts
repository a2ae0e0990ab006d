import { coded } from '../base/failure.ts'

/** What a connection has brought so far, and who waits for it. */
export type Inbox = ReturnType<typeof createInbox>

/** An inbox of a connection that has just been opened. */
export function createInbox() {
  let received = Buffer.alloc(0)
  let failure: Error | undefined
  let look: (() => void) | undefined
  return {
    /** Takes what has come. */
    take: (chunk: Uint8Array): void => {
      received = Buffer.concat([received, chunk])
      look?.()
    },
    /** Takes note of the end: of a failure, or of a peer that has closed. Only the first one counts. */
    end: (error: Error | undefined): void => {
      failure ??= error ?? coded('ECONNRESET')
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
          if (parsed !== undefined) resolve(parsed)
          else if (failure !== undefined) reject(failure)
        } catch (error) {
          reject(error)
        }
      }
      if (failure !== undefined || received.length > 0) look()
      return promise
    },
    /** Whether nothing has come, not even the end. */
    isEmpty: () => failure === undefined && received.length === 0,
  }
}
