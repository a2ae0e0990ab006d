import { Failure, type Problem } from '../../base/failure.ts'
import type { HttpRequest } from '../../net/exchange.ts'
import type { HttpAnswer, Network } from '../../net/network.ts'
import { fixFor } from './fixes.ts'
import type { Check } from './report.ts'

/** Why a check failed, and what to do about it. */
export type Reason = Pick<Check, 'cause' | 'summary' | 'fix'>

/** A request without an answer, and why. */
export interface Unanswered {
  readonly kind: 'no_answer'
  readonly reason: Reason
}

/** Asks once. What forbids to ask at all, such as a trust store that cannot be read, is a reason like any other. */
export async function ask(
  network: Network,
  request: HttpRequest,
): Promise<HttpAnswer | Unanswered> {
  const found = await attempt(async () => network.send(request))
  if ('reason' in found) return { kind: 'no_answer', reason: found.reason }
  const answer = found.value
  if (answer.kind === 'answer') return answer
  return { kind: 'no_answer', reason: explainProblem(answer) }
}

/** A problem as part of a check. */
export function explainProblem({ cause, problem }: Problem): Reason {
  return split(cause, problem)
}

/** A reason with one more thing to do about it. */
export function advise(reason: Reason, hint: string): Reason {
  return { ...reason, fix: reason.fix === undefined ? hint : `${reason.fix}; ${hint}` }
}

/** A line, cut where its hint begins. */
function split(cause: string, line: string): Reason {
  const [summary = '', hint] = line.split('; hint: ')
  const fix = fixFor(cause, hint)
  return fix === undefined ? { cause, summary } : { cause, summary, fix }
}

/** What becomes of work: its result, or why it failed. @throws what is no `Failure`: that is a bug. */
export async function attempt<T>(
  work: () => Promise<T> | T,
): Promise<{ readonly value: T } | { readonly reason: Reason }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof Failure) return { reason: split(error.cause, error.message) }
    throw error
  }
}
