import { type Problem, problem } from '../base/failure.ts'
import { dateOf, MIN_SKEW_MS } from '../net/clock.ts'
import type { HttpAnswer } from '../net/network.ts'
import type { Signing } from './credentials.ts'
import type { Service } from './endpoints.ts'
import { type AwsError, isEcho } from './error_code.ts'

/** What is known of a call that AWS has refused. */
export interface Refused extends AwsError {
  readonly service: Service
  readonly answer: HttpAnswer
  readonly host: string
  readonly signing?: Signing | undefined
  /** All that was sent, and the keys: nothing of it is ever shown, whoever sends it back. */
  readonly secrets: string
  /** Now, by the clock that signs, in milliseconds since 1970. */
  readonly nowMs: number
  /** The setting that forbids correcting the clock, if one does. */
  readonly uncorrected: string | undefined
}

/** What may be said of every refusal that has a code. */
type Said = Readonly<Record<'code' | 'host', string>>

/**
 * What AWS refuses a call for, in this program's words; what nothing here knows keeps its code alone.
 *
 * The message of AWS may not be shown: whoever answers could echo what was sent. Only what the patterns here match is taken
 * from it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export function describeRefusal(refused: Refused): Problem {
  const { code, message, host, answer, service, signing, secrets } = refused
  if (code === undefined) {
    if (answer.status < 500 && isHtml(answer.body)) return problem('portal', { host })
    return problem('status', { status: answer.status, host })
  }
  const said = { code, host }
  const named = /\b[Nn]ot authorized to perform:? ([a-z-]{2,16}:[A-Za-z]{3,48})\b/.exec(
    message,
  )?.[1]
  const action = named !== undefined && isShowable(named, secrets) ? named : undefined
  if (/^AccessDenied(Exception)?$/.test(code) || action !== undefined) {
    return describeDenial(said, action, refused)
  }
  const isExpired = /^ExpiredToken(Exception)?$/.test(code)
  if (isExpired || /\bsecurity token\b.{0,40}\bexpired\b/.test(message)) {
    return problem(signing === undefined ? 'token_expired' : 'key_expired', said)
  }
  if (signing !== undefined) {
    const wrong = describeSignature(said, signing.region, refused)
    if (wrong !== undefined) return wrong
    const isUnknown = /^(UnrecognizedClientException|InvalidClientTokenId)$/.test(code)
    if (isUnknown || /\bsecurity token\b.{0,40}\binvalid\b/.test(message))
      return problem(service === 'ecr-public' ? 'key_partition' : 'key_unknown', said)
  }
  if (/\bIncorrect token audience\b/.test(message)) return problem('token_audience', said)
  if (/\bNo OpenIDConnect provider found\b/.test(message)) return problem('token_issuer', said)
  return problem(BY_CODE.get(`${service} ${code}`) ?? 'refused', said)
}

/** Codes that say enough by themselves. */
const BY_CODE: ReadonlyMap<string, 'sso_ended' | 'sso_forbidden'> = new Map([
  ['sso UnauthorizedException', 'sso_ended'],
  ['sso-oidc InvalidGrantException', 'sso_ended'],
  ['sso ForbiddenException', 'sso_forbidden'],
])

/** The actions that a call asks for itself, so that their names are in what was sent. */
const OWN_ACTIONS = /^(?:ecr(?:-public)?:GetAuthorizationToken|sts:AssumeRole(?:WithWebIdentity)?)$/

/** Whether the name of an action may be shown: it may be a piece of what was sent. */
function isShowable(action: string, secrets: string): boolean {
  return OWN_ACTIONS.test(action) || !action.split(':').some((part) => isEcho(part, secrets))
}

/** The policies that AWS names. */
const POLICY =
  '(identity-based policy|resource-based policy|VPC endpoint policy|service control policy|resource control policy|session policy|permissions boundary)'

/** Who may not do what, and what kind of policy says so. */
function describeDenial(known: Said, action: string | undefined, refused: Refused): Problem {
  const { message, service, secrets } = refused
  const [, account = '', name = '', own = ''] =
    /^User: arn:[a-z-]{3,16}:(?:iam|sts)::([0-9]{12}):((?:user|role|assumed-role)\/([\w+=,.@-]{1,64}))/.exec(
      message,
    ) ?? []
  // Its name may be a piece of what was sent.
  const isShown = own !== '' && !isEcho(own, secrets)
  const who = isShown ? `${name} of account ${account}` : 'this identity'
  const unallowed = new RegExp(`\\bbecause no ${POLICY} allows\\b`).exec(message)?.[1]
  const forbidden = new RegExp(`\\bwith an explicit deny in (an? ${POLICY})`).exec(message)?.[1]
  const policy = forbidden?.replace(/^an? /, '') ?? unallowed
  let why = policy === undefined ? '' : `, no ${policy} allows it`
  if (forbidden !== undefined) why = `, with an explicit deny in ${forbidden}`
  const said = { ...known, denial: action === undefined ? '' : `: ${who} may not ${action}${why}` }
  const needs = action ?? NEEDS.get(service)
  if (policy?.endsWith('control policy') === true)
    return problem('denied_organization', { ...said, needs: needs ?? 'it' })
  if (policy === 'VPC endpoint policy') return problem('denied_endpoint', said)
  if (forbidden !== undefined) return problem('denied_explicit', said)
  if (service === 'sts') return problem('sts_denied', said)
  return needs === undefined ? problem('refused', said) : problem('ecr_denied', { ...said, needs })
}

/** What a token takes where AWS does not say what was missing. */
const NEEDS: ReadonlyMap<Service, string> = new Map([
  ['ecr', 'ecr:GetAuthorizationToken'],
  ['ecr-public', 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken'],
])

/** What is wrong with the signature, or with the clock that it was made by. */
function describeSignature(said: Said, region: string, refused: Refused): Problem | undefined {
  const { message, answer, nowMs, uncorrected } = refused
  const { code } = said
  if (/\bshould be scoped to a valid region\b/.test(message))
    return problem('endpoint_region', { ...said, region })
  const offMs = nowMs - (dateOf(answer.headers) ?? nowMs)
  const minutes = Math.round(Math.abs(offMs) / 60_000)
  const isTime =
    /^Request(Expired|InTheFuture|TimeTooSkewed)$/.test(code) ||
    /\b(?:Signature expired|Signature not yet current)\b/.test(message)
  const isSignature = /^(InvalidSignatureException|SignatureDoesNotMatch)$/.test(code)
  if (isTime || (isSignature && Math.abs(offMs) >= MIN_SKEW_MS)) {
    const off = minutes === 0 ? 'wrong' : `${minutes} min ${offMs > 0 ? 'ahead' : 'behind'}`
    const setting = uncorrected === undefined ? '' : `, and ${uncorrected} forbids to correct it`
    return problem('clock', { ...said, off, setting })
  }
  if (/\bcalculated does not match\b/.test(message)) return problem('signature', said)
  return isSignature ? problem('signature_refused', said) : undefined
}

/** Whether an answer is a web page, which AWS never sends: a portal, or a proxy that has something to say. */
export function isHtml(body: Uint8Array): boolean {
  return /^\s*<(?:!doctype html|html)/i.test(Buffer.from(body.subarray(0, 256)).toString('latin1'))
}
