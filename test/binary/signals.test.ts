import { expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'

import { AS_PID_1 } from '../support/pid_1.ts'
import { kubeletRequest, pluginPath, runPlugin } from '../world/plugin.ts'
import { inWorld, type World } from '../world/world.ts'
import { type Way, WAYS } from './scenarios/matrix.ts'
import { play, type Scenario } from './scenarios/scenario.ts'
import { logIn, PAST, SESSION, tokenFile } from './scenarios/sources.ts'

// Whoever stops a run gets it stopped: at once, by that signal, with nothing printed and nothing left behind.

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
const stdin = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app')

/** Once a command has ended, so has the care for it. */
const PROCESS: Pick<Way, 'step' | 'scenario'> = {
  step: 'ecr',
  scenario: { config: '[default]\ncredential_process = PRINT(p)' },
}

const CASES: readonly Scenario[] = [...WAYS, PROCESS].flatMap(({ step, scenario: way }) =>
  SIGNALS.map((kill) => ({
    ...way,
    name: `${kill} while ${step} does not answer${'config' in way ? ' (profile)' : ''}`,
    faults: [{ step, fault: { kind: 'hang' } }],
    kill,
    check: expectNothingLeft,
  })),
)

/** Neither a half-written token file nor a lock beside the one that was there. */
function expectNothingLeft(world: World): void {
  const directory = `${world.directory}/.aws`
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
  const known = ['config', 'credentials', 'token', tokenFile(world, 'corp').replace(/.*\//, '')]
  expect(names.filter((name) => !known.includes(name))).toEqual([])
}

test.concurrent.each(CASES.map((scenario) => [scenario.name, scenario] as const))(
  '%s ends the run at once',
  async (_, scenario) => play(scenario),
)

const HAS_STRACE = Bun.which('strace') !== null

// Storing takes a moment that no test could hit, so the system is told to take four seconds for it.
test.skipIf(!HAS_STRACE).concurrent.each(SIGNALS)(
  '%s while a renewed token is stored ends the run once it is (needs strace)',
  async (signal) =>
    inWorld(async (world) => {
      mkdirSync(`${world.directory}/.aws`, { recursive: true })
      writeFileSync(`${world.directory}/.aws/config`, SESSION)
      logIn('corp', PAST)(world)
      const slow = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync:delay_enter=2000000']
      const run = await runPlugin({
        stdin,
        env: world.environment(),
        command: ['strace', ...slow, pluginPath],
        during: async () => {
          while (temporaries(world).length === 0) await Bun.sleep(5)
          for (const pid of pidsOf(world)) process.kill(pid, signal)
        },
      })
      // As strace passes it on.
      expect([run.signal, run.stdout, run.stderr]).toEqual([signal, '', ''])
      expect(temporaries(world)).toEqual([])
      const stored = readFileSync(tokenFile(world, 'corp'), 'utf8')
      expect(Date.parse(/"expiresAt":"([^"]+)"/.exec(stored)?.[1] ?? '')).toBeGreaterThan(
        Date.now(),
      )
    }),
  60_000,
)

const temporaries = (world: World) =>
  readdirSync(`${world.directory}/.aws`, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.tmp'))

/** The plugins that run in this world. */
function pidsOf(world: World): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const isPlugin = readlinkSync(`/proc/${pid}/exe`) === pluginPath
        return isPlugin && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(world.directory)
      } catch {
        return false
      }
    })
}

function makeFifo(path: string): string {
  expect(Bun.spawnSync(['mkfifo', path]).exitCode).toBe(0)
  return path
}

test.concurrent.each(SIGNALS)('%s while a file does not end ends the run', async (signal) =>
  inWorld(async (world) => {
    const file = makeFifo(`${world.directory}/config`)
    const run = await runPlugin({
      stdin,
      env: world.environment({ AWS_CONFIG_FILE: file }),
      during: async (child) => {
        // Opened once it has a reader.
        const writer = await open(file, 'w')
        child.kill(signal)
        await writer.close()
      },
    })
    expect([run.signal, run.stdout, run.stderr]).toEqual([signal, '', ''])
  }),
)

test.concurrent.each(SIGNALS)('%s while stdin does not end ends the run', async (signal) =>
  inWorld(async (world) => {
    const fifo = makeFifo(`${world.directory}/stdin`)
    const run = await runPlugin({
      command: ['/bin/sh', '-c', `exec "$0" --verbose 3<>'${fifo}' <&3`, pluginPath],
      during: async (child) => {
        while (readlinkSync(`/proc/${child.pid}/exe`) !== pluginPath) await Bun.sleep(1)
        child.kill(signal)
      },
    })
    expect([run.signal, run.stdout]).toEqual([signal, ''])
  }),
)

