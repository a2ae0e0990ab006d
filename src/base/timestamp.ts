import type { Refuse } from './decode.ts'

// The hour ends at 23: `Date.parse` takes 24 for midnight of the next day.
const RFC_3339 =
  /^\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/

/**
 * An RFC 3339 time as milliseconds since 1970. Checked by pattern first, since `Date.parse` takes far more than that.
 *
 * @throws {Failure} of `refuse` - not such a time.
 * @see https://datatracker.ietf.org/doc/html/rfc3339#section-5.6
 */
export function parseTimestamp(text: string, refuse: Refuse): number {
  const milliseconds =
    RFC_3339.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text.toUpperCase()) : Number.NaN
  if (!Number.isNaN(milliseconds)) return milliseconds
  throw refuse('it is not as documented: its expiry is not an RFC 3339 time')
}

/** `Date.parse` takes February 30 for March 2. */
function isDay(date: string): boolean {
  return new Date(Date.parse(date)).getUTCDate() === Number(date.slice(8))
}
