import { afterAll, expect, test } from 'bun:test'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { codeOf } from '../../../src/base/failure.ts'
import { createSystem } from '../../../src/host/host.ts'
import { AS_PID_1 } from '../../support/pid_1.ts'
import { issue } from '../../world/issued.ts'

const base = realpathSync(mkdtempSync(`${tmpdir()}/host-`))
afterAll(() => rmSync(base, { recursive: true }))

const reading = new Set<string>()
const steps: string[] = []
const system = createSystem('product/1', (text) => void steps.push(text), reading)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('a system is that of this process, and of this program', () => {
  system.step('a step')
  expect([system.env, system.product, system.processId, steps]).toEqual([
    process.env,
    'product/1',
    process.pid,
    ['a step'],
  ])
})

test('readFile() gives the first bytes of a file, and says which are being read', async () => {
  const path = `${base}/file`
  writeFileSync(path, '0123456789')
  const pending = system.readFile(path, 4)
  expect([...reading]).toEqual([path])
  expect([text(await pending), [...reading]]).toEqual(['0123', []])
  expect(text(await system.readFile(path, 11))).toBe('0123456789')
  // From where this process is.
  expect(text(await system.readFile(relative(process.cwd(), path), 4))).toBe('0123')
})

test.each([
  ['/nowhere', 'ENOENT'],
  [base, 'EISDIR'],
  // What begins like an address is a file all the same, which is not there; to ask somebody would have another outcome.
  ['s3://bucket/key', 'ENOENT'],
  ['http://127.0.0.1:1/', 'ENOENT'],
  ['file:///etc/passwd', 'ENOENT'],
])('readFile(%s) fails with %s, and is over', async (path, code) => {
  expect(await system.readFile(path, 4).catch(codeOf)).toBe(code)
  expect([...reading]).toEqual([])
})

test('listFiles() gives the paths of all entries', async () => {
  const directory = `${base}/list`
  mkdirSync(`${directory}/folder/below`, { recursive: true })
  for (const name of ['a', '.hidden']) writeFileSync(`${directory}/${name}`, '')
  const pending = system.listFiles(directory)
  expect([...reading]).toEqual([directory])
  const found = await pending
  expect(found.toSorted()).toEqual(['.hidden', 'a', 'folder'].map((name) => `${directory}/${name}`))
  expect(await system.listFiles(`${base}/nowhere`).catch(codeOf)).toBe('ENOENT')
  expect([...reading]).toEqual([])
})

test('replaceFile() and openPrivateDirectory() write what they are told', async () => {
  const path = `${base}/replaced`
  writeFileSync(path, 'old', { mode: 0o640 })
  await system.replaceFile(path, 'new')
  expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o640])
  const directory = system.openPrivateDirectory(`${base}/private`)
  directory.replace('a', 'text')
  expect(statSync(`${base}/private`).mode & 0o777).toBe(0o700)
  expect(readFileSync(`${base}/private/a`, 'utf8')).toBe('text')
})

test('sha256() is that of FIPS 180-2, in hexadecimal', () => {
  expect(system.sha256('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('inspectCertificate() tells a root from others, and from what cannot be read', async () => {
  const root = await issue({ name: 'root' })
  const other = await issue({ name: 'other', issuer: root })
  expect([root.der, other.der, Buffer.from('x')].map(system.inspectCertificate)).toEqual([
    'root',
    'other',
    undefined,
  ])
})

test('builtInRoots() are many certificates, each of which can be read', () => {
  const blocks = system.builtInRoots().match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? []
  expect(blocks.length).toBeGreaterThan(100)
  const ders = blocks.map((block) => Buffer.from(block.replaceAll(/-----.*-----/g, ''), 'base64'))
  expect(ders.filter((der) => system.inspectCertificate(der) === undefined)).toEqual([])
})

test('runCommand() runs in the environment of the system', async () => {
  const own = createSystem('p', () => undefined, new Set(), { OWN: 'value' })
  expect(own.env).toEqual({ OWN: 'value' })
  const { exitCode, stdout, stderr } = await own.runCommand(
    'echo $OWN$HOME; echo x >&2; exit 3',
    5000,
  )
  expect([exitCode, text(stdout), text(stderr)]).toEqual([3, 'value\n', 'x\n'])
})

test('lookUp() knows what the hosts file has, and fails with a code that has no prefix', async () => {
  expect(await system.lookUp('localhost')).toContain('127.0.0.1')
  expect(await system.lookUp('no name').catch(codeOf)).toMatch(/^E[A-Z_]+$/)
})

test('random() is at least 0, and less than 1', () => {
  const numbers = Array.from({ length: 100 }, system.random)
  expect(numbers.filter((number) => !(number >= 0 && number < 1))).toEqual([])
  expect(new Set(numbers).size).toBeGreaterThan(90)
})

test('elapsedMs() goes on while sleep() waits', async () => {
  const before = system.elapsedMs()
  await system.sleep(2)
  expect(system.elapsedMs()).toBeGreaterThan(before)
})

const HOST = fileURLToPath(new URL('../../../src/host/host.ts', import.meta.url))

/** The home directory of a user, for a process of theirs without `HOME`; the number of this one stands first. */
function homeOf(user: number): readonly string[] {
  const script = `
    import { createSystem } from '${HOST}'
    const system = createSystem('p', () => undefined, new Set())
    const own = process.getuid()
    if (own === 0) process.setuid(${user})
    console.log(own + ' ' + await system.homeDirectory())`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script], { env: {} })
  return stdout.toString().trim().split(' ')
}

