import { closeSync, readFileSync, rmSync } from 'node:fs'

import { kubeletRequest } from '../../world/plugin.ts'
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
  /** Medians of the peaks. */
  readonly rssMb: number
  readonly anonymousMb: number
  /** What was left in the page cache after each eviction. */
  readonly evictions: readonly Residency[]
}

const PEAK_RUNS = 3
const REQUEST = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1')

/** How a case is run. */
export interface Conditions {
  readonly rounds: number
  readonly environment: Readonly<Record<string, string>>
  /** Directory for our cache. */
  readonly cache: string
}

/** Runs the programs in turn, `rounds` times after one round that does not count. */
export async function measureCase(
  each: Case,
  programs: readonly Program[],
  { rounds, environment, cache }: Conditions,
): Promise<readonly Outcome[]> {
  const contestants = programs.map((program) => ({
    program,
    command: prepareCommand(wordsOf(each, program, cache), environment),
    samples: [] as Sample[],
    evictions: [] as Residency[],
  }))
  for (let round = 0; round <= rounds; round += 1) {
    // Another one begins each time, so that nobody always follows the same.
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const { program, command, samples, evictions } of order) {
      if (each.cold) evictions.push(evict(program.path))
      if (each.warmed && program.role === 'ours') readFileSync(program.path)
      if (each.cache === 'empty') rmSync(cache, { recursive: true, force: true })
      const sample = measureRound(program, command, each.parallel)
      if (round > 0) samples.push(sample)
    }
    // Everything above blocks; here an interrupt is heard.
    await Bun.sleep(0)
  }
  return contestants.map(({ program, samples, evictions }) => {
    const peaks = Array.from({ length: PEAK_RUNS }, () => {
      if (each.cold) evict(program.path)
      return measurePeak(wordsOf(each, program, cache), environment, REQUEST)
    })
    const rssMb = median(peaks.map((peak) => peak.rssMb))
    const anonymousMb = median(peaks.map((peak) => peak.anonymousMb))
    return { program, samples, evictions, rssMb, anonymousMb }
  })
}

function wordsOf(each: Case, { path, role }: Program, cache: string): readonly string[] {
  return each.cache === 'none' || role !== 'ours' ? [path] : [path, '--cache-dir', cache]
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
