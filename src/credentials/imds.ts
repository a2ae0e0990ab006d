import * as v from 'valibot'

import { type Credentials, decodeKeys } from '../aws/credentials.ts'
import { describeAttempts, withRetries } from '../aws/retry.ts'
import type { Run } from '../aws/run.ts'
import { decode, NonEmpty, parseJson, type Refuse, refuseAnswer } from '../base/decode.ts'
import { failed, failure, type Problem, problem, quote, subject } from '../base/failure.ts'
import type { Settings } from '../config/settings.ts'
import { REGION, SETTINGS } from '../config/settings_table.ts'
import type { HttpAnswer, NoAnswer } from '../net/network.ts'

/** The instance's metadata service, version 2. `reason` is why it is asked, for the line if it fails. */
export type Imds = ReturnType<typeof openImds>

type Wanted = 'session token' | 'role' | 'credentials' | 'region'

/** Longest wait for one attempt, in milliseconds: a healthy IMDS, on the instance's own link, answers within a few. */
const TIMEOUT_MS = 1000

/** 300 s: a session token serves a few requests, right away. */
const SHORT_LIFE = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }

const ROLES_PATH = '/latest/meta-data/iam/security-credentials/'

/**
 * IMDSv2; one session token serves the whole run. There is no IMDSv1 branch: whatever refuses the session token, or cannot
 * give one, fails.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
export function openImds(run: Run) {
  const { settings, system, network } = run
  let token: string | undefined

  function send(method: 'GET' | 'PUT', path: string, headers: Record<string, string>) {
    const url = `${imdsEndpoint(settings)}${path}`
    return network.send({ method, url, headers, isDirect: true, timeoutMs: TIMEOUT_MS })
  }
  /** A session token that IMDS no longer knows is dropped; the next attempt asks for another. */
  function forgetRefusedToken({ status }: HttpAnswer): boolean {
    const isForgotten = status === 401 && token !== undefined
    if (isForgotten) token = undefined
    return isForgotten
  }
  async function read(what: Wanted, path: string, reason: string): Promise<Uint8Array> {
    const disabled = settings.get(SETTINGS.imdsDisabled)
    if (disabled?.value === true) throw failure('imds_off', { origin: disabled.origin, reason })
    system.step(`asking IMDS for the ${what}`)
    const tried = await withRetries({ learn: forgetRefusedToken }, run, async () => {
      if (what === 'session token') return send('PUT', path, SHORT_LIFE)
      token ??= parseSessionToken(await read('session token', '/latest/api/token', reason))
      return send('GET', path, { 'x-aws-ec2-metadata-token': token })
    })
    const { outcome } = tried
    if (outcome.kind === 'answer' && outcome.status === 200) return outcome.body
    // An instance without a role may have no list of roles either.
    if (outcome.kind === 'answer' && outcome.status === 404 && what === 'role')
      return new Uint8Array()
    const facts = [describeAttempts(tried), `asked because ${reason}`]
    const { host } = new URL(imdsEndpoint(settings))
    throw failed(subject('imds', { what }), describeOutcome(outcome, what, host), facts)
  }
  return {
    /** @throws {Failure} `imds_...`, of the network, or `answer_form`. */
    fetchRegion: async (reason: string) =>
      parseRegion(await read('region', '/latest/meta-data/placement/region', reason)),
    /** Keys of the instance's role. @throws {Failure} the same. */
    fetchCredentials: async (reason: string): Promise<Credentials> => {
      const role = parseRoleName(await read('role', ROLES_PATH, reason))
      return parseRoleCredentials(await read('credentials', `${ROLES_PATH}${role}`, reason), role)
    },
  }
}

/**
 * Where IMDS is. Only scheme and host of a configured endpoint are used, as in the AWS SDK for Go.
 *
 * @throws {Failure} `config_value` - the endpoint, or its IP version, is malformed.
 */
export function imdsEndpoint(settings: Settings): string {
  const configured = settings.get(SETTINGS.imdsEndpoint)
  if (configured !== undefined) return new URL(configured.value).origin
  const isIpv6 = settings.get(SETTINGS.imdsMode)?.value === 'ipv6'
  return isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
}

/** What an outcome means: some mean more from IMDS than from another server. */
function describeOutcome(outcome: HttpAnswer | NoAnswer, what: Wanted, host: string): Problem {
  if (outcome.kind === 'no_answer') {
    if (outcome.cause === 'no_route') return problem('imds_no_route', { host })
    if (outcome.cause !== 'silent') return outcome
    return problem('imds_silent', { host, seconds: TIMEOUT_MS / 1000 })
  }
  if (outcome.status === 403) return problem('imds_disabled', { host })
  if (outcome.status === 405 && what === 'session token') return problem('imds_no_v2', { host })
  return problem('status', { status: outcome.status, host })
}

const malformed = (what: string): Refuse => refuseAnswer(`IMDS's answer for the ${what}`)

/** @throws {Failure} `answer_form` - not a token. */
export function parseSessionToken(body: Uint8Array): string {
  const text = new TextDecoder().decode(body)
  // It goes into a header: visible ASCII, no line break.
  if (/^[\x21-\x7e]{1,1024}$/.test(text)) return text
  throw malformed('session token')('it is malformed')
}

/**
 * @throws {Failure} `imds_no_role` - an empty list: the instance has no role; `answer_form` - its first line is no role name.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html for the characters of a role name
 */
export function parseRoleName(body: Uint8Array): string {
  const [role = ''] = new TextDecoder().decode(body).split(/\r?\n|\r$/, 1)
  if (role === '') throw failure('imds_no_role', {})
  if (/^[\w+=,.@-]{1,64}$/.test(role)) return role
  throw malformed('role list')('it holds no role name')
}

/** @throws {Failure} `imds_role` - a `Code` other than `Success`; `answer_form` - not the documented shape. */
export function parseRoleCredentials(body: Uint8Array, role: string): Credentials {
  const refuse = malformed('credentials')
  const value = parseJson(body, refuse)
  // Judged before the keys: a refusal has none.
  const { Code: code } = decode(v.object({ Code: NonEmpty }), value, refuse)
  if (code.toLowerCase() !== 'success') {
    const shown = /^[A-Za-z]{1,64}$/.test(code) ? code : 'not Success'
    throw failure('imds_role', { code: shown, role })
  }
  return { ...decodeKeys(value, 'imds', refuse), label: `instance role ${quote(role)}` }
}

/** @throws {Failure} `answer_form` - not a region name. */
export function parseRegion(body: Uint8Array): string {
  const region = REGION.parse(new TextDecoder().decode(body).trim())
  if (region !== undefined) return region
  throw malformed('region')('it is malformed')
}
