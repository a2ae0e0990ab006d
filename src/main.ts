import { version } from '../package.json'
import { Failure } from './failure.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { run } from './plugin.ts'
import { MAX_REQUEST_BYTES } from './request.ts'
import type { CommandResult, System } from './system.ts'

const PROGRAM = 'ecr-credential-provider'

/** What does not end by its own deadline (stdin, a file on a dead mount) is cut off this much later, in milliseconds. */
const GRACE_MS = 250

/** The most of a command's output that is kept, in bytes: enough to see that it is too much. */
const MAX_OUTPUT_BYTES = 1024 * 1024

let lastStep = 'starting'

// Modules of node: are loaded where they are needed and not before: each costs start-up time.
function createSystem(verbose: boolean): System {
  return {
    env: process.env,
    product: `${PROGRAM}/${version}`,
    fetch: async (url, init) => fetch(url, init),
    readFile: async (path, maxBytes) => Bun.file(path).slice(0, maxBytes).bytes(),
    listFiles: async (directory) =>
      Array.fromAsync(
        new Bun.Glob('*').scan({ cwd: directory, absolute: true, onlyFiles: false, dot: true }),
      ),
    replaceFile,
    lookUp: async (hostname) => (await Bun.dns.lookup(hostname, {})).map(({ address }) => address),
    runCommand,
    homeDirectory: async () => (await import('node:os')).homedir(),
    now: () => Date.now(),
    elapsedMs: () => performance.now(),
    random: () => Math.random(),
    sleep: async (ms) => Bun.sleep(ms),
    step: (description) => {
      lastStep = description
      if (verbose) console.error(`${PROGRAM}: ${Math.round(performance.now())} ms: ${description}`)
    },
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const { chmod, rename, rm, stat, writeFile } = await import('node:fs/promises')
  const { mode } = await stat(path)
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  try {
    // Readable by nobody else from the first byte on, whatever the umask.
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
    await chmod(temporary, mode & 0o777)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function runCommand(command: string, timeoutMs: number): Promise<CommandResult> {
  // A process group of its own, so that the command can be killed with all it started.
  const child = Bun.spawn(['/bin/sh', '-c', command], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  })
  const outputs = [collect(child.stdout), collect(child.stderr)] as const
  const ended = Promise.all([child.exited, ...outputs.map(({ done }) => done)])
  const isOver = await Promise.race([
    ended.then(() => true),
    Bun.sleep(timeoutMs).then(() => false),
  ])
  if (!isOver) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The group is gone already; a process that left it holds the output open, and is let go.
    }
  }
  const [stdout, stderr] = outputs.map(({ bytes }) => bytes())
  const exitCode = isOver ? (child.exitCode ?? 128) : undefined
  return { exitCode, stdout: stdout ?? new Uint8Array(), stderr: stderr ?? new Uint8Array() }
}

/** Reads a stream to its end, keeping what fits; `bytes` gives what has come so far. */
function collect(stream: ReadableStream<Uint8Array>) {
  const chunks: Uint8Array[] = []
  let size = 0
  async function read(): Promise<void> {
    for await (const chunk of stream) {
      if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk)
      size += chunk.length
    }
  }
  return { done: read(), bytes: () => new Uint8Array(Buffer.concat(chunks)) }
}

/** The text for stdout. */
async function execute(options: Options): Promise<string> {
  if (options.command === 'version') return `${PROGRAM} ${version}\n`
  if (options.command === 'help' || (await isTerminal())) return HELP
  const system = createSystem(options.verbose)
  system.step('reading the request from stdin')
  // One byte over the limit is enough to know that it was exceeded.
  const input = await Bun.stdin.slice(0, MAX_REQUEST_BYTES + 1).bytes()
  return run(input, options, system)
}

/** Whether a person runs this without a request. A pipe, which is what the kubelet gives, costs one `fstat` to rule out. */
async function isTerminal(): Promise<boolean> {
  const stdin = await Bun.stdin.stat()
  return stdin.isCharacterDevice() && (await import('node:tty')).isatty(0)
}

async function deadline(options: Options): Promise<never> {
  await Bun.sleep(options.timeoutMs + GRACE_MS)
  throw new Failure('timed_out', `gave up after ${options.timeoutMs / 1000} s while ${lastStep}`)
}

/** The exit code. The only place that writes, and it writes once. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    const answer = await Promise.race([execute(options), deadline(options)])
    await writeAnswer(answer)
    return 0
  } catch (error) {
    // Anything but a Failure is a bug; its text may quote a secret and is never shown.
    const failure = error instanceof Failure ? error : new Failure('bug', 'internal error')
    await Bun.write(Bun.stderr, `${PROGRAM}: ${failure.message}\n`).catch(() => 0)
    return failure.code === 'bad_usage' ? 2 : 1
  }
}

/** A closed or full stdout is a failure: half an answer must not end with exit code 0. */
async function writeAnswer(answer: string): Promise<void> {
  const written = await Bun.write(Bun.stdout, answer).catch(() => 0)
  if (written === 0) throw new Failure('bad_output', 'cannot write the answer to stdout')
}

process.exit(await main(process.argv.slice(2)))
