import { isAddress } from '../base/addresses.ts'
import { codeOf } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { broken, within } from './problem.ts'

/** Gives the addresses of a host, of which there is at least one. @throws an error with a `code`. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** How long the addresses of one name are looked for, in milliseconds. At node boot the resolver is often not ready. */
const LOOKUP_MS = 5000

/** Between two look-ups of a name, in milliseconds. */
const PAUSE_MS = 100

/**
 * Looks names up, each of them once a run: what has been checked about the addresses stays true, and all attempts together
 * wait no longer than 5 s for a resolver. An address, without brackets, stands for itself.
 *
 * @param remainingMs - until the run must be over.
 */
export function openNames(
  remainingMs: () => number,
  system: Pick<System, 'lookUp' | 'sleep' | 'elapsedMs'>,
): LookUp {
  const known = new Map<string, Promise<readonly string[]>>()
  async function retry(host: string): Promise<readonly string[]> {
    const untilMs = system.elapsedMs() + Math.min(LOOKUP_MS, remainingMs())
    for (;;) {
      const leftMs = untilMs - system.elapsedMs()
      // Whatever the resolver called it: the name may exist, but nobody says so.
      if (leftMs <= 0) throw broken('EAI_AGAIN')
      try {
        const addresses = await within(leftMs, system.lookUp(host), () => 'ELOOKUP')
        if (addresses.length === 0) throw broken('ENOTFOUND')
        return addresses
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOTFOUND' || code === 'ELOOKUP') throw error
      }
      await system.sleep(PAUSE_MS)
    }
  }
  return async (host) => {
    if (isAddress(host)) return [host]
    const addresses = known.get(host) ?? retry(host)
    known.set(host, addresses)
    return addresses
  }
}
