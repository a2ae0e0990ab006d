import { Failure } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import type { RegistryToken } from '../ecr/token.ts'
import type { Network } from '../net/network.ts'
import { MAX_CLAIM_MS } from './claim.ts'
import type { TokenCache } from './store.ts'

/** Between two looks whether another run has got the token, in milliseconds: the first wait, and the longest. */
const FIRST_POLL_MS = 20
const LONGEST_POLL_MS = 100

/** How long a run waits for others, in milliseconds: for one that hangs, and for the one that takes its place. */
const PATIENCE_MS = 2 * MAX_CLAIM_MS

/** What is left of the run's time, in milliseconds, when it stops waiting because ECR throttles: enough to ask by itself. */
const RESERVE_MS = 15_000

/** After ECR has throttled a run, all runs of the node leave it alone for so many milliseconds, at least and at most. */
const PAUSE_MS = { least: 1000, most: 4000 }

/** What sharing needs of a run. */
export interface Surroundings {
  readonly network: Network
  readonly system: Pick<System, 'onSignal'>
}

/** Asks AWS; `yields`: a call that ECR throttles is the last one, since the pauses between runs are the back-off. */
export type FetchToken = (yields: boolean) => Promise<RegistryToken>

/**
 * The token of the cache, else one that `fetchToken` gets for all runs of this node: while one asks, the others wait for
 * its answer. While ECR throttles they take turns, with a pause after each. A run asks by itself when another one has failed
 * for all while it waited, when waiting takes too long, and when anything about the cache fails.
 *
 * @throws {Failure} of `fetchToken`.
 */
export async function shareToken(
  cache: TokenCache,
  surroundings: Surroundings,
  fetchToken: FetchToken,
): Promise<RegistryToken> {
  const { network } = surroundings
  const startMs = network.elapsedMs()
  // Shortened at random: runs that began together must not all lose patience together.
  const share = 1 - network.random() / 4
  const longestMs = Math.max(network.remainingMs() - RESERVE_MS, network.remainingMs() / 2)
  let isThrottled = false
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LONGEST_POLL_MS)) {
    const token = cache.read()
    if (token !== undefined) {
      network.step('taking the token from the cache')
      return token
    }
    const waitedMs = network.elapsedMs() - startMs
    const failure = cache.failure()
    const isNew = failure !== undefined && failure.ageMs <= waitedMs
    // Remembered: a pause that this run has waited for was noted before it began.
    isThrottled ||= failure?.isThrottled === true && (isNew || failure.pauseMs > 0)
    const limitMs = share * (isThrottled ? longestMs : Math.min(longestMs, PATIENCE_MS))
    const yields = isThrottled
    const fetchOnce = async (): Promise<RegistryToken> => fetchToken(yields)
    if ((isNew && !failure.isThrottled) || waitedMs >= limitMs)
      return fetchAndKeep(cache, fetchOnce)
    const pauseMs = failure?.pauseMs ?? 0
    const turn = pauseMs > 0 ? 'taken' : cache.claim()
    if (turn === 'broken') return fetchToken(false)
    // One step after the other is the point.
    const own: RegistryToken | number =
      turn === 'mine' ? await takeTurn(cache, surroundings, fetchOnce) : 0
    if (typeof own !== 'number') return own
    isThrottled ||= own > 0
    network.step('waiting for another run that asks for the same token')
    const delayMs = Math.max(pauseMs, own) + pollMs * (0.5 + network.random() / 2)
    await network.sleep(Math.min(delayMs, limitMs - waitedMs))
  }
}

/** Asks for all. When ECR throttles, or this is not the time, gives back how long to wait instead, in milliseconds. */
async function takeTurn(
  cache: TokenCache,
  { network, system }: Surroundings,
  fetchOnce: () => Promise<RegistryToken>,
): Promise<RegistryToken | number> {
  const done = system.onSignal(cache.release)
  try {
    // Another run may have ended between this one's look and its claim.
    const stored = cache.read()
    if (stored !== undefined) return stored
    const pauseMs = cache.failure()?.pauseMs ?? 0
    if (pauseMs > 0) return pauseMs
    return await fetchAndKeep(cache, fetchOnce)
  } catch (error) {
    const pauseMs = isThrottle(error) ? pauseFor(network) : 0
    cache.noteFailure(pauseMs)
    if (pauseMs > 0) return pauseMs
    throw error
  } finally {
    cache.sweep()
    cache.release()
    done()
  }
}

async function fetchAndKeep(
  cache: TokenCache,
  fetchOnce: () => Promise<RegistryToken>,
): Promise<RegistryToken> {
  const token = await fetchOnce()
  cache.write(token)
  return token
}

function isThrottle(error: unknown): boolean {
  return error instanceof Failure && error.code === 'throttled'
}

/** Random, so that nodes that were throttled together do not come back together. */
function pauseFor({ random }: Pick<Network, 'random'>): number {
  return PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least)
}
