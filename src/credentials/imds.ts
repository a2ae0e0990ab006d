import * as v from 'valibot'

import { type Credentials, decodeKeys } from '../aws/credentials.ts'
import { describeAttempts, type Tried, withRetries } from '../aws/retry.ts'
import { decode, NonEmpty, parseJson } from '../base/decode.ts'
import { Failure, type FailureCode, quote } from '../base/failure.ts'
import { type Settings } from '../config/settings.ts'
import { REGION_FORM, SETTINGS } from '../config/settings_table.ts'
import type { HttpAnswer, Network } from '../net/network.ts'

/** The instance's metadata service, version 2. `reason` is why it is asked, for the line if it does not answer. */
export interface Imds {
  /** @throws {Failure} `no_credentials` - disabled by configuration; `unreachable`, `refused`, `bad_response`. */
  readonly fetchRegion: (reason: string) => Promise<string>
  /** Keys of the instance's role. @throws {Failure} the same; `no_credentials` also when there is no role. */
  readonly fetchCredentials: (reason: string) => Promise<Credentials>
}

/** Longest wait for one attempt, in milliseconds: a healthy IMDS, on the instance's own link, answers within a few. */
const TIMEOUT_MS = 1000

/** Life of the session token, in seconds. It serves a few requests, right away. */
const TOKEN_TTL_SECONDS = '300'

const ROLES_PATH = '/latest/meta-data/iam/security-credentials/'

/** The code is judged before the keys: a refusal has no keys. */
const Status = v.object({ Code: NonEmpty })

/**
 * IMDSv2; one session token serves the whole run. There is no IMDSv1 branch: whatever refuses the session token, or cannot
 * give one, fails.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
export function openImds(settings: Settings, network: Network): Imds {
  let token: string | undefined

  async function send(method: 'GET' | 'PUT', path: string, headers: Record<string, string>) {
    const url = `${imdsEndpoint(settings)}${path}`
    return network.send({ method, url, headers, isDirect: true, timeoutMs: TIMEOUT_MS })
  }
  async function fetchSessionToken(reason: string): Promise<string> {
    network.step('asking IMDS for the session token')
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_TTL_SECONDS }
    const tried = await withRetries({}, network, async () =>
      send('PUT', '/latest/api/token', headers),
    )
    return parseSessionToken(bodyOf(tried, 'session token', reason))
  }
  /** A session token that IMDS no longer knows is renewed, once an attempt. */
  function forget({ status }: HttpAnswer): boolean {
    if (status === 401) token = undefined
    return token === undefined
  }
  async function get(path: string, what: string, reason: string): Promise<Uint8Array> {
    const disabled = settings.get(SETTINGS.imdsDisabled)
    if (disabled?.value === true) {
      const state = `${disabled.origin} disables it; it is needed because ${reason}`
      throw new Failure('no_credentials', `cannot use IMDS: ${state}`)
    }
    network.step(`asking IMDS for the ${what}`)
    const tried = await withRetries({ learn: forget }, network, async () => {
      token ??= await fetchSessionToken(reason)
      return send('GET', path, { 'x-aws-ec2-metadata-token': token })
    })
    return bodyOf(tried, what, reason)
  }
  return {
    fetchRegion: async (reason) =>
      parseRegion(await get('/latest/meta-data/placement/region', 'region', reason)),
    fetchCredentials: async (reason) => {
      const role = parseRoleName(await get(ROLES_PATH, 'role', reason))
      return parseRoleCredentials(await get(`${ROLES_PATH}${role}`, 'credentials', reason), role)
    },
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

function bodyOf(tried: Tried, what: string, reason: string): Uint8Array {
  const { outcome } = tried
  if (outcome.kind === 'no_answer') {
    const asked = `asked for the ${what} because ${reason}`
    const hint = 'hint: in a container the metadata hop limit must be 2'
    throw failed(outcome.code, `${outcome.problem}${describeAttempts(tried)}, ${asked}; ${hint}`)
  }
  if (outcome.status === 200) return outcome.body
  // An instance without a role may have no list of roles either.
  if (outcome.status === 404 && what === 'role') return new Uint8Array()
  throw failed('refused', `HTTP status ${outcome.status} for the ${what}`)
}

function failed(code: FailureCode, state: string): Failure {
  return new Failure(code, `cannot get credentials from IMDS: ${state}`)
}

/** @throws {Failure} `bad_response` - not a token. */
export function parseSessionToken(body: Uint8Array): string {
  const token = new TextDecoder().decode(body)
  // It goes into a header: visible ASCII, no line break.
  if (/^[\x21-\x7e]{1,1024}$/.test(token)) return token
  throw failed('bad_response', 'its session token is malformed')
}

/**
 * @throws {Failure} `no_credentials` - an empty list: the instance has no role; `bad_response` - its first line is no role name.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html for the characters of a role name
 */
export function parseRoleName(body: Uint8Array): string {
  const [role = ''] = new TextDecoder().decode(body).split(/\r?\n|\r$/, 1)
  if (role === '') {
    const state = 'none is configured, and IMDS says that this instance has no role'
    const hint = 'hint: attach an instance profile'
    throw new Failure('no_credentials', `cannot find AWS credentials: ${state}; ${hint}`)
  }
  if (/^[\w+=,.@-]{1,64}$/.test(role)) return role
  throw failed('bad_response', 'its role list holds no role name')
}

/** @throws {Failure} `refused` - a `Code` other than `Success`; `bad_response` - not the documented shape. */
export function parseRoleCredentials(body: Uint8Array, role: string): Credentials {
  const subject = { code: 'bad_response', name: "IMDS's answer for the credentials" } as const
  const value = parseJson(body, subject)
  const { Code: code } = decode(Status, value, subject)
  if (code.toLowerCase() !== 'success') {
    const shown = /^[A-Za-z]{1,64}$/.test(code) ? code : 'not Success'
    const hint = 'hint: does the role still exist and trust ec2.amazonaws.com'
    throw failed('refused', `it answered ${shown} for role ${quote(role)}; ${hint}`)
  }
  return { ...decodeKeys(value, 'imds', subject), source: `instance role ${quote(role)}` }
}

/** @throws {Failure} `bad_response` - not a region name. */
export function parseRegion(body: Uint8Array): string {
  const region = new TextDecoder().decode(body).trim()
  if (REGION_FORM.test(region)) return region
  throw new Failure('bad_response', 'cannot get the region from IMDS: it is malformed')
}
