import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { kubeletRequest } from '../../world/plugin.ts'
import { evict } from '../pages/page_cache.ts'
import type { Case } from './cases.ts'
import { measurePeakMb, prepareCommand, runTogether } from './process.ts'
import { type Server, startServer } from './server.ts'
import { shuffle } from './statistics.ts'

/** A program that is compared. */
export interface Program {
  readonly name: string
  readonly path: string
  /** Ours takes part with a cache and with the unit's script. */
  readonly kind: 'ours' | 'earlier build' | 'other'
}

/** One round of a program. */
export interface Sample {
  /** From the start of the first process to the end of the last. */
  readonly wallMs: number
  /** The mean of a process. */
  readonly cpuMs: number
  /** Of all processes. */
  readonly majorFaults: number
  readonly ecrCalls: number
  /** What the unit's script took before. */
  readonly readAheadMs: number
}

/** All rounds of a program in a case. */
export interface Outcome {
  readonly program: Program
  readonly samples: readonly Sample[]
  readonly peakMb: number
}

const READ_AHEAD = fileURLToPath(new URL('../../../src/units/read-ahead', import.meta.url))
const REGISTRY = '123456789012.dkr.ecr.us-west-2.amazonaws.com'
const PEAK_RUNS = 5

/** Runs the programs in rounds, each in random order, after one round that does not count. */
export async function race(
  each: Case,
  programs: readonly Program[],
  directory: string,
): Promise<readonly Outcome[]> {
  const server = await startServer(each.delays)
  try {
    const entrants = programs.map((program) => enter(program, each, { server, directory }))
    for (let round = 0; round <= each.rounds; round += 1) {
      for (const { samples, run } of shuffle(entrants)) {
        const sample = await run()
        if (round > 0) samples.push(sample)
      }
    }
    return entrants.map(({ program, samples, measurePeak }) => {
      const peaks = Array.from({ length: PEAK_RUNS }, measurePeak)
      return { program, samples, peakMb: Math.max(...peaks) }
    })
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true })
  }
}

/** Prepares a program for a race, as a copy of its own: how a file came into memory decides an eighth of each run. */
function enter(
  program: Program,
  each: Case,
  { server, directory }: { readonly server: Server; readonly directory: string },
) {
  const home = join(directory, program.kind === 'ours' ? 'ours' : 'peer')
  const [path, cache] = [join(home, 'program'), join(home, 'cache')]
  mkdirSync(home, { recursive: true })
  copyFileSync(program.path, path)
  const isReadAhead = each.file === 'read ahead' && program.kind === 'ours'
  if (isReadAhead) copyFileSync(`${program.path}.ranges`, `${path}.ranges`)
  evict(path)
  readFileSync(path)

  const isCached = each.cache !== 'none' && program.kind !== 'other'
  const environment = describeEnvironment(each, server.environment)
  const args = isCached ? ['--cache-dir', cache] : []
  const command = prepareCommand([path, ...args], environment)
  if (isCached && each.cache === 'warmed') {
    const warm = prepareCommand([path, 'warm', REGISTRY, ...args], environment)
    if (runTogether(warm, ['']).runs[0]?.exitCode !== 0) throw new Error('warm failed')
  }
  const requests = Array.from({ length: each.parallel }, (_, index) =>
    kubeletRequest(`${REGISTRY}/team/app-${index + 1}:1`),
  )
  const samples: Sample[] = []

  const prepare = () => {
    if (each.cache === 'empty') rmSync(cache, { recursive: true, force: true })
    if (each.file !== 'memory') evict(path)
  }
  const run = async (): Promise<Sample> => {
    prepare()
    const readAheadMs = isReadAhead ? readAhead(path) : 0
    const callsBefore = await server.countEcrCalls()
    const { wallMs, runs } = runTogether(command, requests)
    const failed = runs.find(({ exitCode, output }) => exitCode !== 0 || !output.includes('"auth"'))
    if (failed !== undefined) {
      throw new Error(`${program.name}, exit code ${failed.exitCode}: ${failed.output}`)
    }
    const sum = (key: 'cpuMs' | 'majorFaults') => runs.reduce((total, one) => total + one[key], 0)
    const majorFaults = sum('majorFaults')
    if (each.file !== 'memory' && !isReadAhead && majorFaults === 0) {
      throw new Error(`${path} stayed in memory: set TMPDIR to a directory on a disk`)
    }
    const ecrCalls = (await server.countEcrCalls()) - callsBefore
    return { wallMs, cpuMs: sum('cpuMs') / runs.length, majorFaults, ecrCalls, readAheadMs }
  }
  const measurePeak = () => {
    prepare()
    return measurePeakMb(command, requests[0] ?? '')
  }
  return { program, samples, run, measurePeak }
}

/** What a program finds in its environment: this and nothing else. */
function describeEnvironment(
  { trust }: Case,
  { AWS_CA_BUNDLE: authority = '', ...endpoints }: Readonly<Record<string, string>>,
): Record<string, string> {
  // Both read the host's store, too: Go its directories, ours its bundle.
  const trusted = trust === 'host' ? { SSL_CERT_FILE: authority } : { AWS_CA_BUNDLE: authority }
  // As the README's CredentialProviderConfig sets it.
  return { ...endpoints, ...trusted, BUN_JSC_useJIT: '0' }
}

/** Runs the script of the unit; gives the milliseconds that it took. */
function readAhead(path: string): number {
  const startedMs = performance.now()
  const { exitCode, stderr } = Bun.spawnSync([READ_AHEAD, path])
  if (exitCode !== 0 || stderr.length > 0) throw new Error(stderr.toString())
  return performance.now() - startedMs
}
