import * as v from 'valibot'

import { coded, failure, quote } from './failure.ts'

/** Makes the error for an input that is refused. It names the input; `reason` says what is wrong: `it is not valid JSON`. */
export type Refuse = (reason: string) => Error

/** Refuses an answer, by its name in the error line: `ECR's answer`. */
export function refuseAnswer(answer: string): Refuse {
  return (reason) => failure('answer_form', { answer, reason })
}

/**
 * UTF-8 JSON to `unknown`. A byte order mark, trailing bytes and a second document are errors (RFC 8259, 2 and 8.1). Of
 * a name that an object has twice the last one counts, as in the JSON readers of the AWS SDKs.
 *
 * @throws {Failure} of `refuse` - not UTF-8 or not JSON. The engine's own message is dropped, since it quotes the
 * input (`JSON Parse error: Unexpected identifier "SECRET"`).
 */
export function parseJson(bytes: Uint8Array, refuse: Refuse): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    // Never trusted: every caller hands the result to `decode`.
    return JSON.parse(text)
  } catch {
    throw refuse('it is not valid JSON')
  }
}

/**
 * `value` as the schema's output type.
 *
 * @throws {Failure} of `refuse` - names the first field that does not fit and what was expected there. The value is
 * never shown: valibot's own messages and its `received` quote it, so only the path and `expected` are used.
 */
export function decode<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  refuse: Refuse,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue)
  const field = path === null ? 'it' : quote(path)
  // `expected` comes from the schema, a constant of ours.
  let state = `must be ${issue.expected ?? 'of another form'}`
  if (issue.type === 'non_empty') state = 'is empty'
  if (path !== null && issue.input === undefined) state = 'is missing'
  throw refuse(`it is not as documented: ${field} ${state}`)
}

/** The value in JSON text, `undefined` when it is no JSON or does not fit the schema. */
export function decodeIfValid<const Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
): v.InferOutput<Schema> | undefined {
  try {
    return decode(schema, parseJson(bytes, coded), coded)
  } catch {
    return undefined
  }
}

/**
 * The text of the only element with this name, in the one form in which AWS writes keys and error codes: `<Name>text</Name>`.
 * `undefined` when there is no such element, more than one, an empty one, or one in any other form.
 *
 * Deliberately not an XML parser: entities, CDATA and attributes are refused. Nothing is lost by that: whoever can
 * impersonate AWS can send any keys in plain text.
 */
export function elementText(xml: string, name: string): string | undefined {
  const found = [...xml.matchAll(new RegExp(`<${name}\\b(?:>([^<&]+)</${name}>)?`, 'g'))]
  return found.length === 1 ? found[0]?.[1] : undefined
}

/** A string with at least one character. */
export const NonEmpty = v.pipe(v.string(), v.nonEmpty())

/** Whether a secret can be sent in a header: visible ASCII (RFC 9110, 5.5). Anything else would break or end the header. */
export function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

/** A string that can be sent in a header. */
export const HeaderText = v.pipe(NonEmpty, v.check(isHeaderText))

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
  // `Date.parse` takes February 30 for March 2.
  const day = new Date(Date.parse(text.slice(0, 10))).getUTCDate()
  const isTime = RFC_3339.test(text) && day === Number(text.slice(8, 10))
  const milliseconds = isTime ? Date.parse(text.toUpperCase()) : Number.NaN
  if (!Number.isNaN(milliseconds)) return milliseconds
  throw refuse('it is not as documented: its expiry is not an RFC 3339 time')
}
