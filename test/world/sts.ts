import { readHostRegion } from './hosts.ts'
import { formatExpiration, issueKey, readClock } from './keys.ts'
import { type Reply, textReply } from './reply.ts'
import { readText, type WireRequest } from './request.ts'
import type { Answer, Step } from './service.ts'
import { type SignatureCode, verifySignature } from './sigv4.ts'
import type { State } from './state.ts'

/** STS: AssumeRole for who signs, AssumeRoleWithWebIdentity for who brings a token. */
export function answerSts(request: WireRequest, state: State): Answer {
  const form = new URLSearchParams(readText(request))
  const step = steps.get(form.get('Action') ?? '') ?? 'unknown'
  const wellFormed =
    request.method === 'POST' &&
    request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true
  if (!wellFormed || step === 'unknown') return { step, reply: errorReply(400, 'InvalidAction') }
  if (form.get('Version') !== '2011-06-15') return { step, reply: errorReply(400, 'InvalidAction') }
  if (step === 'sts-web-identity') return { step, reply: replyWebIdentity(form, state) }
  const region = readHostRegion(request.headers.get('host')) ?? state.sts.region
  const nowMs = readClock(state)
  const verification = verifySignature(request, { keys: state.keys, service: 'sts', region, nowMs })
  if (verification.ok) return { step, verification, reply: replyRole(form, state) }
  const code = codes.get(verification.code) ?? verification.code
  return { step, verification, reply: errorReply(403, code, verification.message) }
}

const steps: ReadonlyMap<string, Step> = new Map([
  ['AssumeRole', 'sts-assume-role'],
  ['AssumeRoleWithWebIdentity', 'sts-web-identity'],
] as const)

/** The query protocol has other names for the same refusals. */
const codes: ReadonlyMap<SignatureCode, string> = new Map([
  ['MissingAuthenticationTokenException', 'MissingAuthenticationToken'],
  ['UnrecognizedClientException', 'InvalidClientTokenId'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  ['ExpiredTokenException', 'ExpiredToken'],
] as const)

function replyRole(form: URLSearchParams, state: State): Reply {
  const arn = form.get('RoleArn') ?? ''
  const externalId = state.sts.externalIds.get(arn)
  const wrong = externalId !== undefined && form.get('ExternalId') !== externalId
  return (
    refuseRole(form, state) ??
    (wrong ? denied(arn) : replyCredentials(form, { state, action: 'AssumeRole' }))
  )
}

function replyWebIdentity(form: URLSearchParams, state: State): Reply {
  const token = form.get('WebIdentityToken') ?? ''
  const { webIdentityTokens } = state.sts
  if (token === '') return errorReply(400, 'ValidationError', 'WebIdentityToken is missing')
  if (webIdentityTokens !== undefined && !webIdentityTokens.has(token)) {
    return errorReply(
      400,
      'InvalidIdentityToken',
      'No OpenIDConnect provider found in your account',
    )
  }
  return (
    refuseRole(form, state, { action: 'sts:AssumeRoleWithWebIdentity' }) ??
    replyCredentials(form, { state, action: 'AssumeRoleWithWebIdentity' })
  )
}

function refuseRole(
  form: URLSearchParams,
  state: State,
  { action } = { action: 'sts:AssumeRole' },
): Reply | undefined {
  const arn = form.get('RoleArn') ?? ''
  const duration = form.get('DurationSeconds') ?? '900'
  if (!/^arn:[\w-]+:iam::\d{12}:role\/\S+$/.test(arn))
    return errorReply(400, 'ValidationError', `${arn} is invalid`)
  if (!/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) {
    return errorReply(
      400,
      'ValidationError',
      "Value at 'roleSessionName' failed to satisfy constraint",
    )
  }
  if (!/^\d{3,5}$/.test(duration) || Number(duration) < 900 || Number(duration) > 43200) {
    return errorReply(
      400,
      'ValidationError',
      "Value at 'durationSeconds' failed to satisfy constraint",
    )
  }
  return state.sts.denied.has(arn) ? denied(arn, action) : undefined
}

function denied(arn: string, action = 'sts:AssumeRole'): Reply {
  return errorReply(403, 'AccessDenied', `Not authorized to perform ${action} on resource: ${arn}`)
}

function replyCredentials(
  form: URLSearchParams,
  { state, action }: { readonly state: State; readonly action: string },
): Reply {
  const role = (form.get('RoleArn') ?? '').split('/').at(-1) ?? ''
  const session = form.get('RoleSessionName') ?? ''
  const lifetimeSeconds = Number(form.get('DurationSeconds') ?? state.sts.lifetimeSeconds)
  const key = issueKey(state, { owner: `assumed-role/${role}/${session}`, lifetimeSeconds })
  const account = (form.get('RoleArn') ?? '').split(':')[4] ?? ''
  const body = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result>
    <AssumedRoleUser>
      <AssumedRoleId>AROATESTWORLD:${escape(session)}</AssumedRoleId>
      <Arn>${escape(`arn:aws:sts::${account}:${key.owner}`)}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>${key.accessKeyId}</AccessKeyId>
      <SecretAccessKey>${escape(key.secretAccessKey)}</SecretAccessKey>
      <SessionToken>${escape(key.sessionToken ?? '')}</SessionToken>
      <Expiration>${formatExpiration(key.expiresAtMs)}</Expiration>
    </Credentials>
  </${action}Result>
  <ResponseMetadata>
    <RequestId>${crypto.randomUUID()}</RequestId>
  </ResponseMetadata>
</${action}Response>
`
  return textReply(200, body, 'text/xml')
}

function errorReply(status: number, code: string, message = code): Reply {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>${code}</Code>
    <Message>${escape(message)}</Message>
  </Error>
  <RequestId>${crypto.randomUUID()}</RequestId>
</ErrorResponse>
`
  return textReply(status, body, 'text/xml')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
