import { expect } from 'bun:test'

import fc from 'fast-check'

import { createInbox } from '../../../src/host/connection.ts'
import { parseAnswer } from '../../../src/net/answer.ts'
import { target } from './target.ts'

/** Status, and the body byte for byte; or the code of the refusal. */
async function read(pieces: readonly Uint8Array[]): Promise<string> {
  const inbox = createInbox()
  const answer = inbox.wait(parseAnswer)
  for (const piece of pieces) inbox.take(piece)
  inbox.end(undefined)
  try {
    const { status, body } = await answer
    return `${status} ${body.toHex()}`
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? String(error.code)
      : 'an error without a code'
  }
}

/** An answer that is as it should be, in one of the ways to write it. */
interface Written {
  readonly status: number
  readonly body: Uint8Array
  readonly bytes: Uint8Array
}

const field = fc
  .tuple(
    fc.stringMatching(/^X-[A-Za-z0-9!#$%&'*+.^_`|~-]{0,8}$/),
    fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,12}$/),
  )
  .map(([name, value]) => `${name}:${value}\r\n`)
const fields = fc.array(field, { maxLength: 3 }).map((lines) => lines.join(''))
const interim = fc.constantFrom(
  '',
  '',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 -\r\nA: b\r\n\r\n',
)
const bodies = fc.uint8Array({ maxLength: 60 })

const withLength = fc
  .tuple(interim, fc.constantFrom(200, 403, 500), fields, bodies)
  .map(([before, status, more, body]): Written => {
    const head = `${before}HTTP/1.1 ${status} -\r\n${more}content-length: ${body.length}\r\n\r\n`
    return { status, body, bytes: Buffer.concat([Buffer.from(head, 'latin1'), body]) }
  })
const inChunks = fc
  .tuple(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 4 }), fields)
  .map(([chunks, trailers]): Written => {
    const framed = chunks.flatMap((chunk) => [
      Buffer.from(`${chunk.length.toString(16)};x=y\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ])
    const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const bytes = Buffer.concat([head, ...framed, Buffer.from(`0\r\n${trailers}\r\n`, 'latin1')])
    return { status: 200, body: Buffer.concat(chunks), bytes }
  })
const written = fc.oneof(withLength, inChunks)
const cuts = fc.array(fc.nat({ max: 250 }), { maxLength: 12 })

function cutAt(bytes: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const points = [...new Set([0, ...at, bytes.length])].filter((cut) => cut <= bytes.length)
  const sorted = points.toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
}

const edit = fc.record({
  at: fc.nat({ max: 250 }),
  gone: fc.nat({ max: 3 }),
  put: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constant(Buffer.from('\r\n'))),
})

function spoil(bytes: Uint8Array, edits: readonly { at: number; gone: number; put: Uint8Array }[]) {
  return edits.reduce(
    (text, { at, gone, put }) =>
      Buffer.concat([text.subarray(0, at), put, text.subarray(at + gone)]),
    Buffer.from(bytes),
  )
}

const OUTCOME = /^([2-5][0-9]{2} [0-9a-f]*|ECONNRESET|EBADMSG|EMSGSIZE|ENOLENGTH)$/

/** Wherever the network cuts, and whatever it sends. */
export const HTTP1 = [
  target('parseAnswer() reads what was sent, wherever the network cuts', {
    inputs: fc.tuple(written, cuts),
    judge: async ([{ status, body, bytes }, at]) => {
      expect(await read(cutAt(bytes, at))).toBe(`${status} ${body.toHex()}`)
    },
  }),
  target('parseAnswer() notices every end that comes too early', {
    inputs: fc.tuple(written, fc.nat()),
    judge: async ([{ bytes }, at]) => {
      expect(await read([bytes.subarray(0, at % bytes.length)])).toBe('ECONNRESET')
    },
  }),
  target('parseAnswer() gives an answer or one of four codes, whatever comes', {
    inputs: fc.oneof(
      fc.array(fc.uint8Array({ maxLength: 40 })),
      fc
        .tuple(written, fc.array(edit, { maxLength: 3 }), cuts)
        .map(([{ bytes }, edits, at]) => cutAt(spoil(bytes, edits), at)),
    ),
    judge: async (pieces) => {
      const outcome = await read(pieces)
      expect(outcome).toMatch(OUTCOME)
      // The same bytes mean the same in one piece, unless something still comes after the answer.
      const whole = await read([Buffer.concat(pieces)])
      if (whole !== 'EBADMSG') expect(outcome).toBe(whole)
    },
  }),
]
