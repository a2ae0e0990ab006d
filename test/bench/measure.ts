import { closeSync } from 'node:fs'

import { kubeletRequest } from '../world/plugin.ts'
import type { Case } from './cases.ts'
import { measurePeak } from './memory.ts'
import { evict, type Residency } from './page_cache.ts'
import { type Command, openPipes, prepareCommand, readAll, reap, spawn } from './process.ts'
import type { Program } from './programs.ts'
import { median } from './statistics.ts'

/** One round's figures of a program; all but the wall time are means per process. */
export interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  readonly minorFaults: number
  readonly majorFaults: number
}

/** All rounds of a program in a case. */
export interface Outcome {
  readonly program: Program
  readonly samples: readonly Sample[]
  /** Median of the peaks. */
  readonly rssMb: number
  /** What was left in the page cache after each eviction. */
  readonly evictions: readonly Residency[]
}

const PEAK_RUNS = 3
const REQUEST = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1')

/** Runs the programs in turn, `rounds` times after one round that does not count. */
export async function measureCase(
  each: Case,
  programs: readonly Program[],
  { rounds, environment }: { rounds: number; environment: Readonly<Record<string, string>> },
): Promise<readonly Outcome[]> {
  const contestants = programs.map((program) => ({
    program,
    command: prepareCommand([program.path], environment),
    samples: [] as Sample[],
    evictions: [] as Residency[],
  }))
  for (let round = 0; round <= rounds; round += 1) {
    // Another one begins each time, so that nobody always follows the same.
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const { program, command, samples, evictions } of order) {
      if (each.cold) evictions.push(evict(program.path))
      const sample = measureRound(program, command, each.parallel)
      if (round > 0) samples.push(sample)
    }
    // Everything above blocks; here an interrupt is heard.
    // eslint-disable-next-line no-await-in-loop
    await Bun.sleep(0)
  }
  return contestants.map(({ program, samples, evictions }) => {
    const peaks = Array.from({ length: PEAK_RUNS }, () => {
      if (each.cold) evict(program.path)
      return measurePeak(program.path, environment, REQUEST)
    })
    return { program, samples, evictions, rssMb: median(peaks) }
  })
}

function measureRound(program: Program, command: Command, parallel: number): Sample {
  const pipes = Array.from({ length: parallel }, () => openPipes(REQUEST))
  const startedNs = Bun.nanoseconds()
  const children = pipes.map((ends) => spawn(command, ends))
  const usages = children.map(({ pid }) => reap(pid))
  const wallMs = (Bun.nanoseconds() - startedNs) / 1e6
  for (const { stdin, stdout } of pipes) {
    closeSync(stdin)
    closeSync(stdout)
  }
  children.forEach(({ stdout }, index) => {
    const exitCode = usages[index]?.exitCode
    const answer = readAll(stdout)
    if (exitCode !== 0 || !answer.includes('"auth"')) {
      throw new Error(`${program.name} did not answer: exit code ${exitCode}`)
    }
  })
  const mean = (key: 'cpuMs' | 'minorFaults' | 'majorFaults') =>
    usages.reduce((sum, usage) => sum + usage[key], 0) / parallel
  return {
    wallMs,
    cpuMs: mean('cpuMs'),
    minorFaults: mean('minorFaults'),
    majorFaults: mean('majorFaults'),
  }
}
