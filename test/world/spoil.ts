import type { Fault } from './faults.ts'
import type { Reply } from './reply.ts'

/** The reply with what a fault changes in it; faults of the delivery change nothing here. */
export function spoilReply(reply: Reply, fault: Fault): Reply {
  const { headers, body } = reply
  switch (fault.kind) {
    case 'date':
      return {
        ...reply,
        headers: { ...headers, Date: skewDate(headers['Date'], fault.skewSeconds) },
      }
    case 'redirect': {
      const status = fault.status ?? 307
      return { status, headers: { ...headers, Location: fault.location }, body: '' }
    }
    case 'answer': {
      const { status, body: other = '' } = fault
      return { status, headers: { ...headers, ...fault.headers }, body: other }
    }
    case 'headers':
      return { ...reply, headers: { ...headers, ...fault.headers } }
    case 'reason':
      return { ...reply, reason: fault.text }
    case 'edit':
      return { ...reply, body: editBody(body, fault) }
    case 'oversize':
      return { ...reply, body: padBody(body, fault.bytes) }
    case 'gzip': {
      const packed = Bun.gzipSync(Buffer.from(body))
      return { ...reply, headers: { ...headers, 'Content-Encoding': 'gzip' }, body: packed }
    }
    case 'chunked':
      return { ...reply, chunkBytes: fault.bytes }
    case 'delay':
    case 'hang':
    case 'reset':
    case 'reset-after-headers':
    case 'close':
    case 'truncate':
    case 'stall':
    case 'drip':
    case 'raw':
    case 'preface':
    case 'appendix':
      return reply
  }
}

function skewDate(date: string | undefined, skewSeconds: number): string {
  return new Date(Date.parse(date ?? '') + skewSeconds * 1000).toUTCString()
}

function editBody(
  body: string | Uint8Array,
  { pattern, replacement }: { readonly pattern: RegExp; readonly replacement: string },
): string {
  return Buffer.from(body).toString().replaceAll(pattern, replacement)
}

function padBody(body: string | Uint8Array, size: number): Uint8Array {
  const bytes = Buffer.from(body)
  const padded = Buffer.alloc(Math.max(size, bytes.length), ' ')
  bytes.copy(padded)
  return padded
}
