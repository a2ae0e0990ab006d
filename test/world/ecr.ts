import { randomBytes } from 'node:crypto'

import { readHostRegion } from './hosts.ts'
import { readClock } from './keys.ts'
import { jsonReply, type Reply } from './reply.ts'
import { readText, type WireRequest } from './request.ts'
import type { Answer } from './service.ts'
import { verifySignature } from './sigv4.ts'
import type { State } from './state.ts'

const jsonType = 'application/x-amz-json-1.1'

/** GetAuthorizationToken of the private registries. */
export function answerEcr(request: WireRequest, state: State): Answer {
  const region = readHostRegion(request.headers.get('host')) ?? state.ecr.region
  const target = 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken'
  return answerToken(request, { state, service: 'ecr', region, target })
}

/** GetAuthorizationToken of the public registry, which lives in us-east-1 alone. */
export function answerEcrPublic(request: WireRequest, state: State): Answer {
  const target = 'SpencerFrontendService.GetAuthorizationToken'
  return answerToken(request, { state, service: 'ecr-public', region: 'us-east-1', target })
}

/** What a password of the fake says about its making. */
interface Password {
  readonly accessKeyId: string
  readonly region: string
  /** Different in every password. */
  readonly sentinel: string
}

/** Who signed for a password, where. */
export function readPassword(password: string): Password {
  const [, accessKeyId, region, sentinel] = /^(\w+)\/([\w-]+)\/(\w+)$/.exec(password) ?? []
  if (accessKeyId === undefined || region === undefined || sentinel === undefined) {
    throw new Error('Not a password of the fake ECR')
  }
  return { accessKeyId, region, sentinel }
}

interface Call {
  readonly state: State
  readonly service: 'ecr' | 'ecr-public'
  readonly region: string | undefined
  readonly target: string
}

function answerToken(request: WireRequest, call: Call): Answer {
  const { state, service, region } = call
  const step = service
  if (request.method !== 'POST') return { step, reply: jsonError(404, 'UnknownOperationException') }
  if (request.headers.get('content-type') !== jsonType) {
    return { step, reply: jsonError(404, 'UnknownOperationException') }
  }
  if (request.headers.get('x-amz-target') !== call.target) {
    return { step: 'unknown', reply: jsonError(400, 'UnknownOperationException') }
  }
  const nowMs = readClock(state)
  const verification = verifySignature(request, { keys: state.keys, service, region, nowMs })
  if (!verification.ok) {
    return { step, verification, reply: jsonError(403, verification.code, verification.message) }
  }
  const { key, scope } = verification
  if (!isObject(readText(request)))
    return { step, verification, reply: jsonError(400, 'SerializationException') }
  if (state.ecr.denied.has(key.owner)) {
    const action = `${service}:GetAuthorizationToken`
    const message = `User: arn:aws:sts::123456789012:assumed-${key.owner}/i-0 is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`
    return { step, verification, reply: jsonError(400, 'AccessDeniedException', message) }
  }
  const password = [key.accessKeyId, scope.region, randomBytes(8).toString('hex')].join('/')
  state.ecr.passwords.add(password)
  const data = {
    authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
    expiresAt: nowMs / 1000 + state.ecr.lifetimeSeconds,
  }
  if (service === 'ecr-public')
    return { step, verification, reply: replyJson({ authorizationData: data }) }
  const proxyEndpoint = `https://123456789012.dkr.ecr.${scope.region}.amazonaws.com`
  return {
    step,
    verification,
    reply: replyJson({ authorizationData: [{ ...data, proxyEndpoint }] }),
  }
}

function replyJson(value: unknown): Reply {
  return jsonReply(200, value, jsonType)
}

function jsonError(status: number, code: string, message?: string): Reply {
  return jsonReply(
    status,
    { __type: code, ...(message === undefined ? {} : { message }) },
    jsonType,
  )
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
