import type { Credentials } from '../aws/credentials.ts'
import { DEFAULT_ATTEMPTS, describeAttempts, type Tried, withRetries } from '../aws/retry.ts'
import { Failure } from '../base/failure.ts'
import { type Settings } from '../config/settings.ts'
import { SETTINGS } from '../config/settings_table.ts'
import type { HttpAnswer, Network } from '../net/network.ts'
import { parseRegion, parseRoleCredentials, parseRoleName, parseToken } from './imds_answers.ts'

/**
 * The instance metadata service, version 2, of this instance. `reason` is why it is asked, which is what an operator needs
 * to know when it does not answer.
 */
export interface Imds {
  /**
   * Credentials of the instance's role: role name, then keys.
   *
   * @throws {Failure} `no_credentials` - disabled by configuration, or the instance has no role; `unreachable`, `refused`,
   * `bad_response`.
   */
  readonly fetchCredentials: (reason: string) => Promise<Credentials>
  /**
   * The instance's region.
   *
   * @throws {Failure} `no_credentials` - disabled by configuration; `unreachable`, `refused`, `bad_response`.
   */
  readonly fetchRegion: (reason: string) => Promise<string>
}

/** Longest wait for one attempt, in milliseconds: a healthy IMDS, on the instance's own link, answers within a few. */
const TIMEOUT_MS = 1000

/** Life of the session token, in seconds. It serves a few requests, right away. */
const TOKEN_TTL_SECONDS = 300

const ROLES_PATH = '/latest/meta-data/iam/security-credentials/'
const REGION_PATH = '/latest/meta-data/placement/region'

/** A session token that IMDS no longer knows is renewed, once an attempt. */
const TOKEN_REFUSED = 401

/**
 * IMDSv2; one session token serves the whole run. There is no IMDSv1 branch: whatever refuses the session token, or cannot
 * give one, fails.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
export function openImds(settings: Settings, network: Network): Imds {
  const disabled = settings.get(SETTINGS.imdsDisabled)
  let token: string | undefined

  async function get(path: string, what: string, reason: string): Promise<HttpAnswer> {
    if (disabled?.value === true) {
      const state = `${disabled.origin} disables it; it is needed because ${reason}`
      throw new Failure('no_credentials', `cannot use IMDS: ${state}`)
    }
    const endpoint = imdsEndpoint(settings)
    network.step(`asking IMDS for the ${what}`)
    const options = { maxAttempts: DEFAULT_ATTEMPTS, retryableStatus: TOKEN_REFUSED }
    const tried = await withRetries(options, network, async () => {
      token ??= await fetchToken(endpoint, network, reason)
      const headers = { 'x-aws-ec2-metadata-token': token }
      const url = `${endpoint}${path}`
      const request = {
        method: 'GET',
        url,
        headers,
        isDirect: true,
        timeoutMs: TIMEOUT_MS,
      } as const
      const outcome = await network.send(request)
      if (outcome.kind === 'answer' && outcome.status === TOKEN_REFUSED) token = undefined
      return outcome
    })
    return answerOf(tried, what, reason)
  }
  return {
    fetchCredentials: async (reason) => {
      const role = parseRoleName(await get(ROLES_PATH, 'role', reason))
      return parseRoleCredentials(await get(`${ROLES_PATH}${role}`, 'credentials', reason), role)
    },
    fetchRegion: async (reason) => parseRegion(await get(REGION_PATH, 'region', reason)),
  }
}

/**
 * Where IMDS is. Only scheme and host of a configured endpoint are used, as in the AWS SDK for Go.
 *
 * @throws {Failure} `bad_config` - the endpoint, or its IP version, is malformed.
 */
export function imdsEndpoint(settings: Settings): string {
  const configured = settings.get(SETTINGS.imdsEndpoint)
  if (configured !== undefined) return new URL(configured.value).origin
  const isIpv6 = settings.get(SETTINGS.imdsMode)?.value === 'ipv6'
  return isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
}

async function fetchToken(endpoint: string, network: Network, reason: string): Promise<string> {
  network.step('asking IMDS for the session token')
  const tried = await withRetries({ maxAttempts: DEFAULT_ATTEMPTS }, network, async () =>
    network.send({
      method: 'PUT',
      url: `${endpoint}/latest/api/token`,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': `${TOKEN_TTL_SECONDS}` },
      isDirect: true,
      timeoutMs: TIMEOUT_MS,
    }),
  )
  return parseToken(answerOf(tried, 'session token', reason))
}

function answerOf(tried: Tried, what: string, reason: string): HttpAnswer {
  const { outcome } = tried
  if (outcome.kind === 'answer') return outcome
  const state = `${outcome.problem}${describeAttempts(tried)}, asked for the ${what} because ${reason}`
  const hint = 'in a container the metadata hop limit must be 2'
  throw new Failure(outcome.code, `cannot get credentials from IMDS: ${state}; hint: ${hint}`)
}
