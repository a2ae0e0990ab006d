import { type BootClock, readBootClock } from './boot_clock.ts'
import { parseEntry } from './cache_entry.ts'
import { Failure } from './failure.ts'
import { reasonOf } from './files.ts'
import type { RegistryToken } from './response.ts'
import type { PrivateDirectory, System } from './system.ts'

/** What the runs of a node know about one identity's token. No member ever throws: what cannot be read is not there. */
export interface TokenCache {
  /** A token in the first half of its life. */
  readonly read: () => RegistryToken | undefined
  /** @param nowMs - the time by which the token's end was given, in milliseconds since 1970. */
  readonly write: (token: RegistryToken, nowMs: number) => void
  /** Whether this run may ask ECR now, is to wait for another's answer, or has nobody to wait for. */
  readonly claim: () => 'mine' | 'taken' | 'broken'
  readonly release: () => void
  /** Milliseconds until ECR may be asked again after it has throttled a run of this node; 0 when it has not. */
  readonly pauseMs: () => number
  readonly pause: (ms: number) => void
}

/** After this long a run that has not ended is taken for hung, and another one takes its place, in milliseconds. */
const MAX_CLAIM_MS = 5000

/** How far apart two processes may have the boot clock, in milliseconds: on a busy node one reads it, and runs on later. */
const SLACK_MS = 1000

/** Longer pauses than are ever made are not believed, in milliseconds. */
const MAX_PAUSE_MS = 10_000

/**
 * The cached token of one identity in a directory.
 *
 * Ages are counted by the boot clock, so that a step of the node's clock neither ends a token's life nor prolongs it, and
 * nothing from before a boot, or from the image that a node was made of, is ever used.
 *
 * @param key - see `cacheKey`.
 * @throws {Failure} `bad_config` - the directory cannot be used.
 */
export async function openTokenCache(
  directory: string,
  key: string,
  system: System,
): Promise<TokenCache> {
  try {
    const [files, clock] = await Promise.all([
      system.openPrivateDirectory(directory),
      readBootClock(system),
    ])
    return createCache(files, clock, { key, system })
  } catch (error) {
    const rule = 'it must be a directory of this user, with no access for others'
    throw new Failure('bad_config', `cannot use the cache directory: ${reasonOf(error)}; ${rule}`)
  }
}

function createCache(
  files: PrivateDirectory,
  clock: BootClock,
  { key, system }: { readonly key: string; readonly system: System },
): TokenCache {
  const tokenFile = `${key}.token`
  const pauseFile = `${key}.pause`
  const claimName = `${key}.claim`
  let own = ''

  function read(): RegistryToken | undefined {
    const text = files.read(tokenFile)
    const entry = text === undefined ? undefined : parseEntry(text)
    if (entry?.bootId !== clock.bootId) return undefined
    const ageMs = clock.uptimeMs() - entry.storedAtMs
    if (ageMs < -SLACK_MS || ageMs >= entry.lifeMs / 2) return undefined
    const { username, password, lifeMs } = entry
    return { username, password, expiresAtMs: system.now() + lifeMs - ageMs }
  }

  function write(token: RegistryToken, nowMs: number): void {
    const { username, password, expiresAtMs = nowMs } = token
    const lifeMs = expiresAtMs - nowMs
    if (lifeMs <= 0) return
    const { bootId } = clock
    const entry = { bootId, storedAtMs: clock.uptimeMs(), lifeMs, username, password }
    files.replace(tokenFile, JSON.stringify(entry))
  }

  function claim(): 'mine' | 'taken' {
    const text = `${system.processId} ${Math.round(clock.uptimeMs())}`
    if (files.claim(claimName, text)) {
      own = text
      return 'mine'
    }
    const other = files.claimant(claimName)
    // Two runs may judge at the same time, and one remove the other's new claim: then two ask ECR, which does no harm.
    if (other !== undefined && isDead(other)) files.remove(claimName)
    return 'taken'
  }

  /** Whether whoever made the claim was killed, or hangs, or did so before this boot. */
  function isDead(text: string): boolean {
    const [, processId, sinceMs] = /^([0-9]{1,10}) ([0-9]{1,15})$/.exec(text) ?? []
    if (processId === undefined) return true
    const ageMs = clock.uptimeMs() - Number(sinceMs)
    return ageMs < -SLACK_MS || ageMs > MAX_CLAIM_MS || !system.isRunning(Number(processId))
  }

  function release(): void {
    if (files.claimant(claimName) === own) files.remove(claimName)
  }

  function pauseMs(): number {
    const text = files.read(pauseFile) ?? ''
    const [, bootId, untilMs] = /^([0-9a-f-]{36}) ([0-9]{1,15})$/.exec(text) ?? []
    const leftMs = bootId === clock.bootId ? Number(untilMs) - clock.uptimeMs() : 0
    return leftMs > 0 && leftMs <= MAX_PAUSE_MS ? leftMs : 0
  }

  function pause(ms: number): void {
    files.replace(pauseFile, `${clock.bootId} ${Math.round(clock.uptimeMs() + ms)}`)
  }

  /** The result, or what stands for it when the directory fails: full, read-only, gone. */
  function unlessFailing<T>(work: () => T, otherwise: T): T {
    try {
      return work()
    } catch (error) {
      system.step(`the cache directory fails: ${reasonOf(error)}`)
      return otherwise
    }
  }

  return {
    read: () => unlessFailing(read, undefined),
    write: (token, nowMs) => unlessFailing(() => write(token, nowMs), undefined),
    claim: () => unlessFailing<'mine' | 'taken' | 'broken'>(claim, 'broken'),
    release: () => unlessFailing(release, undefined),
    pauseMs: () => unlessFailing(pauseMs, 0),
    pause: (ms) => unlessFailing(() => pause(ms), undefined),
  }
}
