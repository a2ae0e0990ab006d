import type { Settings } from '../config/settings.ts'
import { Failure } from '../failure.ts'
import type { HttpAnswer, Network } from '../http.ts'
import type { Credentials } from './credentials.ts'
import { parseRoleCredentials, parseRoleName, parseToken } from './imds_answers.ts'

/** One round trip on the instance's own link; a healthy IMDS answers within a few milliseconds. */
const TIMEOUT_MS = 1000

/** Life of the session token, in seconds. It serves two requests, right away. */
const TOKEN_TTL_SECONDS = 300

const ROLES_PATH = '/latest/meta-data/iam/security-credentials/'

/**
 * Credentials of the instance's role, from IMDSv2: session token, role name, keys. Three round trips of at most 1000 ms
 * each. There is no IMDSv1 branch: a request forged through a naive proxy or a pod cannot send the PUT, and a host that
 * offers only v1 fails.
 *
 * @throws {Failure} `no_credentials` - IMDS is disabled, or the instance has no role; `unreachable` - no answer in time;
 * `refused` - IMDS says so; `bad_response` - anything but the documented shape.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
export async function fetchInstanceCredentials(
  settings: Settings,
  network: Network,
): Promise<Credentials> {
  if (settings.imdsDisabled?.value === true) {
    throw new Failure('no_credentials', noSource(settings.imdsDisabled.origin))
  }
  const endpoint = imdsEndpoint(settings)
  const token = parseToken(
    await ask(network, 'session token', {
      method: 'PUT',
      url: `${endpoint}/latest/api/token`,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': `${TOKEN_TTL_SECONDS}` },
    }),
  )
  const headers = { 'x-aws-ec2-metadata-token': token }
  const role = parseRoleName(
    await ask(network, 'role', { method: 'GET', url: `${endpoint}${ROLES_PATH}`, headers }),
  )
  const url = `${endpoint}${ROLES_PATH}${encodeURIComponent(role)}`
  return parseRoleCredentials(
    await ask(network, 'credentials', { method: 'GET', url, headers }),
    role,
  )
}

function noSource(origin: string): string {
  return `cannot find AWS credentials: none in the environment or the profile, and ${origin} disables IMDS`
}

/** Only scheme and host of a configured endpoint are used, as in the AWS SDK for Go. */
function imdsEndpoint({ imdsEndpoint: configured, imdsEndpointMode: mode }: Settings): string {
  if (configured !== undefined) return new URL(configured.value).origin
  return mode?.value === 'ipv6' ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
}

interface Question {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

async function ask(network: Network, what: string, question: Question): Promise<HttpAnswer> {
  network.step(`asking IMDS for the ${what}`)
  const answer = await network.send({ ...question, timeoutMs: TIMEOUT_MS })
  if (answer.kind === 'answer') return answer
  const hint =
    what === 'session token' ? '; hint: in a container the metadata hop limit must be 2' : ''
  throw new Failure(
    answer.code,
    `cannot get credentials from IMDS: ${answer.problem} (asked for the ${what})${hint}`,
  )
}
