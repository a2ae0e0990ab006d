import { version } from '../package.json'
import { Failure } from './failure.ts'
import { createSystem } from './host.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { run } from './plugin.ts'
import { MAX_REQUEST_BYTES } from './request.ts'
import { warm } from './warm.ts'

const PROGRAM = 'ecr-credential-provider'

/** What does not end by its own deadline (stdin, a file on a dead mount) is cut off this much later, in milliseconds. */
const GRACE_MS = 250

let lastStep = 'starting'

/** The text for stdout. */
async function execute(options: Options): Promise<string> {
  if (options.command === 'version') return `${PROGRAM} ${version}\n`
  if (options.command === 'help' || (options.command !== 'warm' && (await isTerminal())))
    return HELP
  const product = `${PROGRAM}/${version}`
  const system = createSystem(product, (description) => {
    lastStep = description
    if (options.verbose)
      console.error(`${PROGRAM}: ${Math.round(performance.now())} ms: ${description}`)
  })
  if (options.command === 'warm') return warm(options, system).then(() => '')
  system.step('reading the request from stdin')
  return run(await readRequest(), options, system)
}

async function readRequest(): Promise<Uint8Array> {
  try {
    // One byte over the limit is enough to know that it was exceeded.
    return await Bun.stdin.slice(0, MAX_REQUEST_BYTES + 1).bytes()
  } catch {
    throw new Failure('bad_request', 'cannot read the request from stdin')
  }
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
  if (answer === '') return
  const written = await Bun.write(Bun.stdout, answer).catch(() => 0)
  if (written === 0) throw new Failure('bad_output', 'cannot write the answer to stdout')
}

process.exit(await main(process.argv.slice(2)))
