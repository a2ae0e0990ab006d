/**
 * The properties of `targets.ts` for as long as one likes, each in turn and from a new seed each time. A counterexample is
 * printed with the seed that leads to it, and ends the run; once mended it belongs into the `found` of its property.
 */
import { parseArgs } from 'node:util'

import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'

const USAGE = `usage: npm run fuzz -- [--seconds N] [--target NAME]
NAME is the beginning of a property's name, such as 'parseIni'`

/** So many at once keep the change between properties cheap, and the clock in sight. */
const RUNS_AT_ONCE = 5000

const { targets, seconds } = readOptions(process.argv.slice(2))
const counts = new Map(targets.map(({ name }) => [name, 0]))
const endMs = performance.now() + seconds * 1000
do {
  for (const each of targets) {
    await fuzz(each)
  }
} while (performance.now() < endMs)
for (const [name, runs] of counts) console.log(`${runs} runs: ${name}`)

async function fuzz({ name, run }: Target): Promise<void> {
  const seed = crypto.getRandomValues(new Int32Array(1))[0] ?? 0
  try {
    await run({ numRuns: RUNS_AT_ONCE, seed })
  } catch (error) {
    console.error(
      `${name}, seed ${seed}\n${error instanceof Error ? error.message : String(error)}`,
    )
    process.exit(1)
  }
  counts.set(name, (counts.get(name) ?? 0) + RUNS_AT_ONCE)
}

function readOptions(args: readonly string[]): { targets: readonly Target[]; seconds: number } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string', default: '60' },
        target: { type: 'string', default: '' },
      },
    })
    const chosen = TARGETS.filter(({ name }) => name.startsWith(values.target))
    if (/^[0-9]{1,6}$/.test(values.seconds) && chosen.length > 0)
      return { targets: chosen, seconds: Number(values.seconds) }
  } catch {
    // An argument that is not known: the usage says what is.
  }
  console.error(USAGE)
  process.exit(2)
}
