import { collect } from './command.ts'
import { createSystem } from './host.ts'

/** A program of its own, see `Machine` of the commands for people. */
interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly stdin: string
  readonly timeoutMs: number
}

/** The machine, as the commands for people see it. */
export function createMachine(product: string) {
  const { readFile, listFiles } = createSystem(product, () => undefined, new Set<string>())
  return {
    readFile,
    listFiles,
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
    run,
  }
}

function files() {
  return process.getBuiltinModule('node:fs')
}

function stat(path: string) {
  const state = files().statSync(path)
  return {
    isFile: state.isFile(),
    isDirectory: state.isDirectory(),
    mode: state.mode & 0o7777,
    owner: state.uid,
  }
}

async function run({ program, args, env, cwd, stdin, timeoutMs }: Command) {
  const child = Bun.spawn([program, ...args], {
    cwd,
    env,
    stdin: Buffer.from(stdin),
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const stdout = collect(child.stdout)
  const ended = Promise.all([child.exited, stdout.done]).then(() => true)
  const isEnded = await Promise.race([ended, Bun.sleep(timeoutMs).then(() => false)])
  if (!isEnded) child.kill('SIGKILL')
  return { stdout: stdout.bytes() }
}
