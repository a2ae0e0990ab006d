import type { System } from '../base/system.ts'

/** The time as AWS has it, as far as this run knows. */
export type Clock = ReturnType<typeof startClock>

/** AWS refuses signatures that are off by five minutes; below four the clock is not the reason. */
export const MIN_SKEW_MS = 240_000

/** A `Date` that travelled longer than this says nothing about now. */
const MAX_ROUND_TRIP_MS = 15 * 60 * 1000

/** RFC 9110, 5.6.7: the form that a sender must use. */
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * AWS's time in the headers of an answer, in milliseconds since 1970; `undefined` when they do not say what time it is now.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1
 */
export function dateOf(headers: Headers): number | undefined {
  const date = headers.get('date') ?? ''
  // An `Age` means that a cache answered, with a `Date` of its own past. `Date.parse` alone takes far more than dates.
  if (!IMF_FIXDATE.test(date) || headers.has('age')) return undefined
  const dateMs = Date.parse(date)
  return Number.isNaN(dateMs) ? undefined : dateMs
}

/** A clock that starts as the node's own. */
export function startClock(system: Pick<System, 'now' | 'step'>) {
  let skewMs: number | undefined
  /** Milliseconds since 1970: the node's clock, corrected once AWS has shown that it is wrong. */
  const now = () => system.now() + (skewMs ?? 0)
  /**
   * Takes AWS's time from the headers of an answer to a request sent at `sentAtMs` (by the node's clock). True if `now` was
   * corrected: that happens at most once, and only for a difference large enough for AWS to refuse a signature.
   */
  function learn(headers: Headers, sentAtMs: number): boolean {
    const receivedAtMs = system.now()
    const dateMs = dateOf(headers)
    if (skewMs !== undefined || dateMs === undefined) return false
    if (Math.abs(receivedAtMs - sentAtMs) > MAX_ROUND_TRIP_MS) return false
    const sampleMs = dateMs - (sentAtMs + receivedAtMs) / 2
    if (Math.abs(sampleMs) < MIN_SKEW_MS) return false
    skewMs = sampleMs
    const direction = sampleMs > 0 ? 'behind' : 'ahead'
    const seconds = Math.abs(Math.round(sampleMs / 1000))
    system.step(`the clock of this node is ${seconds} s ${direction}, correcting`)
    return true
  }
  return { now, learn }
}
