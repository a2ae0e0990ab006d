import { failure } from '../base/failure.ts'
import { REGION } from '../config/settings_table.ts'
import type { Mirror } from '../ecr/host.ts'

/** What the command line asks for. */
export type Options = Readonly<ReturnType<typeof parseOptions>>

/** The kubelet kills the plugin after 60 s without telling why; before that, the run ends by itself and says so. */
const DEFAULT_TIMEOUT_SECONDS = 45

/** The text of `--help`. */
export const HELP = `usage: ecr-credential-provider [get-credentials] [options]  reads a request, prints an answer
       ecr-credential-provider warm [IMAGE...] --cache-dir DIR [options]
       ecr-credential-provider doctor [IMAGE] [options]     says why a pull fails: doctor --help
       ecr-credential-provider config [check FILE|DIR] [options]
                               prints the kubelet's configuration, or judges one: config --help
       ecr-credential-provider --help | -h | --version | -v

A kubelet credential provider for Amazon ECR: reads one CredentialProviderRequest on stdin,
prints one CredentialProviderResponse on stdout.

  --mirror HOST[=REGION]  also answer for HOST, which mirrors ECR (repeatable; * is any host);
                          without REGION: AWS_REGION, the profile's, or the instance's
  --irsa-role             for a service-account token, also take the role from the annotation
                          eks.amazonaws.com/role-arn, not only eks.amazonaws.com/ecr-role-arn
  --timeout SECONDS       give up, with the cause, after this long (1 to 3600, default ${DEFAULT_TIMEOUT_SECONDS};
                          the kubelet kills at 60)
  --cache-dir DIR         keep tokens in DIR, a directory of this user alone; of runs at the same
                          time one asks, and the others wait for its answer; never for a role
                          that a service account's token was exchanged for
  --verbose               say each step on stderr (the kubelet shows it only when the run fails)

warm puts tokens into the cache before the first pull, and prints nothing on stdout. They are
for the registries of the images; without IMAGE, for the private registry of the region that
AWS_REGION, the profile or the instance names.

Credentials come from the first of: the service-account token in the request, if there is a
role for it; keys in the environment; a web identity in the environment; what the profile in
~/.aws/config and ~/.aws/credentials names (source_profile, keys, credential_source, web
identity, IAM Identity Center, credential_process, in this order); the container endpoint;
the instance's role from IMDSv2. If that source fails, the run fails; no other is tried.

Exit code: 0 done, 1 request failed (one line on stderr), 2 wrong command line.
`

/**
 * The command line. `get-credentials` is accepted because older kubelet configurations pass it.
 *
 * @param args - without the program's own name.
 * @throws {Failure} `usage_...` - a word or flag that is not known, or a value that does not fit.
 */
export function parseOptions(args: readonly string[]) {
  let command: 'get-credentials' | 'warm' | 'help' | 'version' = 'get-credentials'
  /** Images whose registries `warm` gets tokens for; without any, the private registry of the node's own region. */
  const images: string[] = []
  /** Hosts to answer for beside those of ECR. */
  const mirrors: Mirror[] = []
  /** Whether a service account's role may stand in the annotation of IRSA too. */
  let irsaRole = false
  /** Longest whole run, in milliseconds. */
  let timeoutMs = DEFAULT_TIMEOUT_SECONDS * 1000
  /** Where tokens are kept for the other runs of this node; `undefined` for nowhere. */
  let cacheDirectory: string | undefined
  let verbose = false
  const rest = [...args]
  for (let given = rest.shift(); given !== undefined; given = rest.shift()) {
    // `--name=value` is `--name value`.
    const [, word = given, joined] = /^(--(?:mirror|timeout|cache-dir))=(.*)$/s.exec(given) ?? []
    const value = () => joined ?? rest.shift()
    if (word === 'get-credentials') continue
    // --help wins over warm, in either order.
    if (word === 'warm') command = command === 'get-credentials' ? 'warm' : command
    else if (word === '--help' || word === '-h') command = 'help'
    else if (word === '--version' || word === '-v') command = 'version'
    else if (word === '--verbose') verbose = true
    else if (word === '--irsa-role') irsaRole = true
    else if (word === '--mirror') mirrors.push(parseMirror(value()))
    else if (word === '--cache-dir') cacheDirectory = parseDirectory(value())
    else if (word === '--timeout') timeoutMs = parseTimeout(value())
    else if (command === 'warm' && /^[^-]/.test(word)) images.push(word)
    else throw failure('usage_argument', { argument: word })
  }
  if (command === 'warm' && cacheDirectory === undefined) throw failure('usage_warm', {})
  return { command, images, mirrors, irsaRole, timeoutMs, cacheDirectory, verbose }
}

function parseMirror(value = ''): Mirror {
  const { host, region } =
    /^(?<host>\*|[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?)(?:=(?<region>.+))?$/.exec(value)
      ?.groups ?? {}
  const isRegion = region === undefined || REGION.parse(region) !== undefined
  if (host !== undefined && isRegion) return { host: host.toLowerCase(), region }
  const accepts = 'HOST, HOST:PORT or *, and may end in =REGION'
  throw failure('usage_option', { option: '--mirror', accepts })
}

function parseTimeout(value = ''): number {
  const seconds = /^[0-9]{1,4}$/.test(value) ? Number(value) : 0
  if (seconds >= 1 && seconds <= 3600) return seconds * 1000
  const accepts = 'a whole number of seconds from 1 to 3600'
  throw failure('usage_option', { option: '--timeout', accepts })
}

/** Must be absolute, since the working directory is whoever starts us. Slashes at its end are dropped: they would follow a link. */
function parseDirectory(value = ''): string {
  const path = value.replace(/\/+$/, '')
  if (path.startsWith('/') && !path.includes('\u{FFFD}') && !/\/\.{0,2}(?:\/|$)/.test(path))
    return path
  const accepts = 'an absolute path, without . or .. in it'
  throw failure('usage_option', { option: '--cache-dir', accepts })
}
