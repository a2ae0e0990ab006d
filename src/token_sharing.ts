import { Failure } from './failure.ts'
import type { Network } from './http.ts'
import type { RegistryToken } from './response.ts'
import type { System } from './system.ts'
import type { TokenCache } from './token_cache.ts'

/** Between two looks whether another run has got the token, in milliseconds: the first wait, and the longest. */
const FIRST_POLL_MS = 20
const LONGEST_POLL_MS = 100

/** What is left of the run's time, in milliseconds, when it stops waiting for others: enough to ask by itself. */
const RESERVE_MS = 15_000

/** After ECR has throttled a run, all runs of the node leave it alone for so many milliseconds, at least and at most. */
const PAUSE_MS = { least: 1000, most: 4000 }

/** What sharing needs of a run. */
export interface Surroundings {
  readonly network: Network
  readonly system: Pick<System, 'onSignal'>
}

/**
 * The token of the cache, else one that `fetchToken` gets for all runs of this node: while one asks, the others wait for
 * its answer. They wait within bounds, and whatever fails about the cache, the run goes on as if there were none.
 *
 * @throws {Failure} of `fetchToken`.
 */
export async function shareToken(
  cache: TokenCache,
  { network, system }: Surroundings,
  fetchToken: () => Promise<RegistryToken>,
): Promise<RegistryToken> {
  const waitMs = Math.max(network.remainingMs() - RESERVE_MS, network.remainingMs() / 2)
  // Shortened at random: runs that began together must not all lose patience together.
  const untilMs = network.elapsedMs() + waitMs * (1 - network.random() / 4)
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LONGEST_POLL_MS)) {
    // One step after the other is the point.
    /* eslint-disable no-await-in-loop */
    const token = cache.read()
    if (token !== undefined) return token
    const pauseMs = cache.pauseMs()
    const turn = pauseMs > 0 ? 'taken' : cache.claim()
    if (turn === 'mine') return fetchForAll(cache, { network, system }, fetchToken)
    if (turn === 'broken' || network.elapsedMs() >= untilMs) return fetchToken()
    network.step('waiting for another run that asks for the same token')
    const leftMs = untilMs - network.elapsedMs()
    await network.sleep(Math.min(pauseMs + pollMs * (0.5 + network.random() / 2), leftMs))
    /* eslint-enable no-await-in-loop */
  }
}

async function fetchForAll(
  cache: TokenCache,
  { network, system }: Surroundings,
  fetchToken: () => Promise<RegistryToken>,
): Promise<RegistryToken> {
  const done = system.onSignal(cache.release)
  try {
    // Another run may have stored it between this one's look and its claim.
    const stored = cache.read()
    if (stored !== undefined) return stored
    const token = await fetchToken()
    cache.write(token, network.clock.now())
    return token
  } catch (error) {
    if (error instanceof Failure && error.code === 'throttled') cache.pause(pauseFor(network))
    throw error
  } finally {
    cache.release()
    done()
  }
}

/** Random, so that nodes that were throttled together do not come back together. */
function pauseFor({ random }: Pick<Network, 'random'>): number {
  return PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least)
}