test('homeDirectory() is that of the user database, and none for a user that it does not have', () => {
  const homes = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([, , user = '', , , home = '']) => [user, home]),
  )
  const [own = '', home] = homeOf(0)
  expect(home).toBe(homes.get(own) ?? 'undefined')
  // Only root can become somebody else.
  expect(homeOf(54_321)[1]).toBe(own === '0' ? 'undefined' : home)
})

const CATCHER = fileURLToPath(new URL('../../support/signal_catcher.ts', import.meta.url))

interface Caught {
  /** How many listen: at first, once signals are to be caught, once there is something to clean up, and at last. */
  readonly listeners: string | undefined
  readonly cleaned: number
  readonly signal: Bun.Subprocess['signalCode']
  readonly exitCode: number | null
}

/** Starts a process that has something to clean up, and tells it to end as soon as it waits. */
async function endBy(
  signal: NodeJS.Signals,
  scenario: 'one' | 'two' | 'released',
  around: readonly string[] = [],
): Promise<Caught> {
  const child = Bun.spawn([...around, process.execPath, CATCHER, scenario], { stdout: 'pipe' })
  let said = ''
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    // Its first line says that it waits.
    if (said === '') process.kill(around.length === 0 ? child.pid : onlyChildOf(child.pid), signal)
    said += chunk
  }
  const exitCode = await child.exited
  const [listeners, ...rest] = said.trimEnd().split('\n')
  const cleaned = rest.filter((line) => line === 'cleaned').length
  return { listeners, cleaned, signal: child.signalCode, exitCode }
}

const onlyChildOf = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s cleans up, and then ends the process as if nobody had caught it',
  async (signal) => {
    expect(await endBy(signal, 'one')).toMatchObject({
      // Nobody listens before there is something to clean up.
      listeners: '0 0 1 1',
      cleaned: 1,
      signal,
    })
  },
)

test('all is cleaned up but what was released, and by the same listener', async () => {
  expect(await endBy('SIGTERM', 'two')).toMatchObject({ listeners: '0 0 1 1', cleaned: 2 })
  // The other one stays, and so does the listener.
  expect(await endBy('SIGTERM', 'released')).toMatchObject({ listeners: '0 0 1 1', cleaned: 1 })
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)(
  'PID 1 listens from the beginning, and exits after %s with %d',
  async (signal, code) => {
    expect(await endBy(signal, 'one', AS_PID_1)).toEqual({
      listeners: '0 1 1 1',
      cleaned: 1,
      signal: null,
      exitCode: code,
    })
  },
)

test('isRunning() knows this process, and one that has ended', async () => {
  expect(system.isRunning(process.pid)).toBe(true)
  const child = Bun.spawn(['true'])
  await child.exited
  expect(system.isRunning(child.pid)).toBe(false)
})

test("isRunning() knows another user's process, which it may not signal", () => {
  // Process 1 is root's; who is root becomes somebody else first.
  const script = `
    import { createSystem } from '${HOST}'
    if (process.getuid() === 0) process.setuid(65534)
    let code
    try { process.kill(1, 0) } catch (error) { code = error.code }
    console.log(code, createSystem('p', () => undefined, new Set()).isRunning(1))`
  const { stdout } = Bun.spawnSync([process.execPath, '-e', script])
  expect(stdout.toString()).toBe('EPERM true\n')
})
