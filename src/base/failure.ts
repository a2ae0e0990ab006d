import { type OWN_LINES } from './lines/own.ts'
import { type PROBLEMS } from './lines/peer.ts'

/** Why a run ended without an answer, in detail. Stable: `doctor` prints it. */
export type Cause = keyof typeof OWN_LINES | keyof typeof PROBLEMS

/**
 * Why a run ended without an answer. Closed on purpose: tests and the exit code depend on it.
 * `bad_usage` is the only one that exits with 2, all others exit with 1.
 */
export type FailureCode =
  | 'bad_usage'
  | 'bad_request'
  | 'not_ecr'
  | 'bad_config'
  | 'no_credentials'
  | 'unreachable'
  | 'refused'
  | 'throttled'
  | 'bad_response'
  | 'timed_out'
  | 'bad_output'
  | 'bug'

/**
 * The one error this program throws on purpose: "configured but unusable, refused or unreachable".
 * Whatever else is thrown is a bug and is never printed.
 *
 * `message` becomes the line on stderr, `printable` and otherwise as it is. It is made only of constants, host names, file paths,
 * profile, role and field names, AWS error codes, status codes and times, so there is nothing to redact.
 */
export class Failure extends Error {
  // A literal: minifying renames the class, and `this.constructor.name` with it.
  override readonly name = 'Failure'
  readonly code: FailureCode
  override readonly cause: Cause

  constructor(code: FailureCode, message: string, cause: Cause = 'bug') {
    super(message)
    this.code = code
    this.cause = cause
  }
}

/** Longer names are cut: one line must stay one readable line in the kubelet's log. */
const MAX_PRINTED_CHARACTERS = 120

/** A name from outside (host, path, profile) in double quotes, of which it has none itself; no length floods the log. */
export function quote(name: string): string {
  const own = name.replaceAll('"', '?')
  if (own.length <= MAX_PRINTED_CHARACTERS) return `"${own}"`
  return `"${own.slice(0, MAX_PRINTED_CHARACTERS)}..."`
}

/** What every line passes before it is written: no control character can end it or drive a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

/** The `code` of an error of the operating system or the runtime, `undefined` where there is none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** An error with a `code`, as the runtime's own have. Its text says nothing, since it is never shown. */
export function coded<Code extends string>(code: Code): Error & { readonly code: Code } {
  return Object.assign(new Error('coded'), { code })
}
