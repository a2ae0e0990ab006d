import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  AUDIT_MARKERS,
  bundledPackages,
  formatAuditGuide,
  legOf,
  LEGS,
  PLAIN_LEGS,
  sourceFiles,
  sumLines,
} from './audit.ts'
import { readBetween, README_LINE } from './readme.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The most that an auditor of a plain node has to read, in lines of code. */
const MOST_PLAIN_LINES = 3100

test('every source file is in one leg of the audit', () => {
  expect(sourceFiles().filter((file) => legOf(file) === 0)).toEqual([])
  // And each place that a leg names is there.
  const places = LEGS.flatMap(({ paths }) => paths)
  expect(new Set(places).size).toBe(places.length)
  expect(places.filter((path) => !sourceFiles().some((file) => file.startsWith(path)))).toEqual([])
})

/** The files of src/ that a file imports. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8')
  return [...text.matchAll(/from '(\.[^']+\.ts)'/g)].map(([, path = '']) =>
    join(dirname(file), path),
  )
}

test('from the files that a leg begins with, imports lead to all of it', () => {
  for (const [index, { name, begin }] of LEGS.entries()) {
    const own = sourceFiles().filter((file) => legOf(file) === index + 1)
    const found = new Set(begin)
    // What is added meanwhile is gone through, too.
    for (const file of found)
      for (const each of importsOf(file)) if (own.includes(each)) found.add(each)
    expect([name, [...found].toSorted()]).toEqual([name, own])
  }
})

test('the legs of a plain node are short', () => {
  const plain = sourceFiles().filter((file) => legOf(file) <= PLAIN_LEGS)
  expect(sumLines(plain).code).toBeLessThanOrEqual(MOST_PLAIN_LINES)
})

test('the README has the guide as the source is now', async () => {
  // To renew it: bun -e "import { formatAuditGuide } from './test/house/audit.ts'; console.log(await formatAuditGuide())"
  expect(readBetween(AUDIT_MARKERS)).toBe(await formatAuditGuide())
  const plain = sourceFiles().filter((file) => legOf(file) <= PLAIN_LEGS)
  const ofPackages = (await bundledPackages()).reduce((sum, { lines }) => sum + lines, 0)
  expect(README_LINE).toContain(
    `There are ${sumLines(plain).code} lines of code to [audit](#audit-it) for a node with an instance role, and ${ofPackages} of two packages.`,
  )
})

/** Who alone imports from a later part: from those that are only there when configured. */
const DOORS = [
  'credentials/resolve.ts',
  'host/host.ts',
  'main.ts',
  'net/network.ts',
  'net/proxy/rules.ts',
  'plugin.ts',
]

test('a part needs only those before it, but for the doors to what is only there when configured', () => {
  const later = sourceFiles().flatMap((from) =>
    importsOf(from)
      .filter((to) => legOf(to) > legOf(from))
      .map((to) => ({ from, to })),
  )
  expect(later.filter(({ to }) => legOf(to) <= PLAIN_LEGS)).toEqual([])
  expect([...new Set(later.map(({ from }) => from))]).toEqual(DOORS)
})

test('no line of the packages in the binary is without a name in the guide', async () => {
  for (const { file, lines, definitions } of await bundledPackages()) {
    expect([file, definitions.reduce((sum, each) => sum + each.lines, 0)]).toEqual([file, lines])
  }
})

/** How many functions of each source file the request of plain_request.test.ts has called. */
function callsByFile(): ReadonlyMap<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'coverage-'))
  const file = join(ROOT, 'test/house/plain_request.test.ts')
  const coverage = ['--coverage', '--coverage-reporter=lcov', `--coverage-dir=${directory}`]
  const run = Bun.spawnSync([process.execPath, 'test', file, ...coverage], { cwd: ROOT })
  expect(run.exitCode).toBe(0)
  const report = readFileSync(join(directory, 'lcov.info'), 'utf8')
  rmSync(directory, { recursive: true })
  const records = [...report.matchAll(/^SF:src\/(?<name>.+)$[^]*?^FNH:(?<calls>\d+)$/gm)]
  return new Map(records.map(({ groups }) => [groups?.['name'] ?? '', Number(groups?.['calls'])]))
}

test('a plain request calls nothing of what is only there when configured', () => {
  const calls = callsByFile()
  const called = [...calls].filter(([, count]) => count > 0).map(([file]) => file)
  expect(called).toContain('plugin.ts')
  expect(called).toContain('credentials/imds.ts')
  expect(called.filter((file) => legOf(file) > PLAIN_LEGS)).toEqual([])
}, 30_000)
