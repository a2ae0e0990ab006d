import { expect, test } from 'bun:test'

import { collect } from '../../../src/host/command.ts'

const KIB = 1024

/** A stream without end, in pieces of 64 KiB, each of another letter, and how many were taken. */
function endless() {
  let taken = 0
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(64 * KIB).fill(97 + (taken % 26)))
      taken += 1
    },
  })
  return { stream, taken: () => taken }
}

test('collect() reads no further than anybody wants', async () => {
  const { stream, taken } = endless()
  const output = collect(stream, 'beginning')
  await output.done
  expect(output.bytes().length).toBe((1024 + 64) * KIB)
  expect(taken()).toBeLessThan(20)
})

test('collect() reads to the end, and keeps the last of it', async () => {
  const pieces = Array.from({ length: 100 }, (_, n) => `${n} `.repeat(1000))
  const output = collect(new Response(pieces.join('')).body ?? endless().stream, 'end')
  await output.done
  const kept = new TextDecoder().decode(output.bytes())
  expect(pieces.join('')).toEndWith(kept)
  expect(kept.length).toBe(4 * KIB)
})
