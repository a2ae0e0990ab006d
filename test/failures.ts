import { expect } from 'bun:test'

import { Failure, type FailureCode } from '../src/base/failure.ts'

/** What `action` throws, which must be a Failure with this code and a message of one printable line. Returns the message. */
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
  expect(error.message).toMatch(/^[\x20-\x7e]{10,400}$/)
  return error.message
}
