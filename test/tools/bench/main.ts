/**
 * The benchmark: whole processes, run as a kubelet runs them, in rounds against a fake AWS on loopback. Prints the README's
 * figures, or writes them into it. It judges nothing: what the figures must be depends on the machine.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, type } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { compile } from '../../../src/build.ts'
import { pluginPath } from '../../world/plugin.ts'
import { CASES } from './cases.ts'
import { type Program, race } from './race.ts'
import {
  compare,
  formatFull,
  formatShort,
  FULL_MARKERS,
  type Result,
  SHORT_MARKERS,
} from './section.ts'

const README = new URL('../../../README.md', import.meta.url)
const { values: asked } = parseArgs({
  options: {
    /** The Go plugin, or any other. */
    peer: { type: 'string' },
    /** An earlier build of ours, run with the same arguments. */
    before: { type: 'string' },
    case: { type: 'string', multiple: true, default: CASES.map(({ name }) => name) },
    rounds: { type: 'string' },
    /** Into the README instead of stdout. */
    write: { type: 'boolean', default: false },
  },
})
const unknown = asked.case.filter((name) => !CASES.some((each) => each.name === name))
if (unknown.length > 0) throw new Error(`No such case: ${unknown.join(', ')}`)

const rounds = asked.rounds === undefined ? undefined : Number(asked.rounds)
if (rounds !== undefined && !(rounds >= 1)) throw new Error('--rounds must be 1 or more')

const machine = describeMachine()
const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const cleanUp = () => rmSync(directory, { recursive: true, force: true })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp()
    process.exit(1)
  })
}
try {
  const programs = [{ name: 'ours', path: pluginPath, kind: 'ours' } as const, await findPeer()]
  const results: Result[] = []
  for (const each of CASES.filter(({ name }) => asked.case.includes(name))) {
    console.error(each.name)
    const wanted = { ...each, rounds: rounds ?? each.rounds }
    const [ours, peer] = await race(wanted, programs, join(directory, 'race'))
    if (ours !== undefined && peer !== undefined) results.push(compare(each, ours, peer))
  }
  const [short, full] = [formatShort(results), formatFull(results, machine)]
  if (asked.write) writeIntoReadme(short, full)
  else console.log(`${short}\n\n${full}`)
} finally {
  cleanUp()
}

/** What ours is held against: without a peer, the least that a program built like ours can do. */
async function findPeer(): Promise<Program> {
  if (asked.peer !== undefined) return { name: 'Go', path: resolve(asked.peer), kind: 'other' }
  if (asked.before !== undefined)
    return { name: 'before', path: resolve(asked.before), kind: 'earlier build' }
  const [source, path] = [join(directory, 'print.ts'), join(directory, 'print')]
  writeFileSync(source, `console.log('{"auth":{}}')\n`)
  const { success } = await compile(source, path)
  if (!success) throw new Error('Cannot build a program that prints')
  return { name: 'print', path, kind: 'other' }
}

function writeIntoReadme(short: string, full: string): void {
  let text = readFileSync(README, 'utf8')
  for (const [[begin, end], body] of [
    [SHORT_MARKERS, short],
    [FULL_MARKERS, full],
  ] as const) {
    const [before, rest] = text.split(begin)
    const after = rest?.split(end)[1]
    if (before === undefined || after === undefined) throw new Error(`No ${begin} in the README`)
    text = `${before}${begin}\n\n${body}\n\n${end}${after}`
  }
  writeFileSync(README, text)
}

/** What the figures depend on. */
function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const [kernel] = /^\d+\.\d+/.exec(release()) ?? []
  const load = loadavg()[0]?.toFixed(2)
  return `Measured on ${new Date().toISOString().slice(0, 10)}: ${model}, ${availableParallelism()} cores, ${type()} ${kernel}, Bun ${Bun.version}, load ${load} before.`
}
