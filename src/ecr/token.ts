import * as v from 'valibot'

import { callAws } from '../aws/call.ts'
import type { Signing } from '../aws/credentials.ts'
import { serviceUrl } from '../aws/endpoints.ts'
import type { Run } from '../aws/run.ts'
import { decode, NonEmpty, parseJson, refuseAnswer } from '../base/decode.ts'
import { subject } from '../base/failure.ts'
import { dateOf } from '../net/clock.ts'
import type { HttpAnswer } from '../net/network.ts'
import type { Registry } from './host.ts'

const TARGETS = {
  ecr: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  'ecr-public': 'SpencerFrontendService.GetAuthorizationToken',
} as const

const refuse = refuseAnswer("ECR's answer")

/** What ECR gave: the user name and password for the registry, and for how long they work. */
export interface RegistryToken {
  readonly username: string
  readonly password: string
  /**
   * What is left of their life, in milliseconds, from 0 to {@link MAX_LIFE_MS}; 0 when ECR did not say. A duration, since
   * two clocks that disagree do not agree on a point in time either.
   */
  readonly lifeMs: number
}

/**
 * Longest life that is counted on, in milliseconds: no token of ECR lives longer, whatever the clocks say.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export const MAX_LIFE_MS = 12 * 3600 * 1000

const AuthorizationData = v.object({
  authorizationToken: NonEmpty,
  // Seconds since 1970, with a fraction; up to the year 9999, so that milliseconds given by mistake are refused.
  expiresAt: v.nullish(v.pipe(v.number(), v.finite(), v.maxValue(253_402_300_799))),
})

// Private ECR answers with one entry per registry asked for; none is asked for, so the first is the caller's own.
const PrivateAnswer = v.object({
  authorizationData: v.tupleWithRest([AuthorizationData], v.unknown()),
})
const PublicAnswer = v.object({ authorizationData: AuthorizationData })

/**
 * A password for the registry: one `GetAuthorizationToken`, signed with the given keys. `yields`: a call that ECR throttles
 * is the last one.
 *
 * @throws {Failure} of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 * @see https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
 */
export async function fetchRegistryToken(
  registry: Registry,
  { yields, ...signing }: Signing & { readonly yields: boolean },
  run: Run,
): Promise<RegistryToken> {
  const { service } = registry
  const { region } = signing
  const url = serviceUrl({ ...registry, region }, run)
  run.system.step(`asking ${new URL(url).host} for a registry token in ${region}`)
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': TARGETS[service] }
  const request = { method: 'POST', url, headers, body: '{}' } as const
  const call = { subject: subject('ecr', { region }), service, request, signing, yields }
  const answer = await callAws(call, run)
  return parseToken(answer, service, run.network.clock.now())
}

/**
 * The token in an answer. Its life is counted by the clock that set its end, which is ECR's.
 *
 * @param nowMs - the time where the answer does not say it, in milliseconds since 1970.
 * @throws {Failure} `answer_form` - not the documented shape, or a token that is no `user:password` in base64.
 */
export function parseToken(
  answer: HttpAnswer,
  service: Registry['service'],
  nowMs: number,
): RegistryToken {
  const value = parseJson(answer.body, refuse)
  const data =
    service === 'ecr'
      ? decode(PrivateAnswer, value, refuse).authorizationData[0]
      : decode(PublicAnswer, value, refuse).authorizationData
  const { username, password } = splitToken(data.authorizationToken)
  const leftMs = (data.expiresAt ?? 0) * 1000 - (dateOf(answer.headers) ?? nowMs)
  return { username, password, lifeMs: Math.min(Math.max(0, leftMs), MAX_LIFE_MS) }
}

function splitToken(base64: string): Pick<RegistryToken, 'username' | 'password'> {
  try {
    const bytes = Uint8Array.fromBase64(base64, { lastChunkHandling: 'strict' })
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const [, username, password] = /^([^:]+):(.+)$/s.exec(text) ?? []
    if (username !== undefined && password !== undefined) return { username, password }
  } catch {
    // No base64, or no UTF-8.
  }
  throw refuse('it is not as documented: its authorizationToken is not base64 of user:password')
}
