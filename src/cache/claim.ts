import type { PrivateDirectory, System } from '../base/system.ts'

/**
 * Who may ask AWS now: `mine` - this run, for all runs of the node; `taken` - another run, so wait for its answer;
 * `throttled` - nobody, since ECR wants a pause; `alone` - each run for itself, since there is nobody to wait for.
 */
export type Turn = 'mine' | 'taken' | 'throttled' | 'alone'

/** What a run leaves behind when it got no token, so that the others know why. */
export type Note = 'failed' | 'throttled'

type BootClock = ReturnType<System['bootClock']>

/** How much the boot clocks of two processes may differ, in milliseconds: a busy node may pause a process while it reads them. */
export const SLACK_MS = 1000

/** After this long a run that has not ended is taken for hung, and another one takes its place, in milliseconds. */
export const MAX_CLAIM_MS = 5000

/** After ECR has throttled a run, no run of the node asks ECR for so many milliseconds, at least and at most. */
const PAUSE_MS = { least: 1000, most: 4000 }

/**
 * The right to ask AWS for all runs of the node, which one of them has at a time. It is kept in two files: the claim, with the
 * number of the process that asks, and the note of one that got no token. Each ends with the time, by the boot clock, until
 * which it counts. Both members throw what the directory throws.
 */
export function openClaim(files: PrivateDirectory, clock: BootClock, key: string, system: System) {
  const name = `${key}.claim`
  const noteName = `${key}.failure`
  const openedAtMs = clock.uptimeMs()
  let own = ''

  function textFor(owner: number | Note, forMs: number): string {
    return `${owner} ${Math.round(clock.uptimeMs() + forMs)}`
  }

  function claim(): Turn {
    const noted = turnFrom(files.read(noteName) ?? '')
    if (noted !== undefined) return noted
    const text = textFor(system.processId, MAX_CLAIM_MS)
    if (files.claim(name, text)) {
      own = text
      return 'mine'
    }
    const other = files.claimant(name)
    // Two runs may judge at the same time, and one remove the other's new claim: then two ask ECR, which does no harm.
    if (other !== undefined && turnFrom(other) === undefined) files.remove(name)
    return 'taken'
  }

  /** What a claim or a note means; `undefined` if it no longer counts: of a killed or hung run, old, or of an earlier boot. */
  function turnFrom(text: string): Turn | undefined {
    const [, owner, end = 0] = /^(failed|throttled|[0-9]{1,10}) ([0-9]{1,15})$/.exec(text) ?? []
    const endMs = Number(end)
    const leftMs = endMs - clock.uptimeMs()
    if (leftMs > MAX_CLAIM_MS + SLACK_MS) return undefined
    // Only for runs that were there when it failed: an older failure says nothing about the next call.
    if (owner === 'failed' && endMs >= openedAtMs) return 'alone'
    if (leftMs < 0) return undefined
    if (owner === 'throttled') return 'throttled'
    return system.isRunning(Number(owner)) ? 'taken' : undefined
  }

  /** Ends this run's claim, but not that of a run which has taken over. */
  function release(note?: Note): void {
    // Random, so that nodes that were throttled together do not come back together.
    const pauseMs = PAUSE_MS.least + system.random() * (PAUSE_MS.most - PAUSE_MS.least)
    if (note !== undefined) files.replace(noteName, textFor(note, note === 'failed' ? 0 : pauseMs))
    if (files.claimant(name) === own) files.remove(name)
  }

  return { claim, release }
}
