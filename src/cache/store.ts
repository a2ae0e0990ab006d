import { codeOf, Failure, quote } from '../base/failure.ts'
import { reasonOf } from '../base/files.ts'
import type { PrivateDirectory, System } from '../base/system.ts'
import type { RegistryToken } from '../ecr/token.ts'
import { type BootClock, readBootClock, SLACK_MS } from './boot_clock.ts'
import { openClaim } from './claim.ts'
import { type CacheEntry, parseEntry } from './entry.ts'
import { sweep } from './sweep.ts'

/** What the runs of a node know about one identity's token. No member ever throws: what cannot be read is not there. */
export interface TokenCache {
  /** A token in the first half of its life. */
  readonly read: () => RegistryToken | undefined
  readonly write: (token: RegistryToken) => void
  /** Whether this run may ask ECR now, is to wait for another's answer, or has nobody to wait for. */
  readonly claim: () => 'mine' | 'taken' | 'broken'
  readonly release: () => void
  /** Removes what earlier runs have left and nobody can use: for the run that has the claim, so that one at a time does. */
  readonly sweep: () => void
  /** The last failure that a run of this node has noted. */
  readonly failure: () => NotedFailure | undefined
  /** @param pauseMs - how long nobody is to ask again, in milliseconds; 0 unless ECR has throttled the run. */
  readonly noteFailure: (pauseMs: number) => void
}

/** A run that asked for all and got no token. */
export interface NotedFailure {
  /** Milliseconds since then. */
  readonly ageMs: number
  readonly isThrottled: boolean
  /** Milliseconds until ECR may be asked again; 0 when it may. */
  readonly pauseMs: number
}

/**
 * The cached token of one identity in a directory.
 *
 * Ages are counted by the boot clock, so that no step of the node's clock prolongs a token's life, and nothing from before a
 * boot, or from the image that a node was made of, is ever used.
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
    const rule = 'it must be a directory of this user, no link, with no access for others'
    const subject = `cannot use the cache directory ${quote(directory)}`
    throw new Failure('bad_config', `${subject}: ${reasonOfDirectory(error)}; ${rule}`)
  }
}

/** The system says the same of a file, of a link, and of a parent that is no directory. */
function reasonOfDirectory(error: unknown): string {
  const code = codeOf(error)
  if (code === 'ENOTDIR') return 'it is no directory'
  if (code === 'ENOENT') return 'its parent does not exist'
  return reasonOf(error)
}

function createCache(
  files: PrivateDirectory,
  clock: BootClock,
  { key, system }: { readonly key: string; readonly system: System },
): TokenCache {
  const tokenFile = `${key}.token`
  const failureFile = `${key}.failure`
  const { claim, release } = openClaim(files, clock, { name: `${key}.claim`, system })

  function read(): RegistryToken | undefined {
    const text = files.read(tokenFile)
    if (text === undefined) return undefined
    const entry = parseEntry(text)
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
    const [storedAtMs, storedAtWallMs] = [clock.uptimeMs(), system.now()]
    const entry: CacheEntry = { bootId: clock.bootId, storedAtMs, storedAtWallMs, ...token }
    files.replace(tokenFile, JSON.stringify(entry))
  }

  function failure(): NotedFailure | undefined {
    const text = files.read(failureFile) ?? ''
    const [, bootId, atMs, lengthMs] =
      /^([0-9a-f-]{36}) ([0-9]{1,15}) ([0-9]{1,4})$/.exec(text) ?? []
    if (bootId !== clock.bootId) return undefined
    const ageMs = clock.uptimeMs() - Number(atMs)
    if (ageMs < -SLACK_MS) return undefined
    const isThrottled = lengthMs !== '0'
    return { ageMs, isThrottled, pauseMs: Math.max(0, Number(lengthMs) - Math.max(0, ageMs)) }
  }

  function noteFailure(pauseMs: number): void {
    const now = Math.round(clock.uptimeMs())
    files.replace(failureFile, `${clock.bootId} ${now} ${Math.round(pauseMs)}`)
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
    write: (token) => unlessFailing(() => write(token), undefined),
    claim: () => unlessFailing<'mine' | 'taken' | 'broken'>(claim, 'broken'),
    release: () => unlessFailing(release, undefined),
    sweep: () => unlessFailing(() => sweep(files, system.now()), undefined),
    failure: () => unlessFailing(failure, undefined),
    noteFailure: (pauseMs) => unlessFailing(() => noteFailure(pauseMs), undefined),
  }
}
