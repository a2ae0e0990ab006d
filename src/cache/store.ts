import * as v from 'valibot'

import { decodeIfValid, NonEmpty } from '../base/decode.ts'
import { codeOf, type Failure, failure } from '../base/failure.ts'
import { reasonOf } from '../base/files.ts'
import type { PrivateDirectory, System } from '../base/system.ts'
import { MAX_LIFE_MS, type RegistryToken } from '../ecr/token.ts'
import { type Note, openClaim, SLACK_MS } from './claim.ts'

/** A token in a file of the cache. */
const Entry = v.object({
  bootId: NonEmpty,
  /** Milliseconds since that boot. */
  storedAtMs: v.pipe(v.number(), v.finite()),
  /** The node's clock then, in milliseconds since 1970. */
  storedAtWallMs: v.pipe(v.number(), v.finite()),
  /** How long the token was still valid then, in milliseconds. */
  lifeMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LIFE_MS)),
  username: NonEmpty,
  password: NonEmpty,
})

/** Names of the cache's own files, and of one that is being written and not yet renamed into place. */
const NAME = /^[0-9a-f]{64}\.(?:claim|(?:token|failure)(\.[0-9a-f-]{36}\.tmp)?)$/

/** Age in milliseconds of a half-written file whose run must have been killed: writing takes milliseconds. */
const MAX_WRITE_MS = 60_000

/** What the runs of a node know about one identity's token. No member ever throws: what cannot be read is not there. */
export type TokenCache = ReturnType<typeof openTokenCache>

/**
 * The cached token of one identity in a directory.
 *
 * Ages are counted by the boot clock, so that no step of the node's clock prolongs a token's life, and nothing from before a
 * boot, or from the image that a node was made of, is ever used.
 *
 * @param key - see `cacheKey`.
 * @throws {Failure} `cache_...` - the directory cannot be used.
 */
export function openTokenCache(directory: string, key: string, system: System) {
  const { clock, files } = openDirectory(directory, system)
  const file = `${key}.token`
  let failed: Failure | undefined
  const { claim, release } = openClaim(files, clock, key, system)

  function read(): RegistryToken | undefined {
    const text = files.read(file)
    if (text === undefined) return undefined
    const entry = decodeIfValid(Entry, new TextEncoder().encode(text))
    // Half written, or of another version.
    if (entry === undefined) system.step('the cached token cannot be read')
    if (entry?.bootId !== clock.bootId) return undefined
    const { username, password, lifeMs } = entry
    const ageMs = clock.uptimeMs() - entry.storedAtMs
    // The boot clock may start anew in the same boot: in a time namespace, in a container, after a snapshot was restored.
    const longestMs = Math.max(ageMs, system.now() - entry.storedAtWallMs)
    if (ageMs < -SLACK_MS || longestMs >= lifeMs / 2) return undefined
    return { username, password, lifeMs: lifeMs - Math.max(0, ageMs) }
  }

  function write(token: RegistryToken): void {
    if (token.lifeMs <= 0) return
    const times = { storedAtMs: clock.uptimeMs(), storedAtWallMs: system.now() }
    const entry: v.InferOutput<typeof Entry> = { bootId: clock.bootId, ...times, ...token }
    files.replace(file, JSON.stringify(entry))
  }

  /** The result of `work`, `undefined` when the directory fails: full, read-only, gone. */
  function unlessFailing<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      failed = problemOf(directory, error)
      system.step(failed.message)
      return undefined
    }
  }

  return {
    /** A token in the first half of its life. */
    read: () => unlessFailing(read),
    write: (token: RegistryToken) => unlessFailing(() => write(token)),
    claim: () => unlessFailing(claim) ?? 'alone',
    release: (note?: Note) => unlessFailing(() => release(note)),
    /** Removes what earlier runs have left and nobody can use: for the run that has the claim, so that one at a time does. */
    sweep: () => unlessFailing(() => sweep(files, system.now())),
    /** Why the directory failed the last time that it did. */
    failure: () => failed,
  }
}

/**
 * Removes what nobody can use any more: files that a killed run has left half way, and whatever is older than a token lives,
 * as keys of an earlier configuration leave it. Files of other names are left alone.
 *
 * @param nowMs - the node's clock, in milliseconds since 1970.
 */
export function sweep(files: Pick<PrivateDirectory, 'list' | 'remove'>, nowMs: number): void {
  for (const { name, changedAtMs } of files.list()) {
    const [own, temporary] = NAME.exec(name) ?? []
    const limitMs = temporary === undefined ? MAX_LIFE_MS : MAX_WRITE_MS
    // In either direction: a clock that was put back must not keep a password for ever.
    if (own !== undefined && Math.abs(nowMs - changedAtMs) > limitMs) files.remove(name)
  }
}

function openDirectory(path: string, system: System) {
  try {
    return { clock: system.bootClock(), files: system.openPrivateDirectory(path) }
  } catch (error) {
    // The system says the same of a file, of a link, and of a parent that is no directory.
    if (codeOf(error) === 'ENOTDIR') throw problemOf(path, error, 'it is no directory')
    if (codeOf(error) === 'ENOENT') throw problemOf(path, error, 'its parent does not exist')
    throw problemOf(path, error)
  }
}

/** Why a directory cannot be used. `reason` is the one that stands in the line, if there is no line for this error alone. */
function problemOf(path: string, error: unknown, reason = reasonOf(error)): Failure {
  if (error instanceof Error && 'mode' in error && 'uid' in error) {
    const mode = Number(error.mode)
    if ((mode & 0o077) === 0) return failure('cache_owner', { path, uid: Number(error.uid) })
    return failure('cache_mode', { path, mode: mode.toString(8).padStart(4, '0') })
  }
  const code = codeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return failure('cache_full', { path })
  if (code === 'EROFS') return failure('cache_read_only', { path })
  return failure('cache_directory', { path, reason })
}
