import * as v from 'valibot'

import { decode, NonEmpty, parseJson } from '../base/decode.ts'
import { MAX_LIFE_MS } from '../ecr/token.ts'

const Entry = v.object({
  bootId: NonEmpty,
  /** Milliseconds since that boot. */
  storedAtMs: v.pipe(v.number(), v.finite()),
  /** The node's clock then, in milliseconds since 1970. */
  storedAtWallMs: v.pipe(v.number(), v.finite()),
  /** How long the token was still valid then, in milliseconds. */
  lifeMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LIFE_MS)),
  username: NonEmpty,
  password: NonEmpty,
})

/** A token in a file of the cache. */
export type CacheEntry = v.InferOutput<typeof Entry>

/** The entry in a file's text, `undefined` when it is half written, or of another version. */
export function parseEntry(text: string): CacheEntry | undefined {
  const subject = { code: 'bad_config', name: 'a cached token' } as const
  try {
    return decode(Entry, parseJson(new TextEncoder().encode(text), subject), subject)
  } catch {
    return undefined
  }
}
