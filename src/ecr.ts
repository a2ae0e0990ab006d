import * as v from 'valibot'

import { jsonErrorCode, sign } from './aws.ts'
import type { Settings } from './config/settings.ts'
import { type Credentials, describeCredentials } from './credentials/credentials.ts'
import { decode, NonEmpty, parseJson } from './decode.ts'
import { serviceHost } from './endpoints.ts'
import { Failure } from './failure.ts'
import type { HttpAnswer, HttpRequest, Network } from './http.ts'
import type { Registry } from './registry.ts'
import type { RegistryToken } from './response.ts'

/** Longest wait for one attempt, in milliseconds; ECR usually answers within 100. */
const TIMEOUT_MS = 10_000

const TARGETS = {
  ecr: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  'ecr-public': 'SpencerFrontendService.GetAuthorizationToken',
} as const

/** What to do about the refusals that operators meet. */
const HINTS: ReadonlyMap<string | undefined, string> = new Map([
  [
    'AccessDeniedException',
    '; hint: the identity needs ecr:GetAuthorizationToken (for public images ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken)',
  ],
  ['ExpiredTokenException', '; hint: the keys have expired'],
  ['InvalidSignatureException', '; hint: is the clock of this node right'],
  ['UnrecognizedClientException', '; hint: AWS does not know these keys in this region'],
])

const SUBJECT = { code: 'bad_response', name: "ECR's answer" } as const

const AuthorizationData = v.object({
  authorizationToken: NonEmpty,
  // Seconds since 1970, with a fraction.
  expiresAt: v.nullish(v.number()),
})

// Private ECR answers with one entry per registry asked for; none is asked for, so the first is the caller's own.
const PrivateAnswer = v.object({
  authorizationData: v.tupleWithRest([AuthorizationData], v.unknown()),
})
const PublicAnswer = v.object({ authorizationData: AuthorizationData })

/**
 * A password for the registry: one `GetAuthorizationToken`, signed with the given keys.
 *
 * @throws {Failure} `unreachable` - no answer; `refused` - AWS said no; `bad_response` - not the documented shape.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 * @see https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
 */
export async function fetchRegistryToken(
  registry: Registry,
  credentials: Credentials,
  context: { readonly settings: Settings; readonly network: Network },
): Promise<RegistryToken> {
  const { settings, network } = context
  const request = tokenRequest(registry, settings)
  const host = new URL(request.url).host
  network.step(`asking ${host} for a registry token in ${registry.region}`)
  const { service, region } = registry
  const nowMs = network.now()
  const answer = await network.send(await sign({ request, service, region, credentials, nowMs }))
  const subject = `cannot get an ECR token in ${region}`
  const identity = describeCredentials(credentials, nowMs)
  if (answer.kind === 'no_answer') {
    throw new Failure(answer.code, `${subject}: ${answer.problem} (${identity})`)
  }
  if (answer.status !== 200) {
    const code = jsonErrorCode(answer)
    throw new Failure(
      'refused',
      `${subject}: ${code ?? `HTTP status ${answer.status}`} from ${host} (${identity})${HINTS.get(code) ?? ''}`,
    )
  }
  return parseToken(answer, service)
}

/** The request before it is signed. */
export function tokenRequest(registry: Registry, settings: Settings): HttpRequest {
  const { service, region } = registry
  const own = service === 'ecr' ? settings.ecrEndpointUrl : settings.ecrPublicEndpointUrl
  const configured = own ?? settings.endpointUrl
  return {
    method: 'POST',
    url: configured?.value ?? `https://${serviceHost(service, region, registry)}/`,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': TARGETS[service] },
    body: '{}',
    timeoutMs: TIMEOUT_MS,
  }
}

/** @throws {Failure} `bad_response` - not the documented shape, or a token that is no `user:password` in base64. */
export function parseToken(answer: HttpAnswer, service: Registry['service']): RegistryToken {
  const value = parseJson(answer.body, SUBJECT)
  const data =
    service === 'ecr'
      ? decode(PrivateAnswer, value, SUBJECT).authorizationData[0]
      : decode(PublicAnswer, value, SUBJECT).authorizationData
  const [, username, password] = /^([^:]+):(.+)$/s.exec(decodeBase64(data.authorizationToken)) ?? []
  if (username === undefined || password === undefined) throw notAToken()
  const { expiresAt } = data
  return {
    username,
    password,
    expiresAtMs: typeof expiresAt === 'number' ? expiresAt * 1000 : undefined,
  }
}

function decodeBase64(text: string): string {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw notAToken()
  }
}

function notAToken(): Failure {
  return new Failure(
    'bad_response',
    `${SUBJECT.name} is not as documented: its authorizationToken is not base64 of user:password`,
  )
}
