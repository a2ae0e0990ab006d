import type { Socket } from 'bun'

import type { Action } from './faults.ts'
import type { Outbox } from './outbox.ts'

/** What it takes to send an answer on a connection. */
export interface Player {
  readonly outbox: Outbox
  closed: boolean
}

/** What a server keeps about one of its connections. */
export interface Connection extends Player {
  readonly id: number
  received: Buffer
  busy: boolean
}

/** Sends an answer: does one action after the other, until the connection is closed. */
export async function playActions<Data extends Player>(
  socket: Socket<Data>,
  actions: readonly Action[],
): Promise<void> {
  for (const action of joinWrites(actions)) {
    if (socket.data.closed) return
    // One after the other is the point
    await playAction(socket, action)
  }
}

async function playAction<Data extends Player>(
  socket: Socket<Data>,
  action: Action,
): Promise<void> {
  switch (action.do) {
    case 'wait':
      return Bun.sleep(action.ms)
    case 'write':
      return socket.data.outbox.send(action.bytes)
    case 'hang':
      // Never settles, so the connection stays busy and silent until the server stops.
      return new Promise(() => {})
    case 'reset':
      socket.terminate()
      return
    case 'close':
      socket.end()
      return
  }
}

/** Head and body leave in one write, as from a real server. */
function joinWrites(actions: readonly Action[]): readonly Action[] {
  const joined: Action[] = []
  for (const action of actions) {
    const before = joined.at(-1)
    if (action.do !== 'write' || before?.do !== 'write') joined.push(action)
    else joined.splice(-1, 1, { do: 'write', bytes: Buffer.concat([before.bytes, action.bytes]) })
  }
  return joined
}
