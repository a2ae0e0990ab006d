import type { Context } from '../../aws/context.ts'
import { type Credentials, decodeKeys } from '../../aws/credentials.ts'
import { parseJson } from '../../base/decode.ts'
import { Failure, quote } from '../../base/failure.ts'

/** The most of a command's last words that an error line shows, in characters. */
const MAX_WORDS = 400

/** The most output of a command that is read as its answer, in bytes. */
const MAX_OUTPUT_BYTES = 256 * 1024

/** The exit code of a shell that found no such command. Other tools of AWS take quotes around a whole command off. */
const NOT_FOUND = 127
const NOT_FOUND_HINT =
  '; hint: the shell found no such command; quotes around the whole command make it one word'

/**
 * Credentials that a command prints, such as the helper of IAM Roles Anywhere. It runs in a shell with the environment of
 * this program; at the deadline, or when a signal ends this program, it is killed with its process group. What it writes to
 * stderr is shown if it fails, in one line: that text is the operator's own program's, and all there is to go by.
 *
 * @throws {Failure} `bad_config` - there is no shell; `refused` - it fails; `timed_out` - it does not end; `bad_response` - not the documented JSON.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function runCredentialProcess(
  source: { readonly command: string; readonly profile: string },
  { system, network }: Pick<Context, 'system' | 'network'>,
): Promise<Credentials> {
  const name = `the credential_process of profile ${quote(source.profile)}`
  const subject = { code: 'bad_response', name: `the output of ${name}` } as const
  network.step(`running ${name}`)
  const timeoutMs = network.remainingMs()
  const result = await system.runCommand(source.command, timeoutMs).catch(() => {
    throw new Failure('bad_config', `cannot run ${name}: there is no usable /bin/sh`)
  })
  const said = lastWords(result.stderr)
  if (result.exitCode === undefined) {
    const seconds = (timeoutMs / 1000).toFixed(1)
    throw new Failure(
      'timed_out',
      `cannot get credentials: ${name} did not end in ${seconds} s${said}`,
    )
  }
  if (result.stdout.length > MAX_OUTPUT_BYTES) {
    throw new Failure(
      subject.code,
      `${subject.name} is larger than ${MAX_OUTPUT_BYTES} bytes${said}`,
    )
  }
  if (result.exitCode !== 0) {
    const state = `ended with exit code ${result.exitCode}`
    const hint = result.exitCode === NOT_FOUND ? NOT_FOUND_HINT : ''
    throw new Failure('refused', `cannot get credentials: ${name} ${state}${said}${hint}`)
  }
  try {
    return { ...decodeKeys(parseJson(result.stdout, subject), 'process', subject), source: name }
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.code, `${error.message}${said}`)
    throw error
  }
}

/** What a command said last, as the end of an error line: in one line, without control characters, cut at the front. */
function lastWords(stderr: Uint8Array): string {
  const words = new TextDecoder()
    .decode(stderr)
    .replace(/[^\x21-\x7e]+/g, ' ')
    .replaceAll('"', "'")
    .trim()
  return words === '' ? '' : `; it said "${words.slice(-MAX_WORDS)}"`
}
