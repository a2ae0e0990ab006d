import { version } from '../package.json'
import { Failure, failure, printable, quote } from './base/failure.ts'
import { createSystem } from './host/host.ts'
import { createMachine } from './host/machine.ts'
import { HELP, type Options, parseOptions } from './kubelet/options.ts'
import { MAX_REQUEST_BYTES } from './kubelet/protocol.ts'
import { doctor } from './operator/doctor/doctor.ts'
import { config } from './operator/kubelet_config/command.ts'
import { answerRequest } from './plugin.ts'
import { warm } from './warm.ts'

const PROGRAM = 'ecr-credential-provider'
const PRODUCT = `${PROGRAM}/${version}`

/** Put in place by src/build.ts: the commit, so that whoever has the binary can build it again. */
declare const BUILD_COMMIT: string

/** Grace after --timeout, in milliseconds, for work that cannot be aborted: stdin, a file on a dead mount. */
const GRACE_MS = 250

/** How long to wait for a request, in milliseconds, before looking for a person at a terminal: a kubelet sends it long before. */
const TERMINAL_MS = 200

/** Longest wait for a stderr that nobody reads, in milliseconds. */
const LAST_WORDS_MS = 1000

const READING_REQUEST = 'reading the request from stdin'

let lastStep = 'starting'
let isReadingRequest = false
let said: Promise<void> | undefined
const reading = new Set<string>()

/** The text for stdout. */
async function execute(options: Options): Promise<string> {
  if (options.command === 'version') {
    const platform = `${process.platform}-${process.arch}`
    return `${PROGRAM} ${version} (commit ${BUILD_COMMIT}, Bun ${Bun.version}, ${platform})\n`
  }
  if (options.command === 'help') return HELP
  const step = (description: string) => {
    lastStep = description
    if (options.verbose) said = say(`${Math.round(performance.now())} ms: ${description}`)
  }
  const system = createSystem(PRODUCT, step, reading)
  if (options.command === 'warm') return warm(options, system).then(() => '')
  system.step(READING_REQUEST)
  return Promise.race([answerRequest(readRequest(), options, system), helpAtTerminal()])
}

async function readRequest(): Promise<Uint8Array> {
  isReadingRequest = true
  try {
    // One byte over the limit is enough to know that it was exceeded.
    return await Bun.stdin.slice(0, MAX_REQUEST_BYTES + 1).bytes()
  } catch {
    throw failure('request_unreadable', {})
  } finally {
    isReadingRequest = false
  }
}

/** Ends only for a person who runs this without a request. */
async function helpAtTerminal(): Promise<string> {
  await Bun.sleep(TERMINAL_MS)
  const isAwaited = isReadingRequest && (await isTerminal(Bun.stdin, 0))
  return isAwaited ? HELP : Promise.withResolvers<never>().promise
}

async function deadline(options: Options): Promise<never> {
  await Bun.sleep(options.timeoutMs + GRACE_MS)
  // A file that never ends (a FIFO, one on a dead mount) is the cause, whatever the last step was.
  const files = [...reading].map((path) => `; ${quote(path)} is still being read`).join('')
  // Other steps run beside the wait for the request; none of them is what takes so long.
  const step = isReadingRequest ? READING_REQUEST : lastStep
  throw failure('late', { seconds: options.timeoutMs / 1000, step, files })
}

/** Runs the command, and gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    if (args[0] === 'doctor') return await doctor(args.slice(1), createMachine(PRODUCT))
    if (args[0] === 'config') {
      const { stdout, stderr, exitCode } = await config(args.slice(1), createMachine(PRODUCT))
      await writeAnswer(stdout)
      await write(Bun.stderr, stderr)
      return exitCode
    }
    const options = parseOptions(args)
    await Promise.race([execute(options).then(writeAnswer), deadline(options)])
    // An answer from the cache may be faster than what --verbose has said.
    if (options.verbose) await Promise.race([said, Bun.sleep(LAST_WORDS_MS)])
    return 0
  } catch (error) {
    // Anything but a Failure is a bug; its text may quote a secret and is never shown.
    const found = error instanceof Failure ? error : failure('bug', {})
    await Promise.race([say(found.message), Bun.sleep(LAST_WORDS_MS)])
    if (found.cause.startsWith('usage_')) return 2
    // `doctor` says with 1 that a pull would fail.
    return args[0] === 'doctor' ? 3 : 1
  }
}

/**
 * The only place that writes to stdout, once a run, but for `doctor`. A closed or full stdout is a failure: half an answer
 * must not end with exit code 0.
 */
async function writeAnswer(answer: string): Promise<void> {
  if (answer === '') return
  lastStep = 'writing the answer to stdout'
  await write(Bun.stdout, answer).catch(() => {
    throw failure('output', {})
  })
}

/** Whether a file is a terminal. A pipe, which is what the kubelet gives, costs one `fstat` to rule out. */
async function isTerminal(file: Bun.BunFile, descriptor: number): Promise<boolean> {
  const stats = await file.stat().catch(() => undefined)
  return stats?.isCharacterDevice() === true && (await import('node:tty')).isatty(descriptor)
}

let screen: Promise<boolean> | undefined
let between = ''

/**
 * Says a line on stderr, and never fails: a stderr that nobody reads must not change how the run ends. Newlines go between
 * lines, and after the last one on a terminal only: a text that ends in one becomes three lines in the kubelet's log, and the
 * line that says which plugin failed is then not the one with the reason.
 */
async function say(text: string): Promise<void> {
  screen ??= isTerminal(Bun.stderr, 2)
  const isShown = await screen
  const line = `${between}${PROGRAM}: ${printable(text)}${isShown ? '\n' : ''}`
  between = isShown ? '' : '\n'
  // writer() duplicates the descriptor. If we are out of them, that may be the very error to report.
  await write(Bun.stderr, line).catch(async () => Bun.write(Bun.stderr, line).catch(() => 0))
}

/** With `Bun.write`, a full pipe would stop the whole program, deadline included. */
async function write(file: Bun.BunFile, text: string): Promise<void> {
  const sink = file.writer()
  await Promise.all([sink.write(text), sink.end()])
}

process.exit(await main(process.argv.slice(2)))
