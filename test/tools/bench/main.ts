/**
 * The benchmark: whole processes, run as a kubelet runs them, one after the other in rounds, against a fake AWS on loopback.
 * Prints a table for each case. It judges nothing: what the figures must be depends on the machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Case } from './cases.ts'
import { describeMachine } from './machine.ts'
import { measureCase, type Outcome } from './measure.ts'
import { type Options, readOptions } from './options.ts'
import { evict } from './page_cache.ts'
import { type CaseOutcomes, drawPlot } from './plot.ts'
import { gatherPrograms, type Program } from './programs.ts'
import { startServer } from './server.ts'
import { formatCase, formatSummary } from './table.ts'

// As the README's CredentialProviderConfig sets it.
const PLUGIN_ENVIRONMENT = { BUN_JSC_useJIT: '0' }

const NOTES = `Medians; "/ x" is the median of each round's ratio to x. Peak RSS and anonymous memory are from runs of their own. Every program has the same
environment and nothing else: the fake's endpoints and CA, HOME, BUN_JSC_useJIT=0.`

const options = askedFor()
const machine = describeMachine()
const directory = mkdtempSync(join(tmpdir(), 'bench-'))
process.once('SIGINT', () => {
  cleanUp()
  process.exit(130)
})
try {
  const programs = await gatherPrograms(directory, options.peers)
  console.log(`${machine.join('\n')}\n${NOTES}`)
  const done: CaseOutcomes[] = []
  for (const each of options.cases) {
    const stuck = each.cold ? programs.find(staysInMemory) : undefined
    if (stuck !== undefined) {
      console.log(`\n${each.name}: skipped, as ${stuck.name} in ${directory} cannot be evicted`)
      continue
    }
    const outcomes = await runCase(each, programs)
    console.log(`\n${formatCase(each, outcomes)}`)
    done.push({ each, outcomes })
  }
  console.log(`\n${formatSummary(done)}`)
  if (options.svg !== undefined) writeFileSync(options.svg, drawPlot(done, machine))
} finally {
  cleanUp()
}

function cleanUp(): void {
  rmSync(directory, { recursive: true, force: true })
}

function askedFor(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}

async function runCase(each: Case, programs: readonly Program[]): Promise<readonly Outcome[]> {
  const server = await startServer(each.delays)
  try {
    const environment = { ...trusting(each, server.environment), ...PLUGIN_ENVIRONMENT }
    const rounds = Math.ceil(options.rounds * each.share)
    return await measureCase(each, programs, { rounds, environment, cache: `${directory}/cache` })
  } finally {
    await server.stop()
    rmSync(`${directory}/cache`, { recursive: true, force: true })
  }
}

/** With `SSL_CERT_FILE` every program reads the host's certificates, too. */
function trusting({ trust }: Case, environment: Readonly<Record<string, string>>) {
  const { AWS_CA_BUNDLE: bundle = '', ...rest } = environment
  return trust === 'host' ? { ...rest, SSL_CERT_FILE: bundle } : environment
}

/** On a tmpfs, for instance, there is no disk to read from again. */
function staysInMemory({ path }: Program): boolean {
  const { pages, resident } = evict(path)
  return resident !== undefined && resident > pages / 10
}
