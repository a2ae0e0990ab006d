import fc from 'fast-check'

import type { HttpAnswer } from '../../../src/net/network.ts'
import { SENTINEL } from './target.ts'

/** Values that no field expects, many of them with the sentinel, which no message may show. */
const wrong: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    0,
    -1,
    1e300,
    true,
    [],
    {},
    SENTINEL,
    [SENTINEL],
    { [SENTINEL]: SENTINEL },
    `${SENTINEL}\n`,
  ),
  fc.json({ maxDepth: 2 }).map((text): unknown => JSON.parse(text)),
  fc.string({ unit: 'binary' }).map((text) => text + SENTINEL),
)

/** One of the ways to spoil a document: some fields of it, here or further inside, have another value or none. */
function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) {
    const elements = value.map((each: unknown) => mostly(each))
    return fc.tuple(...elements)
  }
  if (typeof value !== 'object' || value === null) return wrong
  const fields = Object.entries(value).map(
    ([key, inside]: [string, unknown]): [string, fc.Arbitrary<unknown>] => [key, mostly(inside)],
  )
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true })
}

function mostly(value: unknown): fc.Arbitrary<unknown> {
  const isLeaf = typeof value !== 'object' || value === null
  return fc.oneof(
    { weight: isLeaf ? 10 : 1, arbitrary: fc.constant(value) },
    { weight: 1, arbitrary: wrong },
    { weight: 1, arbitrary: fc.constantFrom('', undefined) },
    { weight: isLeaf ? 0 : 20, arbitrary: spoiled(value) },
  )
}

const flip = fc.record({ at: fc.nat({ max: 400 }), byte: fc.nat({ max: 255 }) })

/** Bytes with some of them changed, or the end missing, or something behind it. */
export function mangled(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const behind = fc.constantFrom('', '', '', SENTINEL, '{}', '\0').map((text) => Buffer.from(text))
  return fc
    .tuple(bytes, fc.array(flip, { maxLength: 3 }), fc.option(fc.nat({ max: 400 })), behind)
    .map(([whole, flips, end, more]) => {
      const copy = Buffer.concat([whole.subarray(0, end ?? whole.length), more])
      for (const { at, byte } of flips) if (at < copy.length) copy[at] = byte
      return copy
    })
}

/** A JSON document in UTF-8: as it should be, with spoilt fields, with spoilt bytes, or none at all. */
export function documents(sample: object): fc.Arbitrary<Uint8Array> {
  const nearly = spoiled(sample).map((value) => Buffer.from(JSON.stringify(value) ?? ''))
  return fc.oneof(
    { weight: 6, arbitrary: nearly },
    { weight: 2, arbitrary: mangled(nearly) },
    { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  )
}

/** A document of the given bytes as the network hands it to a judge. */
export function answerOf(body: Uint8Array, status = 200): HttpAnswer {
  return { kind: 'answer', status, headers: new Headers(), body }
}
