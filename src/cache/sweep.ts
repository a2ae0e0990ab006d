import type { PrivateDirectory } from '../base/system.ts'
import { MAX_LIFE_MS } from '../ecr/token.ts'

/** The names that a cache gives to what it keeps. */
const KEPT = /^[0-9a-f]{64}\.(?:token|failure|claim)$/

/** And to a file that is being written, until it takes the place of another one. */
const TEMPORARY = /^[0-9a-f]{64}\.(?:token|failure)\.[0-9a-f-]{36}\.tmp$/

/** Writing takes milliseconds. A file that is older than this is of a run that was killed, in milliseconds. */
const MAX_WRITE_MS = 60_000

/**
 * Removes what nobody can use any more: files that a killed run has left half way, and whatever is older than a token lives,
 * as keys of an earlier configuration leave it. Nothing that has a name of another kind.
 *
 * @param nowMs - the node's clock, in milliseconds since 1970.
 */
export function sweep(files: Pick<PrivateDirectory, 'list' | 'remove'>, nowMs: number): void {
  for (const { name, changedAtMs } of files.list()) {
    const limitMs = TEMPORARY.test(name) ? MAX_WRITE_MS : MAX_LIFE_MS
    const isOurs = TEMPORARY.test(name) || KEPT.test(name)
    // In either direction: a clock that was put back must not keep a password for ever.
    if (isOurs && Math.abs(nowMs - changedAtMs) > limitMs) files.remove(name)
  }
}
