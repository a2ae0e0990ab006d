import { expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

// The architecture, as a test.

/** The rooms of src/. Imports point to the left: a room knows itself and those before it, and nothing else. */
const ROOMS = [
  ['base'],
  ['config'],
  ['net'],
  ['aws'],
  ['credentials'],
  ['ecr'],
  ['kubelet'],
  ['cache'],
  ['plugin.ts', 'warm.ts'],
  ['operator'],
  ['main.ts'],
]

/** What runs only when it is configured, or touches the process, and who alone may import it from outside. */
const STANDS_APART: Readonly<Record<string, readonly string[]>> = {
  'net/proxy': [
    'net/network.ts',
    'net/exchange.ts',
    'operator/doctor/network.ts',
    'operator/doctor/runtime.ts',
  ],
  'credentials/sources': ['credentials/resolve.ts'],
  cache: ['plugin.ts', 'warm.ts'],
  host: ['main.ts'],
  operator: ['main.ts'],
}

/** Packages, and modules of the runtime: who alone may import them. Those with `type` are gone after the build. */
const DOORS = [
  'aws/call.ts aws4fetch',
  'main.ts ../package.json',
  'main.ts node:tty',
  'host/host.ts node:os',
  'host/nested_tls.ts type node:net',
  'host/disk.ts type node:fs',
  'host/connection.ts type node:crypto',
]

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCE = join(ROOT, 'src')
const all = [...new Bun.Glob('**/*.ts').scanSync({ cwd: SOURCE })]
/** The program. What builds it, or is built or installed beside it, is no part of it. */
const files = all.filter((file) => file !== 'build.ts' && !/^(?:units|release)\//.test(file))
const text = new Map(files.map((file) => [file, readFileSync(join(SOURCE, file), 'utf8')]))

interface Import {
  readonly from: string
  /** A file of src/, or a package. */
  readonly to: string
  readonly isType: boolean
}

// From the text: a transpiler drops imports of types.
const imports = files.flatMap((from): readonly Import[] => {
  const found = (text.get(from) ?? '').matchAll(
    /^(?:import|export) (?<type>type )?(?:[^'"]*?from )?['"](?<path>[^'"]+)['"]|(?<!typeof )import\('(?<later>[^']+)'\)/gm,
  )
  return [...found].map(({ groups }) => {
    const target = groups?.['path'] ?? groups?.['later'] ?? ''
    const isFile = target.startsWith('.') && target.endsWith('.ts')
    const to = isFile ? relative(SOURCE, join(SOURCE, dirname(from), target)) : target
    return { from, to, isType: groups?.['type'] !== undefined }
  })
})
const inside = imports.filter(({ to }) => to.endsWith('.ts'))

const isIn = (file: string, room: string) => file === room || file.startsWith(`${room}/`)
const floorOf = (file: string) => ROOMS.findIndex((rooms) => rooms.some((room) => isIn(file, room)))

test('every file is in a room', () => {
  expect(files.filter((file) => floorOf(file) === -1 && !isIn(file, 'host'))).toEqual([])
})

test('imports point one way', () => {
  const back = inside.filter(({ from, to }) =>
    isIn(from, 'host')
      ? !isIn(to, 'host') && !isIn(to, 'base')
      : !isIn(to, 'host') && floorOf(to) > floorOf(from),
  )
  expect(back).toEqual([])
})

test('what stands apart is imported by its one neighbour', () => {
  const entered = Object.entries(STANDS_APART).flatMap(([room, neighbours]) =>
    inside.filter(
      ({ from, to }) => isIn(to, room) && !isIn(from, room) && !neighbours.includes(from),
    ),
  )
  expect(entered).toEqual([])
})

test('what is built or installed beside the program is no part of it', () => {
  const beside = inside.filter(
    ({ to }) => to === 'build.ts' || isIn(to, 'units') || isIn(to, 'release'),
  )
  expect(beside).toEqual([])
})

test('packages and runtime modules have one door each', () => {
  const outside = imports
    .filter(({ to }) => !to.endsWith('.ts') && to !== 'valibot')
    .map(({ from, to, isType }) => `${from} ${isType ? 'type ' : ''}${to}`)
  expect([...new Set(outside)].toSorted()).toEqual(DOORS.toSorted())
})

test('valibot goes by the one name that the linter looks for', () => {
  const lines = files.flatMap((file) => (text.get(file) ?? '').match(/^.*from 'valibot'$/gm) ?? [])
  expect([...new Set(lines)]).toEqual(["import * as v from 'valibot'"])
})

test('no module of the runtime is loaded before it is needed', () => {
  // Nor by a static import of the file that needs it: the bundler puts those in front of all code.
  const early = files.flatMap((file) =>
    (text.get(file) ?? '').match(/^import (?!type ).*'node:.*$/gm),
  )
  expect(early.filter((line) => line !== null)).toEqual([])
})

test('a run for the kubelet evaluates nothing of the commands for people', () => {
  // At the top level of a file, which is what stands in the first column: functions, types, and constants that are literals,
  // which the bundler puts where they are used.
  const allowed =
    /^(?:import |(?:export )?(?:(?:async )?function|interface|type) |(?:export )?const [A-Z0-9_]+ = (?:[0-9_]+|'[^']*'|`text`)$|[ }\])|]|$)/
  const found = files
    .filter((file) => isIn(file, 'operator'))
    .flatMap((file) => {
      const code = (text.get(file) ?? '')
        .replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
        .replace(/`[^`]*`/g, (literal) => (literal.includes('${') ? '`code`' : '`text`'))
      return code.split('\n').map((line) => ({ file, line }))
    })
  expect(found.length).toBeGreaterThan(100)
  expect(found.filter(({ line }) => !allowed.test(line))).toEqual([])
})

/** What the linter finds in a folder that has a src/ like ours: the process, the network, clocks and parsers have one door each. */
function lint(folder: string): string {
  const config = join(ROOT, 'test/house/oxlint.json')
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint')
  const run = Bun.spawnSync([oxlint, '-c', config, '--format=unix', 'src'], { cwd: folder })
  return run.stdout.toString()
}

test('the process, the network, the clocks and the parsers have one door each', () => {
  expect(lint(ROOT)).toMatch(/^\s*$|0 problems/)
})

/**
 * What leads past the doors and the linter has no rule for: `import.meta` has the environment and a loader, a path that is
 * computed may be any module, and `Date` without a time reads the clock. Comments and strings count too, so none can hide code.
 */
const PAST_THE_DOORS = /\bimport\.meta\b|\bimport\((?!')|\bnew Date(?!\([^)])|(?<!\bnew )\bDate\(/

test('nothing leads past the doors', () => {
  expect(files.filter((file) => PAST_THE_DOORS.test(text.get(file) ?? ''))).toEqual([])
})

test.each([
  'export const a = import.meta.env',
  "export const a = import.meta.require('fs')",
  'export const a = await import(`node:fs`)',
  'export const a = new Date()',
  'export const a = new Date',
  'export const a = Date()',
])('a way past the doors is found: %s', (line) => {
  expect(line).toMatch(PAST_THE_DOORS)
})

test.each([
  ['net/x.ts', "export const a = process['env']"],
  ['net/x.ts', "export const a = globalThis['process']"],
  ['base/x.ts', 'export const a = `${Bun.version}` // $'],
  ['aws/x.ts', "export const a = fetch('http://h/')"],
  ['cache/x.ts', 'export const a = Date.now()'],
  ['credentials/x.ts', 'export const a = Math.random()'],
  ['ecr/x.ts', "export const a = JSON.parse('1')"],
  ['kubelet/x.ts', 'export const a = async (r: Response) => r.json()'],
  ['plugin.ts', "export const a = () => console.log('x')"],
  ['net/x.ts', "export const a = new Worker('x')"],
  ['kubelet/x.ts', "export const a = () => alert('x')"],
])('a leak in %s is found: %s', (file, line) => {
  const folder = mkdtempSync(join(tmpdir(), 'leak-'))
  mkdirSync(join(folder, 'src', dirname(file)), { recursive: true })
  writeFileSync(join(folder, 'src', file), `${line}\n`)
  const found = lint(folder)
  rmSync(folder, { recursive: true })
  expect(found).toContain('no-restricted')
})

test('what is exported is imported somewhere, if only by a test', () => {
  const folders = ['src', 'test'].flatMap((folder) => [
    ...new Bun.Glob(`${folder}/**/*.ts`).scanSync({ cwd: ROOT }),
  ])
  const read = new Map(folders.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))
  const used = new Set<string>()
  for (const [file, code] of read) {
    for (const [, list = '', path = ''] of code.matchAll(
      /^(?:import|export) ([^'"]*?) from '(\.[^']+)'/gm,
    )) {
      const target = join(dirname(file), path)
      for (const name of list.match(/\w+/g) ?? []) used.add(`${target} ${name}`)
    }
  }
  const exported = [...read].flatMap(([file, code]) =>
    [...code.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)].map(
      ([, name = '']) => `${file} ${name}`,
    ),
  )
  expect(exported.length).toBeGreaterThan(500)
  expect(exported.filter((name) => !used.has(name))).toEqual([])
})

test('no file is longer than an auditor reads in one go', () => {
  const long = all.filter(
    (file) => readFileSync(join(SOURCE, file), 'utf8').split('\n').length > 151,
  )
  expect(long).toEqual([])
})
