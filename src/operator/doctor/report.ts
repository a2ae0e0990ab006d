import { printable } from '../../base/failure.ts'

/** How a check ended. `unknown`: there is nothing to judge by. `info` is no judgement. */
export type Status = 'ok' | 'warn' | 'fail' | 'unknown' | 'skip' | 'info'

/** One thing that was looked at. Every text is made of constants, host names, paths, names, codes and times, as a `Failure`'s. */
export interface Check {
  /** `layer.name`, stable: the README lists them. */
  readonly id: string
  readonly status: Status
  /** How long it took, in milliseconds, where that says something. */
  readonly ms?: number
  /** Why it failed, where the failure has a name. */
  readonly cause?: string
  readonly summary: string
  /** What to do about it. */
  readonly fix?: string
}

/** Whether a pull would work, as far as can be judged. */
type Verdict = 'ok' | 'fail' | 'unknown'

/** Takes the checks one by one, in order. */
export type Tell = (check: Check) => void

/** The verdict of all checks: one that cannot judge outweighs one that failed, and that outweighs all others. */
export function judge(checks: readonly Check[]): Verdict {
  const has = (wanted: Status) => checks.some(({ status }) => status === wanted)
  if (has('unknown')) return 'unknown'
  return has('fail') ? 'fail' : 'ok'
}

/** The exit code for a verdict; 2 is for a wrong command line. */
export function exitCodeOf(verdict: Verdict): number {
  return { ok: 0, fail: 1, unknown: 3 }[verdict]
}

/** The report for programs. Fields are only ever added; `schema` changes when one is not what it was. */
export function formatJson(image: string | undefined, checks: readonly Check[]): string {
  const inOrder = checks.map(({ id, status, ms, cause, summary, fix }) => {
    const rounded = ms === undefined ? undefined : Math.round(ms)
    const advice = fix === undefined ? undefined : printable(fix)
    return { id, status, ms: rounded, cause, summary: printable(summary), fix: advice }
  })
  return `${JSON.stringify({ schema: 1, verdict: judge(checks), image, checks: inOrder })}\n`
}