test.concurrent.each(SIGNALS)(
  '%s ends a credential_process with all that it started',
  async (signal) =>
    inWorld(async (world) => {
      const fifo = makeFifo(`${world.directory}/alive`)
      const config = `${world.directory}/config`
      // Every process of it holds the file open, and none would end by itself or by a kinder signal.
      const command = `trap '' TERM INT HUP; exec 9>'${fifo}'; sleep 60 & (sleep 60 & sleep 60) & echo up >&9; sleep 60`
      writeFileSync(config, `[default]\ncredential_process = ${command}`)
      let rest: string | undefined
      const run = await runPlugin({
        stdin,
        env: world.environment({ AWS_CONFIG_FILE: config, PATH: '/usr/bin:/bin' }),
        during: async (child) => {
          const reader = await open(fifo, 'r')
          const { buffer, bytesRead } = await reader.read(Buffer.alloc(3))
          expect(buffer.subarray(0, bytesRead).toString()).toBe('up\n')
          child.kill(signal)
          // The end of this file is the end of the last process that has it open.
          rest = await reader.readFile('utf8')
          await reader.close()
        },
      })
      expect([run.signal, run.stdout, run.stderr, rest]).toEqual([signal, '', '', ''])
    }),
)

/** The number by which others see that PID 1. */
const pidInside = (child: { readonly pid: number }) =>
  Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))

const CODES = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const

const HANGS: readonly (readonly [name: string, config: string, args: readonly string[]])[] = [
  ['ECR does not answer', '', []],
  ['ECR does not answer those who share a cache', '', ['--cache-dir', 'DIR/cache']],
  ['ECR does not answer, after credential_process', 'credential_process = cat DIR/keys', []],
  ['a credential_process does not end', 'credential_process = echo x >DIR/up; sleep 60', []],
]

test.concurrent.each(
  HANGS.flatMap((hang) => CODES.map(([signal, code]) => [signal, ...hang, code] as const)),
)('%s ends PID 1 while %s', async (signal, _, config, args, code) =>
  inWorld(async (world) => {
    const directory = world.directory
    const fillIn = (text: string) => text.replaceAll('DIR', directory)
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = world.state.container.key
    const keys = { Version: 1, AccessKeyId, SecretAccessKey }
    writeFileSync(`${directory}/keys`, JSON.stringify(keys))
    writeFileSync(`${directory}/config`, fillIn(`[default]\n${config}\n`))
    world.faults.push({ step: 'ecr', fault: { kind: 'hang' } })
    const run = await runPlugin({
      stdin,
      env: world.environment({ AWS_CONFIG_FILE: `${directory}/config`, PATH: '/usr/bin:/bin' }),
      command: [...AS_PID_1, pluginPath],
      args: args.map(fillIn),
      during: async (child) => {
        const up = `${directory}/up`
        while (!existsSync(up) && world.requests.at(-1)?.step !== 'ecr') await Bun.sleep(1)
        process.kill(pidInside(child), signal)
      },
    })
    expect([run.exitCode, run.signal, run.stdout, run.stderr]).toEqual([code, null, '', ''])
    if (args.length > 0) expect(readdirSync(`${directory}/cache`)).toEqual([])
  }),
)

test.concurrent.each(CODES)('%s ends PID 1 while stdin does not end', async (signal, code) =>
  inWorld(async (world) => {
    const fifo = makeFifo(`${world.directory}/stdin`)
    const script = `exec "$@" 3<>'${fifo}' <&3`
    const run = await runPlugin({
      command: ['/bin/sh', '-c', script, 'sh', ...AS_PID_1, pluginPath],
      during: async (child) => {
        while (!isListening(child)) await Bun.sleep(1)
        process.kill(pidInside(child), signal)
      },
    })
    expect([run.exitCode, run.signal, run.stdout, run.stderr]).toEqual([code, null, '', ''])
  }),
)

/** Whether PID 1 handles SIGTERM: until it does the kernel drops it. */
function isListening(child: { readonly pid: number }): boolean {
  try {
    const status = readFileSync(`/proc/${pidInside(child)}/status`, 'utf8')
    const caught = Number.parseInt(/^SigCgt:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? '0', 16)
    return [1, 2, 15].every((number) => Math.floor(caught / 2 ** (number - 1)) % 2 === 1)
  } catch {
    return false
  }
}
