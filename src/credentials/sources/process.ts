import { type Credentials, decodeKeys } from '../../aws/credentials.ts'
import type { Run } from '../../aws/run.ts'
import { parseJson } from '../../base/decode.ts'
import { failure, quote } from '../../base/failure.ts'

/** The most of a command's last words that an error line shows, in characters. */
const MAX_WORDS = 400

/** The most output of a command that is read as its answer, in bytes. */
const MAX_OUTPUT_BYTES = 256 * 1024

/** The exit code of a shell that finds no such command, as when all of it is in quotes: other tools of AWS strip those. */
const NOT_FOUND = 127

/**
 * Credentials that a command prints, such as the helper of IAM Roles Anywhere. It runs in a shell with the environment of
 * this program; at the deadline, or when a signal ends this program, it is killed with its process group. What it writes to
 * stderr is shown if it fails, in one line: that text is the operator's own program's, and all there is to go by.
 *
 * @throws {Failure} `process_...` - there is no shell, it fails, does not end, or prints something else than the documented JSON.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export async function runCredentialProcess(
  { command, profile }: { readonly command: string; readonly profile: string },
  { system, network }: Pick<Run, 'system' | 'network'>,
): Promise<Credentials> {
  const name = `the credential_process of profile ${quote(profile)}`
  system.step(`running ${name}`)
  const timeoutMs = network.remainingMs()
  const { exitCode, stdout, stderr } = await system.runCommand(command, timeoutMs).catch(() => {
    throw failure('process_shell', { profile })
  })
  const said = lastWords(stderr)
  const refuse = (reason: string) => failure('process_output', { profile, reason, said })
  if (exitCode === undefined) {
    const seconds = (Math.max(0, timeoutMs) / 1000).toFixed(1)
    throw failure('process_late', { profile, seconds, said })
  }
  if (stdout.length > MAX_OUTPUT_BYTES) throw refuse(`it is larger than ${MAX_OUTPUT_BYTES} bytes`)
  if (exitCode === NOT_FOUND) throw failure('process_not_found', { profile, said })
  if (exitCode !== 0) throw failure('process_failed', { profile, code: exitCode, said })
  return { ...decodeKeys(parseJson(stdout, refuse), 'process', refuse), label: name }
}

/** What a command said last, as the end of an error line: in one line, without control characters, cut at the front. */
function lastWords(stderr: Uint8Array): string {
  const text = new TextDecoder().decode(stderr)
  const words = text.replace(/[^\x21-\x7e]+/g, ' ').trim()
  return words === '' ? '' : `; it said '${words.slice(-MAX_WORDS)}'`
}
