/** How far apart moments are. */
export interface Spread {
  /** From the first to the last. */
  readonly rangeMs: number
  /** Share of the fullest stretch of 50 ms. */
  readonly fullest: number
}

const BUCKET_MS = 50

/** The spread of moments. */
export function spreadOf(momentsMs: readonly number[]): Spread {
  const first = Math.min(...momentsMs)
  const buckets = Map.groupBy(momentsMs, (moment) => Math.floor((moment - first) / BUCKET_MS))
  const sizes = [...buckets.values()].map(({ length }) => length)
  return {
    rangeMs: Math.max(...momentsMs) - first,
    fullest: Math.max(...sizes) / momentsMs.length,
  }
}
