import type { PrivateDirectory, System } from '../base/system.ts'
import { type BootClock, SLACK_MS } from './boot_clock.ts'

/** The right to ask for all runs of the node, which one of them has at a time. Both members throw what the directory does. */
export interface Claim {
  readonly claim: () => 'mine' | 'taken'
  readonly release: () => void
}

/** After this long a run that has not ended is taken for hung, and another one takes its place, in milliseconds. */
export const MAX_CLAIM_MS = 5000

/** A claim by that name. */
export function openClaim(
  files: PrivateDirectory,
  clock: BootClock,
  { name, system }: { readonly name: string; readonly system: System },
): Claim {
  let own = ''

  function claim(): 'mine' | 'taken' {
    const text = `${system.processId} ${Math.round(clock.uptimeMs())}`
    if (files.claim(name, text)) {
      own = text
      return 'mine'
    }
    const other = files.claimant(name)
    // Two runs may judge at the same time, and one remove the other's new claim: then two ask ECR, which does no harm.
    if (other !== undefined && isDead(other)) files.remove(name)
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
    if (files.claimant(name) === own) files.remove(name)
  }

  return { claim, release }
}
