import type { Run } from '../aws/run.ts'
import { Failure } from '../base/failure.ts'
import type { RegistryToken } from '../ecr/token.ts'
import { MAX_CLAIM_MS, type Note, type Turn } from './claim.ts'
import type { TokenCache } from './store.ts'

/** Between two looks for the token of another run, in milliseconds: at first, and at most. */
const FIRST_POLL_MS = 20
const LONGEST_POLL_MS = 100

/** How long a run waits for others, in milliseconds: for one that hangs, and for the one that takes its place. */
const PATIENCE_MS = 2 * MAX_CLAIM_MS

/** Time kept back for this run's own call, in milliseconds, when it waits because ECR throttles. */
const RESERVE_MS = 15_000

/** Asks AWS. `yields`: a call that ECR throttles is the last one, since the pauses between runs are the back-off. */
export type FetchToken = (yields: boolean) => Promise<RegistryToken>

/**
 * The token of the cache, else one that `fetchToken` gets for all runs of this node: while one asks, the others wait for
 * its answer. While ECR throttles they take turns, with a pause after each. A run asks by itself when the one that it waited
 * for has failed, when waiting takes too long, and when anything about the cache fails.
 *
 * @throws {Failure} of `fetchToken`.
 */
export async function shareToken(
  cache: TokenCache,
  { network, system }: Pick<Run, 'network' | 'system'>,
  fetchToken: FetchToken,
): Promise<RegistryToken> {
  const startMs = system.elapsedMs()
  // Shortened at random: runs that began together must not all lose patience together.
  const fraction = 1 - system.random() / 4
  const longestMs = Math.max(network.remainingMs() - RESERVE_MS, network.remainingMs() / 2)
  // Sticky: a pause is over before the throttling is.
  let isThrottled = false

  async function fetchAndKeep(): Promise<RegistryToken> {
    const token = await fetchToken(isThrottled)
    cache.write(token)
    return token
  }
  /** Calls ECR on behalf of every waiter; returns the token, `undefined` when ECR throttles. */
  async function takeTurn(): Promise<RegistryToken | undefined> {
    const done = system.onSignal(cache.release)
    let note: Note | undefined
    try {
      // Another run may have stored its token since this one looked.
      return cache.read() ?? (await fetchAndKeep())
    } catch (error) {
      note = error instanceof Failure && error.cause === 'throttled' ? 'throttled' : 'failed'
      if (note === 'failed') throw error
      return undefined
    } finally {
      cache.sweep()
      cache.release(note)
      done()
    }
  }

  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LONGEST_POLL_MS)) {
    const stored = cache.read()
    if (stored !== undefined) {
      system.step('taking the token from the cache')
      return stored
    }
    const limitMs: number = fraction * (isThrottled ? longestMs : Math.min(longestMs, PATIENCE_MS))
    const leftMs = startMs + limitMs - system.elapsedMs()
    const turn: Turn = leftMs > 0 ? cache.claim() : 'alone'
    if (turn === 'alone') return fetchAndKeep()
    const token = turn === 'mine' ? await takeTurn() : undefined
    if (token !== undefined) return token
    isThrottled ||= turn !== 'taken'
    system.step('waiting for another run that asks for the same token')
    await system.sleep(Math.min(pollMs * (0.5 + system.random() / 2), leftMs))
  }
}
