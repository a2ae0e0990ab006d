/**
 * The compiled binary under load: many runs at once against an ECR that throttles them, then many one after the other with
 * faults at random. Prints what came of them, and fails on a wrong answer, a bad failure, a wave or something left behind.
 */
import { parseArgs } from 'node:util'

import { runBurst } from './burst.ts'
import { runShared } from './shared.ts'
import { runSoak } from './soak.ts'
import { type Spread, spreadOf } from './spread.ts'

const USAGE = 'usage: npm run load -- [--at-once N] [--soak N] [--seed N]'

/** Calls that ECR refuses before it answers the runs that share a cache. */
const THROTTLED = 4

const options = readOptions(process.argv.slice(2))
const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0

const burst = await runBurst(options.atOnce)
const gaps = spreadOf(burst.gapsMs)
const arrivals = spreadOf(burst.secondsAtMs)
console.log(
  `${options.atOnce} at once: ${burst.answered} answered, ${burst.failed} failed, the longest took ${seconds(burst.longestMs)}`,
)
console.log(`waits before the second attempt: ${describe(gaps)}`)
console.log(`arrivals of the second attempts: ${describe(arrivals)}`)

const shared = await runShared(options.atOnce, THROTTLED)
console.log(
  `${options.atOnce} with a cache: ${shared.answered} answered after ${shared.calls} calls, the longest took ${seconds(shared.longestMs)}`,
)

console.log(`${options.soak} one after the other, --seed ${seed}`)
const soak = await runSoak(options.soak, seed)
console.log(`${soak.answered} answered, ${soak.failed} failed, ${soak.flaws.length} wrong`)

const flaws = [
  ...burst.flaws,
  ...soak.flaws,
  ...[burst, soak, shared].flatMap(({ leftovers }) =>
    leftovers.map((name) => `left behind: ${name}`),
  ),
  ...(shared.answered < options.atOnce || shared.calls > THROTTLED + 1 ? ['the cache'] : []),
  ...(gaps.rangeMs < 500 || gaps.fullest > 0.5 || arrivals.fullest > 0.5 ? ['a wave'] : []),
]
for (const flaw of flaws) console.error(flaw)
process.exitCode = flaws.length === 0 ? 0 : 1

function describe({ rangeMs, fullest }: Spread): string {
  return `over ${seconds(rangeMs)}, ${Math.round(100 * fullest)} % in the fullest 50 ms`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}

function readOptions(args: readonly string[]): {
  readonly atOnce: number
  readonly soak: number
  readonly seed: number | undefined
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'at-once': { type: 'string', default: '200' },
        soak: { type: 'string', default: '1000' },
        seed: { type: 'string' },
      },
    })
    const seedOrZero = values.seed ?? '0'
    if (
      [values['at-once'], values.soak].every((text) => /^[1-9][0-9]{0,4}$/.test(text)) &&
      /^[0-9]{1,10}$/.test(seedOrZero)
    ) {
      return {
        atOnce: Number(values['at-once']),
        soak: Number(values.soak),
        seed: values.seed === undefined ? undefined : Number(values.seed),
      }
    }
  } catch {
    // An argument that is not known: the usage says what is.
  }
  console.error(USAGE)
  process.exit(2)
}
