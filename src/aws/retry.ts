import type { HttpAnswer, NoAnswer } from '../net/network.ts'
import type { Run } from './run.ts'

/** What an attempt has come to. */
type Outcome = HttpAnswer | NoAnswer

/** What an outcome calls for: no other attempt, another one, or another one after a longer pause. */
type Outlook = 'final' | 'retry' | 'throttled'

/** A result, after how many attempts, and how long they took together. */
interface Tried {
  readonly outcome: Outcome
  /** That of the last attempt. */
  readonly outlook: Outlook
  readonly attempts: number
  readonly tookMs: number
}

/** How often to try, and what to think of a result. */
export interface RetryOptions {
  /** {@link DEFAULT_ATTEMPTS} if left out, zero or less. */
  readonly maxAttempts?: number | undefined
  /** Whether a throttled attempt is the last: runs that share a cache take turns, and the pause between turns is the back-off. */
  readonly yields?: boolean
  /** Whether this answer taught something that makes another attempt worthwhile, without a pause. */
  readonly learn?: (answer: HttpAnswer) => boolean
  /** The AWS error code in an answer; without it only the status counts. */
  readonly errorCode?: (answer: HttpAnswer) => string | undefined
}

/** Attempts where nothing else is configured, as in every AWS SDK. */
const DEFAULT_ATTEMPTS = 3

const RETRYABLE_STATUS: ReadonlySet<number> = new Set([500, 502, 503, 504])

const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  // STS asked the identity provider and got no answer.
  'IDPCommunicationError',
  // STS may not know yet about a key that the identity provider has just begun to sign with.
  'InvalidIdentityToken',
])

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const THROTTLING_CODES: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

/** Longest wait before the second attempt, in milliseconds; doubled for each one after that. */
const BASE_DELAY_MS = 50
const THROTTLED_BASE_DELAY_MS = 1000
const MAX_DELAY_MS = 20_000

/** How much longer than the wait of our own a service may ask for, in milliseconds. */
const MAX_EXTRA_DELAY_MS = 5000

/**
 * Whether an attempt is worth another one. A connection that failed is, even on TLS (a load balancer in rotation), but not
 * a host name that does not exist, nor an answer that was complete and wrong.
 */
export function outlookOf(outcome: Outcome, errorCode?: RetryOptions['errorCode']): Outlook {
  if (outcome.kind === 'no_answer') return outcome.retryable ? 'retry' : 'final'
  const { status } = outcome
  if (status === 200) return 'final'
  const code = errorCode?.(outcome) ?? ''
  if (status === 429 || THROTTLING_CODES.has(code)) return 'throttled'
  return RETRYABLE_STATUS.has(status) || RETRYABLE_CODES.has(code) ? 'retry' : 'final'
}

/**
 * The wait before the next attempt, in milliseconds: exponential with full jitter, so that a hundred nodes that were
 * refused together do not come back together.
 *
 * @param random - from 0 up to, not including, 1.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function delayAfter({ outcome, outlook, attempts }: Tried, random: number): number {
  const base = outlook === 'throttled' ? THROTTLED_BASE_DELAY_MS : BASE_DELAY_MS
  const delay = random * Math.min(base * 2 ** (attempts - 1), MAX_DELAY_MS)
  // Whole milliseconds.
  const retryAfter = outcome.kind === 'answer' ? outcome.headers.get('x-amz-retry-after') : null
  if (retryAfter === null || !/^[0-9]{1,9}$/.test(retryAfter)) return delay
  return Math.min(Math.max(Number(retryAfter), delay), delay + MAX_EXTRA_DELAY_MS)
}

/**
 * Calls `attempt` until its result is final, the attempts are used up, or the next wait would end after the deadline: then
 * the last result stands, since a line that names it says more than one that says "out of time".
 *
 * @throws what `attempt` throws, at once.
 */
export async function withRetries(
  { maxAttempts = 0, errorCode, learn, yields = false }: RetryOptions,
  { system, network }: Pick<Run, 'system' | 'network'>,
  attempt: () => Promise<Outcome>,
): Promise<Tried> {
  const startMs = system.elapsedMs()
  const limit = maxAttempts > 0 ? maxAttempts : DEFAULT_ATTEMPTS
  for (let attempts = 1; ; attempts += 1) {
    // Sequential: each result decides whether there is another attempt.
    const outcome = await attempt()
    const outlook = outlookOf(outcome, errorCode)
    const tried = { outcome, outlook, attempts, tookMs: system.elapsedMs() - startMs }
    if (attempts >= limit) return tried
    // The right answer has nothing to teach.
    if (outcome.kind === 'answer' && outcome.status !== 200 && learn?.(outcome) === true) continue
    if (outlook === 'final' || (outlook === 'throttled' && yields)) return tried
    const delayMs = delayAfter(tried, system.random())
    if (delayMs >= network.remainingMs()) return tried
    system.step(`attempt ${attempts} failed, waiting ${Math.round(delayMs)} ms`)
    await system.sleep(delayMs)
  }
}

/** `3 attempts, 3.2 s` for an error line, empty for a single attempt. */
export function describeAttempts({ attempts, tookMs }: Tried): string {
  return attempts === 1 ? '' : `${attempts} attempts, ${(tookMs / 1000).toFixed(1)} s`
}
