import { Failure, quote } from './failure.ts'

/** What the command line asks for. */
export interface Options {
  readonly command: 'get-credentials' | 'help' | 'version'
  /** Longest whole run, in milliseconds. */
  readonly timeoutMs: number
  readonly verbose: boolean
}

/** The kubelet kills the plugin after 60 s without telling why; before that, the run ends by itself and says so. */
const DEFAULT_TIMEOUT_SECONDS = 45

/** The text of `--help`. */
export const HELP = `usage: ecr-credential-provider [get-credentials] [--timeout SECONDS] [--verbose]
       ecr-credential-provider --help | --version

A kubelet credential provider for Amazon ECR: reads one CredentialProviderRequest on stdin,
prints one CredentialProviderResponse on stdout.

  --timeout SECONDS  give up, with the cause, after this long (1 to 3600, default ${DEFAULT_TIMEOUT_SECONDS};
                     the kubelet kills at 60)
  --verbose          say each step on stderr (the kubelet shows it only when the run fails)

Credentials: environment keys, else the profile's in ~/.aws/config and ~/.aws/credentials,
else the instance's role from IMDSv2.
Exit code: 0 answer printed, 1 request failed (one line on stderr), 2 wrong command line.
`

/**
 * The command line. `get-credentials` is accepted because older kubelet configurations pass it.
 *
 * @param args - without the program's own name.
 * @throws {Failure} `bad_usage` - a word or flag that is not known, or a value that does not fit.
 */
export function parseOptions(args: readonly string[]): Options {
  let options: Options = {
    command: 'get-credentials',
    timeoutMs: DEFAULT_TIMEOUT_SECONDS * 1000,
    verbose: false,
  }
  const rest = args.flatMap(splitAtEquals)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    switch (word) {
      case 'get-credentials':
        break
      case '--help':
      case '-h':
        options = { ...options, command: 'help' }
        break
      case '--version':
      case '-v':
        options = { ...options, command: 'version' }
        break
      case '--verbose':
        options = { ...options, verbose: true }
        break
      case '--timeout':
        options = { ...options, timeoutMs: parseTimeout(rest.shift()) }
        break
      default:
        throw new Failure(
          'bad_usage',
          `unknown argument ${quote(word)}; known: get-credentials, --timeout SECONDS, --verbose, --help, --version`,
        )
    }
  }
  return options
}

/** `--name=value` as the two words `--name value`. */
function splitAtEquals(word: string): readonly string[] {
  const at = word.indexOf('=')
  return word.startsWith('--') && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word]
}

function parseTimeout(value: string | undefined): number {
  const seconds = /^[0-9]{1,4}$/.test(value ?? '') ? Number(value) : 0
  if (seconds >= 1 && seconds <= 3600) return seconds * 1000
  throw new Failure('bad_usage', '--timeout must be a whole number of seconds from 1 to 3600')
}
