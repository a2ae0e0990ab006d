import { type Problem, problem } from '../base/failure.ts'
import { dateOf, MIN_SKEW_MS } from '../net/clock.ts'
import type { HttpAnswer } from '../net/network.ts'
import type { Service } from './endpoints.ts'
import { type AwsError, isEcho } from './error_code.ts'

/** What is known of a call that AWS has refused. */
export interface Refused extends AwsError {
  readonly service: Service
  readonly answer: HttpAnswer
  readonly host: string
  /** The region it was signed for, `undefined` where it was not signed. */
  readonly region: string | undefined
  /** All that was sent, and the keys: nothing of it is ever shown, whoever sends it back. */
  readonly secrets: string
  /** The time it was signed with, in milliseconds since 1970. */
  readonly nowMs: number
  /** The setting that forbids to correct it, if one does. */
  readonly uncorrected: string | undefined
}

/**
 * What AWS says in its messages, which may not be shown: whoever answers could echo what was sent. Only what these match
 * is taken from them. Made when something is refused: a run that is not has no time for them.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
function patterns() {
  // Policies by the names that AWS gives them.
  const policy =
    '(identity-based policy|resource-based policy|VPC endpoint policy|service control policy|resource control policy|session policy|permissions boundary)'
  return {
    action: /\b[Nn]ot authorized to perform:? ([a-z-]{2,16}:[A-Za-z]{3,48})\b/,
    who: /^User: arn:[a-z-]{3,16}:(?:iam|sts)::([0-9]{12}:(?:user|role|assumed-role)\/[\w+=,.@-]{1,64})/,
    unallowed: new RegExp(`\\bbecause no ${policy} allows\\b`),
    forbidden: new RegExp(`\\bwith an explicit deny in (an? )${policy}`),
    scope: /\bshould be scoped to a valid region\b/,
    time: /\b(?:Signature expired|Signature not yet current)\b/,
    secret: /\bcalculated does not match\b/,
    keyExpired: /\bsecurity token\b.{0,40}\bexpired\b/,
    keyUnknown: /\bsecurity token\b.{0,40}\binvalid\b/,
    audience: /\bIncorrect token audience\b/,
    issuer: /\bNo OpenIDConnect provider found\b/,
  } as const
}

/** What AWS refuses a call for, in this program's words; what nothing here knows keeps its code alone. */
export function explainRefusal(refused: Refused): Problem {
  const { code, message, host, answer, service } = refused
  if (code === undefined) {
    if (answer.status < 500 && isHtml(answer.body)) return problem('portal', { host })
    return problem('status', { status: answer.status, host })
  }
  const said = { code, host }
  const says = patterns()
  if (/^AccessDenied(Exception)?$/.test(code) || says.action.test(message)) {
    return explainDenial(code, refused)
  }
  const isKey = refused.region !== undefined
  if (/^ExpiredToken(Exception)?$/.test(code) || says.keyExpired.test(message)) {
    return problem(isKey ? 'key_expired' : 'token_expired', said)
  }
  if (isKey) {
    const wrong = explainSignature(code, refused)
    if (wrong !== undefined) return wrong
    const isUnknown = /^(UnrecognizedClientException|InvalidClientTokenId)$/.test(code)
    if (isUnknown || says.keyUnknown.test(message))
      return problem(service === 'ecr-public' ? 'key_partition' : 'key_unknown', said)
  }
  if (says.audience.test(message)) return problem('token_audience', said)
  if (says.issuer.test(message)) return problem('token_issuer', said)
  return problem(BY_CODE.get(`${service} ${code}`) ?? 'refused', said)
}

/** Codes that say enough by themselves. */
const BY_CODE: ReadonlyMap<string, 'sso_ended' | 'sso_forbidden'> = new Map([
  ['sso UnauthorizedException', 'sso_ended'],
  ['sso-oidc InvalidGrantException', 'sso_ended'],
  ['sso ForbiddenException', 'sso_forbidden'],
])

/** Who may not do what, and what kind of policy says so. */
function explainDenial(code: string, { message, host, service, secrets }: Refused): Problem {
  const says = patterns()
  const action = says.action.exec(message)?.[1]
  const name = says.who.exec(message)?.[1] ?? ''
  const who =
    name === '' || isPart(name, secrets)
      ? 'this identity'
      : name.replace(/^(\d+):(.*)/, '$2 of account $1')
  const unallowed = says.unallowed.exec(message)?.[1]
  const [, article = '', forbidden] = says.forbidden.exec(message) ?? []
  const policy = forbidden ?? unallowed
  const verdict =
    forbidden === undefined
      ? `, no ${unallowed ?? ''} allows it`
      : `, with an explicit deny in ${article}${forbidden}`
  const denial =
    action === undefined ? '' : `: ${who} may not ${action}${policy === undefined ? '' : verdict}`
  const said = { code, host, denial }
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

/** Whether a piece of what was sent comes back in a name. */
function isPart(name: string, secrets: string): boolean {
  const pieces = name.split(/[:/]/).slice(2)
  return pieces.some((piece) => isEcho(piece, secrets))
}

function explainSignature(code: string, refused: Refused): Problem | undefined {
  const { message, host, answer, region = '', nowMs, uncorrected } = refused
  const says = patterns()
  if (says.scope.test(message)) return problem('endpoint_region', { code, host, region })
  const offMs = nowMs - (dateOf(answer.headers) ?? nowMs)
  const minutes = Math.round(Math.abs(offMs) / 60_000)
  const isTime =
    says.time.test(message) || /^Request(Expired|InTheFuture|TimeTooSkewed)$/.test(code)
  const isSignature = /^(InvalidSignatureException|SignatureDoesNotMatch)$/.test(code)
  if (isTime || (isSignature && Math.abs(offMs) >= MIN_SKEW_MS)) {
    const off = minutes === 0 ? 'wrong' : `${minutes} min ${offMs > 0 ? 'ahead' : 'behind'}`
    const setting = uncorrected === undefined ? '' : `, and ${uncorrected} forbids to correct it`
    return problem('clock', { code, host, off, setting })
  }
  if (says.secret.test(message)) return problem('signature', { code, host })
  return isSignature ? problem('signature_refused', { code, host }) : undefined
}

/** Whether an answer is a web page, which AWS never sends: a portal, or a proxy that has something to say. */
export function isHtml(body: Uint8Array): boolean {
  return /^\s*<(?:!doctype html|html)/i.test(Buffer.from(body.subarray(0, 256)).toString('latin1'))
}
