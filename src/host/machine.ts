import { codeOf, failure } from '../base/failure.ts'
import type { Command, Ended, FileState, Machine } from '../base/machine.ts'
import type { System } from '../base/system.ts'
import { collect } from './command.ts'
import { createSystem } from './host.ts'

/** The machine, as the commands for people see it. */
export function createMachine(product: string): Machine {
  const { readFile, listFiles, elapsedMs, sleep } = createSystem(
    product,
    () => undefined,
    new Set(),
  )
  return {
    readFile,
    listFiles,
    elapsedMs,
    sleep,
    product,
    executable: findExecutable(process.execPath),
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    processes: () =>
      files()
        .readdirSync('/proc')
        .filter((name) => /^[0-9]+$/.test(name))
        .map(Number),
    readLink: (path: string) => {
      try {
        return files().readlinkSync(path)
      } catch {
        return undefined
      }
    },
    stat,
    hashFile: async (path: string) =>
      new Bun.CryptoHasher('sha256').update(await Bun.file(path).bytes()).digest('hex'),
    run,
    handOver: async (program: string, args: readonly string[]) =>
      Bun.spawn([program, ...args], { stdio: ['inherit', 'inherit', 'inherit'] }).exited,
    systemWith,
    enter: (directory: string) => process.chdir(directory),
    isColoured: isColoured(),
    print,
  }

  function systemWith(
    env: Readonly<Record<string, string>>,
    step: (description: string) => void,
  ): System {
    const own = createSystem(product, step, new Set(), env)
    return {
      ...own,
      homeDirectory: async () => homeOf(process.getuid?.() ?? 0),
      runCommand: async (command, timeoutMs) => ({
        ...(await own.runCommand(command, timeoutMs)),
        // It may hold anything, and nothing of it may be shown.
        stderr: new Uint8Array(),
      }),
    }
  }
}

/**
 * What the kubelet starts: this program, or the script of the portable archive, which starts glibc's loader with it. The path
 * of such a process is the loader's.
 */
function findExecutable(path: string): string {
  return path.replace(/\/glibc\/ld-linux-x86-64\.so\.2$/, '/ecr-credential-provider')
}

/** Whether a terminal shows what is printed, and nobody asks for plain text: https://no-color.org */
function isColoured(): boolean {
  const { NO_COLOR: plain = '', TERM: terminal = '' } = process.env
  return process.getBuiltinModule('node:tty').isatty(1) && plain === '' && terminal !== 'dumb'
}

/** @throws {Failure} `output` - it is full. A reader that is gone, as behind `| head`, is no failure. */
async function print(text: string): Promise<void> {
  try {
    const sink = Bun.stdout.writer()
    // One after the other: either may throw at once, and then nobody would wait for what the first has begun.
    await sink.write(text)
    await sink.end()
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw failure('output', {})
  }
}

function files() {
  return process.getBuiltinModule('node:fs')
}

function stat(path: string): FileState {
  const state = files().statSync(path)
  return {
    id: `${state.dev}:${state.ino}`,
    isFile: state.isFile(),
    isDirectory: state.isDirectory(),
    mode: state.mode & 0o7777,
    owner: state.uid,
    changedAtMs: state.mtimeMs,
  }
}

/** From the user database's file: the runtime's own answer is the `HOME` of whoever runs this. */
async function homeOf(user: number): Promise<string | undefined> {
  const text = await Bun.file('/etc/passwd')
    .text()
    .catch(() => '')
  const line = text.split('\n').find((each) => each.split(':')[2] === `${user}`)
  const home = line?.split(':')[5] ?? ''
  return home === '' ? undefined : home
}

async function run({ program, args, env, cwd, stdin, timeoutMs }: Command): Promise<Ended> {
  const startMs = performance.now()
  const child = Bun.spawn([program, ...args], {
    cwd,
    env,
    stdin: Buffer.from(stdin),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = [collect(child.stdout, 'beginning'), collect(child.stderr, 'beginning')]
  const ended = Promise.all([child.exited, stdout.done, stderr.done]).then(() => true)
  const isEnded = await Promise.race([ended, Bun.sleep(timeoutMs).then(() => false)])
  // As the kubelet does it: this process alone.
  if (!isEnded) child.kill('SIGKILL')
  return {
    exitCode: isEnded ? (child.exitCode ?? undefined) : undefined,
    isLate: !isEnded,
    stdout: stdout.bytes(),
    tookMs: performance.now() - startMs,
  }
}
