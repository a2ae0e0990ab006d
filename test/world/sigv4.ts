import { timingSafeEqual } from 'node:crypto'

import type { WireRequest } from './request.ts'
import { computeSignature, formatTime, type Scope } from './signature.ts'

/** A key pair the world knows, and whose it is. */
export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Only temporary keys have one; it must come along in `X-Amz-Security-Token`. */
  readonly sessionToken?: string
  /** Whose key it is, for instance `role/node-role` or `assumed-role/reader/session`. */
  readonly owner: string
  readonly expiresAtMs?: number
}

/** What the verification knows and expects. */
interface Expectation {
  readonly keys: ReadonlyMap<string, Key>
  readonly service: string
  /** Any region is right when `undefined`. */
  readonly region: string | undefined
  readonly nowMs: number
}

/** Why a signature is refused, in the words of the JSON protocols. */
export type SignatureCode =
  | 'MissingAuthenticationTokenException'
  | 'UnrecognizedClientException'
  | 'InvalidSignatureException'
  | 'ExpiredTokenException'

/** The outcome, with the scope as claimed by the request where it has one. */
export type Verification =
  | { readonly ok: true; readonly key: Key; readonly scope: Scope }
  | {
      readonly ok: false
      readonly code: SignatureCode
      readonly message: string
      readonly scope?: Scope
    }

const allowedSkewMs = 5 * 60 * 1000
const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

/**
 * Verifies the AWS Signature Version 4 of a request from its bytes alone.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: WireRequest, expected: Expectation): Verification {
  const authorization = request.headers.get('authorization')
  if (authorization === undefined)
    return refuse('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const claim = parseAuthorization(authorization, request)
  if (claim === undefined)
    return refuse('InvalidSignatureException', 'Authorization header is malformed')
  const { scope, date, signature } = claim
  const key = expected.keys.get(scope.accessKeyId)
  const refuseScope = (code: SignatureCode, message: string) => ({
    ...refuse(code, message),
    scope,
  })
  if (key === undefined || key.sessionToken !== request.headers.get('x-amz-security-token')) {
    return refuseScope(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    )
  }
  const wrong = checkScope(scope, { ...expected, date }) ?? checkHeaders(request, scope)
  if (wrong !== undefined) return refuseScope('InvalidSignatureException', wrong)
  if (!equal(signature, computeSignature(request, { scope, date, secret: key.secretAccessKey }))) {
    return refuseScope('InvalidSignatureException', mismatch)
  }
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= expected.nowMs) {
    return refuseScope(
      'ExpiredTokenException',
      'The security token included in the request is expired',
    )
  }
  return { ok: true, key, scope }
}

interface Claim {
  readonly scope: Scope
  readonly date: string
  readonly signature: string
}

function parseAuthorization(authorization: string, request: WireRequest): Claim | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/
  const [, accessKeyId, date, region, service, names, signature] = pattern.exec(authorization) ?? []
  const signedAt = request.headers.get('x-amz-date')
  if (accessKeyId === undefined || date === undefined || region === undefined) return undefined
  if (service === undefined || names === undefined || signature === undefined) return undefined
  if (signedAt === undefined || !/^\d{8}T\d{6}Z$/.test(signedAt)) return undefined
  const signedHeaders = names.split(';')
  return { scope: { accessKeyId, signedAt, region, service, signedHeaders }, date, signature }
}

function checkScope(scope: Scope, expected: Expectation & { date: string }): string | undefined {
  const { service, region, nowMs, date } = expected
  const wanted = `Credential should be scoped to`
  if (scope.service !== service) return `${wanted} correct service: '${service}'.`
  if (region !== undefined && scope.region !== region)
    return `${wanted} a valid region, not '${scope.region}'.`
  if (!scope.signedAt.startsWith(date)) return 'Date in Credential scope does not match X-Amz-Date'
  const signedMs = Date.parse(
    scope.signedAt.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'),
  )
  const earliest = formatTime(nowMs - allowedSkewMs)
  const latest = formatTime(nowMs + allowedSkewMs)
  const now = formatTime(nowMs)
  if (!(signedMs >= nowMs - allowedSkewMs)) {
    return `Signature expired: ${scope.signedAt} is now earlier than ${earliest} (${now} - 5 min.)`
  }
  if (signedMs <= nowMs + allowedSkewMs) return undefined
  return `Signature not yet current: ${scope.signedAt} is still later than ${latest} (${now} + 5 min.)`
}

function checkHeaders(request: WireRequest, scope: Scope): string | undefined {
  const { signedHeaders } = scope
  const sorted = signedHeaders.toSorted()
  if (sorted.some((name, index) => name !== signedHeaders[index]))
    return 'SignedHeaders are not sorted'
  const due = ['host', ...[...request.headers.keys()].filter((name) => name.startsWith('x-amz-'))]
  const missing = due.find((name) => !signedHeaders.includes(name))
  if (missing !== undefined) return `'${missing}' must be a signed header`
  const absent = signedHeaders.find((name) => !request.headers.has(name))
  return absent === undefined ? undefined : `'${absent}' is signed, but not sent`
}

function refuse(code: SignatureCode, message: string): Verification & { readonly ok: false } {
  return { ok: false, code, message }
}

function equal(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(left, 'hex'), Buffer.from(right, 'hex'))
}
