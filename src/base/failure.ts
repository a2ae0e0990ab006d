import { OWN_LINES } from './lines/own.ts'
import { PROBLEMS, SUBJECTS } from './lines/peer.ts'

type Own = typeof OWN_LINES
type Subjects = typeof SUBJECTS
type Problems = typeof PROBLEMS

/** Why another party (AWS, IMDS, a proxy, a resolver) gave no usable answer. */
export type PeerCause = keyof Problems

/** Why a run ended without an answer. Stable: tests, the exit code and `doctor` depend on it. */
export type Cause = keyof Own | PeerCause

/**
 * The one error this program throws on purpose: "configured but unusable, refused or unreachable".
 * Whatever else is thrown is a bug and is never printed.
 *
 * `message` becomes the line on stderr, changed by {@link printable} alone. Only {@link failure} and {@link failed} make it,
 * from the lines in `lines/` and from host names, file paths, profile, role and field names, AWS error codes, status codes and
 * times, so there is nothing to redact.
 */
export class Failure extends Error {
  // A literal: minifying renames the class, and `this.constructor.name` with it.
  override readonly name = 'Failure'
  override readonly cause: Cause

  constructor(cause: Cause, message: string) {
    super(message)
    this.cause = cause
  }
}

/** The names of a line's placeholders: `host` in `'{host}' refused the connection`. */
type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never
type Values<Text> = Readonly<Record<Placeholders<Text>, string | number>>

/** A failure whose cause is on this node: the command line, the configuration, a file. */
export function failure<C extends keyof Own>(cause: C, values: Values<Own[C]>): Failure {
  return new Failure(cause, fill(OWN_LINES[cause], values))
}

/** The beginning of a line about another party, which says what was wanted of it. A {@link problem} follows. */
export function subject<N extends keyof Subjects>(name: N, values: Values<Subjects[N]>): string {
  return fill(SUBJECTS[name], values)
}

/** What went wrong with another party. */
export interface Problem {
  readonly cause: PeerCause
  /** The words for it, which follow a {@link subject}. */
  readonly problem: string
}

/** A {@link Problem}, in the words of `lines/peer.ts`. */
export function problem<C extends PeerCause>(cause: C, values: Values<Problems[C]>): Problem {
  return { cause, problem: fill(PROBLEMS[cause], values) }
}

/** The failure of another party: `about: problem (facts); hint: ...`. Facts that are empty are left out. */
export function failed(
  about: string,
  { cause, problem: words }: Problem,
  facts: readonly string[],
): Failure {
  const noted = facts.filter((fact) => fact !== '').join('; ')
  const added = noted === '' ? '' : ` (${noted})`
  return new Failure(cause, `${about}: ${words.replace(/; hint: |$/, (end) => added + end)}`)
}

function fill(line: string, values: Readonly<Record<string, string | number>>): string {
  return line.replace(/'?\{(\w+)\}'?/g, (placeholder, name: string) => {
    const value = String(values[name])
    return placeholder.startsWith("'") ? quote(value) : value
  })
}

/** Longer names are cut: one line must stay one readable line in the kubelet's log. */
const MAX_PRINTED_CHARACTERS = 120

/**
 * A name from outside (host, path, profile, issuer) in single quotes, with none of its own; no length floods the log. Nor can
 * it begin a hint, which `doctor` shows as what to do.
 */
export function quote(name: string): string {
  return `'${cut(name.replace(/['"]|;(?= hint: )/g, '?'), MAX_PRINTED_CHARACTERS)}'`
}

/** Longer lines are cut: a host name, which is not quoted, may have any length. */
const MAX_LINE_CHARACTERS = 2000

/**
 * What every line passes before it is written: no control character can end it or drive a terminal, and no length floods the
 * log. And no double quote is in it: the kubelet's log would show each with a backslash.
 */
export function printable(text: string): string {
  return cut(text.replaceAll('"', "'").replace(/[^\x20-\x7e]/g, '?'), MAX_LINE_CHARACTERS)
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}...`
}

/** The `code` of an error of the operating system or the runtime, `undefined` where there is none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** An error with a `code`, as the runtime's own have. Its text says nothing, since it is never shown. */
export function coded<Code extends string>(code: Code): Error & { readonly code: Code } {
  return Object.assign(new Error('coded'), { code })
}
