import { createSecret, formatExpiration, readClock } from './keys.ts'
import { jsonReply, type Reply, textReply } from './reply.ts'
import type { WireRequest } from './request.ts'
import type { Answer, Step } from './service.ts'
import type { ImdsState, State } from './state.ts'

const ttlHeader = 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds'
const rolePath = '/latest/meta-data/iam/security-credentials/'

/** The instance metadata service, version 2 only, as on an instance with `HttpTokens: required`. */
export function answerImds(request: WireRequest, state: State): Answer {
  const step = nameStep(request.path)
  return { step, reply: withServer(refuse(request, state) ?? reply(request, { step, state })) }
}

function nameStep(path: string): Step {
  if (path === '/latest/api/token') return 'imds-token'
  if (path === rolePath || path === rolePath.slice(0, -1)) return 'imds-role'
  if (path.startsWith(rolePath)) return 'imds-credentials'
  if (path === '/latest/meta-data/placement/region') return 'imds-region'
  if (path === '/latest/dynamic/instance-identity/document') return 'imds-document'
  return 'unknown'
}

/** A request that came through a proxy is refused whatever it asks for, and so is one without a token. */
function refuse(request: WireRequest, state: State): Reply | undefined {
  const { method, path, headers } = request
  if (headers.has('x-forwarded-for')) return page(403)
  if (path === '/latest/api/token') return method === 'PUT' ? undefined : page(405)
  if (method !== 'GET') return page(405)
  const expiresAtMs = state.imds.tokens.get(headers.get('x-aws-ec2-metadata-token') ?? '')
  if (expiresAtMs === undefined || expiresAtMs <= readClock(state)) return page(401)
  return undefined
}

function reply(
  request: WireRequest,
  { step, state }: { readonly step: Step; readonly state: State },
): Reply {
  const { role, region, accountId } = state.imds
  if (step === 'imds-token') return replyToken(request, state)
  if (step === 'imds-region') return textReply(200, region)
  if (step === 'imds-document')
    return jsonReply(200, describeInstance({ region, accountId }), 'text/plain')
  if (role === undefined) return page(404)
  if (step === 'imds-role') return textReply(200, role.name)
  if (step !== 'imds-credentials') return page(404)
  if (decodeURIComponent(request.path.slice(rolePath.length)) !== role.name) return page(404)
  return replyCredentials(role, readClock(state))
}

function replyToken(request: WireRequest, state: State): Reply {
  const ttl = request.headers.get(ttlHeader.toLowerCase()) ?? ''
  if (!/^\d{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > 21600) return page(400)
  const token = createSecret(state, 'imds-token')
  state.imds.tokens.set(token, readClock(state) + Number(ttl) * 1000)
  const text = textReply(200, token)
  return { ...text, headers: { ...text.headers, [ttlHeader]: ttl } }
}

function replyCredentials(role: NonNullable<ImdsState['role']>, nowMs: number): Reply {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = role.key
  const LastUpdated = formatExpiration(nowMs)
  if (role.code !== 'Success') {
    return jsonReply(
      200,
      { Code: role.code, LastUpdated, Message: 'EC2 cannot assume the role' },
      'text/plain',
    )
  }
  const credentials = {
    Code: role.code,
    LastUpdated,
    Type: 'AWS-HMAC',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: formatExpiration(expiresAtMs),
  }
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain' },
    body: JSON.stringify(credentials, null, 2),
  }
}

function describeInstance({ region, accountId }: Pick<ImdsState, 'region' | 'accountId'>): object {
  const instanceId = 'i-0123456789abcdef0'
  return {
    accountId,
    architecture: 'x86_64',
    availabilityZone: `${region}a`,
    instanceId,
    region,
    version: '2017-09-30',
  }
}

function page(status: number): Reply {
  return textReply(status, `<html><body><h1>${status}</h1></body></html>`, 'text/html')
}

function withServer(answer: Reply): Reply {
  return { ...answer, headers: { ...answer.headers, Server: 'EC2ws' } }
}
