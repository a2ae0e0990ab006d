import { afterAll, expect, test } from 'bun:test'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

import { codeOf } from '../../../src/base/failure.ts'
import type { Command } from '../../../src/base/machine.ts'
import { createMachine } from '../../../src/host/machine.ts'

const base = realpathSync(mkdtempSync(`${tmpdir()}/machine-`))
afterAll(() => rmSync(base, { recursive: true }))
const machine = createMachine('product/1')

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Runs a script in a process of its own, in which `machine` is one; `shell` is how the process is started. */
function runScript(script: string, { env = {}, shell = 'exec "$0" "$@"' } = {}) {
  const file = fileURLToPath(new URL('../../../src/host/machine.ts', import.meta.url))
  const whole = `import { createMachine } from '${file}'\nconst machine = createMachine('p')\n${script}`
  const run = Bun.spawnSync(['/bin/sh', '-c', shell, process.execPath, '-e', whole], {
    env,
    stderr: 'pipe',
  })
  return { stdout: run.stdout.toString(), stderr: run.stderr.toString(), exitCode: run.exitCode }
}

test('a machine is this one, and this program', () => {
  const names = new Map([
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
  ])
  const name = Bun.spawnSync(['uname', '-m']).stdout.toString().trim()
  expect([machine.product, machine.executable, machine.architecture]).toEqual([
    'product/1',
    process.execPath,
    names.get(name) ?? 'none that is built for',
  ])
})

test('a machine knows the script of the portable archive by the loader that it starts', () => {
  const script = `
    process.execPath = '/opt/a/glibc/ld-linux-x86-64.so.2'
    console.log(createMachine('p').executable)`
  expect(runScript(script).stdout).toBe('/opt/a/ecr-credential-provider\n')
})

test('processes() has the numbers of processes, and nothing else', () => {
  const found = machine.processes()
  expect(found).toContain(process.pid)
  expect(found.filter((number) => !Number.isInteger(number))).toEqual([])
})

test('readLink() says where a link leads, and nothing where there is none', () => {
  symlinkSync('somewhere', `${base}/link`)
  expect(['link', 'none'].map((name) => machine.readLink(`${base}/${name}`))).toEqual([
    'somewhere',
    undefined,
  ])
})

test('stat() looks behind links, and knows one file by any of its paths', () => {
  writeFileSync(`${base}/a`, '', { mode: 0o640 })
  writeFileSync(`${base}/b`, '')
  mkdirSync(`${base}/folder`, { mode: 0o700 })
  utimesSync(`${base}/a`, 1000, 2000)
  symlinkSync(`${base}/a`, `${base}/to-a`)
  const a = machine.stat(`${base}/a`)
  expect(a).toMatchObject({
    isFile: true,
    isDirectory: false,
    mode: 0o640,
    owner: process.getuid?.(),
    changedAtMs: 2_000_000,
  })
  expect(machine.stat(`${base}/to-a`)).toEqual(a)
  expect(machine.stat(`${base}/b`).id).not.toBe(a.id)
  expect(machine.stat(`${base}/folder`)).toMatchObject({
    isFile: false,
    isDirectory: true,
    mode: 0o700,
  })
  expect(() => machine.stat(`${base}/nowhere`)).toThrow('ENOENT')
})

test('hashFile() is the SHA-256 of FIPS 180-2, in hexadecimal', async () => {
  writeFileSync(`${base}/abc`, 'abc')
  expect(await machine.hashFile(`${base}/abc`)).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  expect(await machine.hashFile(`${base}/nowhere`).catch(codeOf)).toBe('ENOENT')
})

/** Runs a script of the shell. */
const run = async (script: string, parts: Partial<Command> = {}) =>
  machine.run({
    program: '/bin/sh',
    args: ['-c', script],
    env: {},
    cwd: base,
    stdin: '',
    timeoutMs: 10_000,
    ...parts,
  })

test('run() gives a program its input, its directory and its whole environment', async () => {
  const ended = await run('cat; echo "$PWD $OWN$HOME"; exit 3', { stdin: 'in ', env: { OWN: 'o' } })
  expect([ended.exitCode, ended.isLate, text(ended.stdout)]).toEqual([3, false, `in ${base} o\n`])
})

test('run() kills a program that takes too long, and keeps what it has said', async () => {
  const ended = await run('echo $$; exec sleep 60', { timeoutMs: 1000 })
  expect([ended.exitCode, ended.isLate]).toEqual([undefined, true])
  const pid = Number(text(ended.stdout))
  expect(pid).toBeGreaterThan(1)
  while (machine.processes().includes(pid)) await Bun.sleep(1)
})

test('run() has no exit code for a program that a signal ends', async () => {
  const ended = await run('kill -9 $$')
  expect([ended.exitCode, ended.isLate]).toEqual([undefined, false])
})

test('run() fails when there is no such program', async () => {
  expect(await run('', { program: `${base}/nowhere` }).catch(codeOf)).toBe('ENOENT')
})

test('handOver() lets a program have what this one has', () => {
  const script = `process.exit(await machine.handOver('/bin/sh', ['-c', 'echo $OWN; echo x >&2; exit 3']))`
  const found = runScript(script, { env: { OWN: 'value' } })
  expect(found).toEqual({ stdout: 'value\n', stderr: 'x\n', exitCode: 3 })
})

test('systemWith() has the environment of another process, and shows nothing of what its commands say', async () => {
  const steps: string[] = []
  const system = machine.systemWith({ OWN: 'value' }, (step) => void steps.push(step))
  system.step('a step')
  expect([system.env, system.product, steps]).toEqual([{ OWN: 'value' }, 'product/1', ['a step']])
  const { exitCode, stdout, stderr } = await system.runCommand(
    'echo $OWN; echo SECRET >&2; exit 3',
    5000,
  )
  expect([exitCode, text(stdout), text(stderr)]).toEqual([3, 'value\n', ''])
})

test('systemWith() has the home directory of the user database, whatever HOME is', () => {
  const home = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , user]) => user === `${process.getuid?.() ?? ''}`)?.[5]
  const script = `console.log(await machine.systemWith({ HOME: '/b' }, () => {}).homeDirectory())`
  expect(runScript(script, { env: { HOME: '/a' } }).stdout).toBe(`${home ?? 'undefined'}\n`)
})

test('enter() changes where relative paths begin', () => {
  writeFileSync(`${base}/here`, 'here')
  const script = `
    machine.enter('${base}')
    console.log(Buffer.from(await machine.readFile('here', 9)).toString())
    try { machine.enter('${base}/nowhere') } catch (error) { console.log(error.code) }`
  expect(runScript(script).stdout).toBe('here\nENOENT\n')
})

test('print() writes to stdout, one part behind the other', () => {
  const long = 'x'.repeat(100_000)
  const script = `await machine.print('a ')\nawait machine.print('x'.repeat(100_000))`
  expect(runScript(script).stdout).toBe(`a ${long}`)
})

test.each([
  [
    'fails where stdout is full',
    '"$0" "$@" >/dev/full',
    'cannot write the answer to stdout: it is closed or full\n',
  ],
  ['is content where nobody reads', '{ "$0" "$@"; } | true', ''],
])('print() %s', (_, shell, expected) => {
  // Again and again, until the reader is gone.
  const script = `
    for (let i = 0; i < 20; i++) {
      try { await machine.print('x'.repeat(100_000)) } catch (error) { console.error(error.message); break }
    }`
  expect(runScript(script, { shell }).stderr).toBe(expected)
})

test('nothing is coloured where no terminal shows it', () => {
  expect(runScript('console.log(machine.isColoured)').stdout).toBe('false\n')
})
