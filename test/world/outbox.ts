import type { Socket } from 'bun'

/** Bytes on their way into a socket that takes them only as fast as its peer reads. */
export interface Outbox {
  /** Settles when the kernel has taken all of `bytes`, or the socket is closed. */
  readonly send: (bytes: Uint8Array) => Promise<void>
  /** To be called on the socket's `drain` and `close`. */
  readonly wake: () => void
}

/** An outbox in front of `socket`. */
export function createOutbox<Data>(socket: Socket<Data>): Outbox {
  let wake: (() => void) | undefined
  let last = Promise.resolve()
  const sendAll = async (bytes: Uint8Array) => {
    let rest = bytes
    while (rest.length > 0) {
      const taken = socket.write(rest)
      if (taken < 0) return
      rest = rest.subarray(taken)
      if (rest.length === 0) return
      // The next piece can only follow this one
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    send: (bytes) => (last = last.then(() => sendAll(bytes))),
    wake: () => wake?.(),
  }
}
