import type { Action, Fault } from './faults.ts'
import { formatReply, type Reply } from './reply.ts'
import { spoilReply } from './spoil.ts'

/** What a server does to send `reply` under `faults`. Changes of the reply come before changes of its delivery. */
export function planActions(reply: Reply, faults: readonly Fault[]): Action[] {
  const changed = faults.reduce(spoilReply, reply)
  const { head, body } = formatReply(changed)
  const whole = [write(head), write(body)]
  return faults.reduce((actions, fault) => changeDelivery(actions, { fault, head, body }), whole)
}

interface Delivery {
  readonly fault: Fault
  readonly head: Uint8Array
  readonly body: Uint8Array
}

function changeDelivery(actions: Action[], { fault, head, body }: Delivery): Action[] {
  switch (fault.kind) {
    case 'delay':
      return [{ do: 'wait', ms: fault.ms }, ...actions]
    case 'hang':
    case 'reset':
    case 'close':
      return [{ do: fault.kind }]
    case 'reset-after-headers':
      return [write(head), { do: 'wait', ms: 10 }, { do: 'reset' }]
    case 'truncate': {
      const kept = body.length - (fault.missing ?? Math.ceil(body.length / 2))
      return [write(head), write(body.subarray(0, Math.max(kept, 0))), { do: 'close' }]
    }
    case 'stall': {
      const sent = fault.sent ?? Math.floor(body.length / 2)
      return [write(head), write(body.subarray(0, sent)), { do: 'hang' }]
    }
    case 'drip':
      return dripActions(Buffer.concat([head, body]), fault)
    case 'raw': {
      const bytes = write(Buffer.from(fault.bytes))
      return fault.open === true ? [bytes] : [bytes, { do: 'close' }]
    }
    case 'preface':
      return [write(Buffer.from(fault.bytes)), ...actions]
    case 'appendix':
      return [...actions, write(Buffer.from(fault.bytes))]
    case 'date':
    case 'redirect':
    case 'answer':
    case 'headers':
    case 'reason':
    case 'edit':
    case 'oversize':
    case 'gzip':
    case 'chunked':
      return actions
  }
}

function dripActions(bytes: Uint8Array, drip: { bytes: number; everyMs: number }): Action[] {
  const actions: Action[] = []
  for (let at = 0; at < bytes.length; at += drip.bytes) {
    actions.push(write(bytes.subarray(at, at + drip.bytes)), { do: 'wait', ms: drip.everyMs })
  }
  return actions
}

function write(bytes: Uint8Array): Action {
  return { do: 'write', bytes }
}
