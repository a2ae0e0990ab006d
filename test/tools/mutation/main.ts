/**
 * Makes one small change at a time in the code that decides, in a copy of the sources, and runs the unit tests of that file.
 * A change that no test notices is printed: a test is missing, or the change is none. Not part of any check, since each
 * survivor is for a person to judge.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { EQUIVALENT } from './equivalent.ts'
import { TESTS } from './files.ts'
import { describeChange, type Mutant, mutantsOf } from './mutants.ts'

const USAGE = `usage: npm run mutate -- [FILE...]
FILE is one of ${[...TESTS.keys()].join(', ')}; default is all of them`

/** A mutant may loop for ever; tests of the unchanged file may take so many times as long. */
const PATIENCE = 5
const LEAST_TIMEOUT_MS = 5000

const ROOT = join(import.meta.dir, '..', '..', '..')

const files = readFiles(process.argv.slice(2))
const copy = mkdtempSync(join(tmpdir(), 'mutation-'))
try {
  copyProject()
  for (const file of files) mutate(file)
} finally {
  rmSync(copy, { recursive: true })
}

function readFiles(args: readonly string[]): readonly string[] {
  const names = args.map((arg) => arg.replace(/^src\//, ''))
  if (names.every((name) => TESTS.has(name))) return names.length > 0 ? names : [...TESTS.keys()]
  console.error(USAGE)
  process.exit(2)
}

function copyProject(): void {
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'bunfig.toml']
  for (const name of ['src', 'test', 'README.md', 'SECURITY.md', ...settings]) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  }
  for (const name of ['node_modules', 'dist']) symlinkSync(join(ROOT, name), join(copy, name))
}

function mutate(file: string): void {
  const startMs = performance.now()
  if (!passes(file, 60_000)) throw new Error(`the tests of ${file} fail without any change`)
  const tookMs = Math.round(performance.now() - startMs)
  const timeoutMs = Math.max(PATIENCE * tookMs, LEAST_TIMEOUT_MS)
  const path = join(copy, 'src', file)
  const source = readFileSync(path, 'utf8')
  const mutants = mutantsOf(source)
  const survivors = mutants.filter(({ text }) => {
    writeFileSync(path, text)
    return passes(file, timeoutMs)
  })
  writeFileSync(path, source)
  report(file, mutants.length, survivors)
}

function passes(file: string, timeoutMs: number): boolean {
  const tests = (TESTS.get(file) ?? []).map((name) => `./test/${name}.test.ts`)
  const { exitCode } = Bun.spawnSync([process.execPath, 'test', '--bail', ...tests], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  return exitCode === 0
}

function report(file: string, count: number, survivors: readonly Mutant[]): void {
  const open = survivors.filter((mutant) => !isEquivalent(file, mutant))
  const known = survivors.length - open.length
  console.log(`${file}: ${count} mutants, ${known} known to be equivalent, ${open.length} survive`)
  for (const mutant of open) console.log(`  ${mutant.line}: ${describeChange(mutant)}`)
}

function isEquivalent(file: string, mutant: Mutant): boolean {
  const change = describeChange(mutant)
  return EQUIVALENT.some(
    (each) => each.file === file && each.code === mutant.code && each.changes.includes(change),
  )
}
