import { expect } from 'bun:test'

import { type Cause, Failure, printable } from '../../src/base/failure.ts'

/** What `action` throws, which must be a Failure with this cause, or one of these, and a message of a line's length. Returns the message as it is printed. */
export function expectFailure(causes: Cause | readonly Cause[], action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return judge(error, causes)
  }
  throw new Error(`expected a Failure ${String(causes)}, but nothing was thrown`)
}

/** Like `expectFailure`, for a promise. */
export async function expectRejection(
  causes: Cause | readonly Cause[],
  promise: Promise<unknown>,
): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (outcome === undefined)
    throw new Error(`expected a Failure ${String(causes)}, but it resolved`)
  return judge(outcome.error, causes)
}

function judge(error: unknown, causes: Cause | readonly Cause[]): string {
  if (!(error instanceof Failure)) throw error
  const known = typeof causes === 'string' ? [causes] : causes
  expect([error.message, known.includes(error.cause) || error.cause]).toEqual([error.message, true])
  const line = printable(error.message)
  expect(line).toMatch(/^.{10,400}$/)
  return line
}
