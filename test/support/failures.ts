import { expect } from 'bun:test'

import { Failure, type FailureCode, printable } from '../../src/base/failure.ts'

/** What `action` throws, which must be a Failure with this code and a message of a line's length. Returns the message as it is printed. */
export function expectFailure(code: FailureCode, action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return judge(error, code)
  }
  throw new Error(`expected a Failure ${code}, but nothing was thrown`)
}

/** Like `expectFailure`, for a promise. */
export async function expectRejection(
  code: FailureCode,
  promise: Promise<unknown>,
): Promise<string> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (outcome === undefined) throw new Error(`expected a Failure ${code}, but it resolved`)
  return judge(outcome.error, code)
}

function judge(error: unknown, code: FailureCode): string {
  if (!(error instanceof Failure)) throw error
  expect([error.code, error.message]).toEqual([code, error.message])
  const line = printable(error.message)
  expect(line).toMatch(/^.{10,400}$/)
  return line
}
