const unitMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60 * 1000],
  ['h', 60 * 60 * 1000],
])

/** The most that fits: 2^63 - 1 nanoseconds. */
const limitMs = 9_223_372_036_854.775

/**
 * Milliseconds of a Go duration such as `5h59m59s`, or an error.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number {
  const [, sign, magnitude = ''] = /^([-+]?)(.*)$/s.exec(text) ?? []
  if (magnitude === '0') return 0
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(magnitude)) {
    throw new Error(`'${text}' is not a Go duration`)
  }
  const parts = magnitude.matchAll(/([\d.]+)(\D+)/g)
  const sum = [...parts].reduce(
    (ms, [, count, unit = '']) => ms + Number(count) * (unitMs.get(unit) ?? NaN),
    0,
  )
  if (!(sum <= limitMs)) throw new Error(`'${text}' is too long for a Go duration`)
  return sign === '-' ? -sum : sum
}
