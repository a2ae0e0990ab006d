/** A ratio, and the interval in which it lies with a probability of 95 %. */
export interface Ratio {
  readonly value: number
  readonly low: number
  readonly high: number
}

const RESAMPLES = 2000

/** The middle of the values; NaN without any. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}

/**
 * The median of each round's ratio. What slows the machine down for a while slows both sides of a round, so this tells
 * more than the ratio of the medians. The interval is the percentile bootstrap's (Efron and Tibshirani, An Introduction to
 * the Bootstrap, 13.3) over rounds, a round's two values never apart.
 */
export function pairedRatio(
  values: readonly number[],
  others: readonly number[],
  random = Math.random,
): Ratio {
  const ratios = values.map((value, round) => value / (others[round] ?? NaN))
  const draw = () => ratios[Math.floor(random() * ratios.length)] ?? NaN
  const medians = Array.from({ length: RESAMPLES }, () => median(ratios.map(draw))).toSorted(
    (a, b) => a - b,
  )
  const at = (share: number) => medians[Math.round(share * (RESAMPLES - 1))] ?? NaN
  return { value: median(ratios), low: at(0.025), high: at(0.975) }
}

/** The values in random order, each order as likely as any other (Fisher and Yates). */
export function shuffle<Value>(values: readonly Value[], random = Math.random): readonly Value[] {
  const left = [...values]
  return values.flatMap(() => left.splice(Math.floor(random() * left.length), 1))
}
