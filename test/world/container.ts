import { formatExpiration } from './keys.ts'
import { jsonReply, type Reply, textReply } from './reply.ts'
import type { WireRequest } from './request.ts'
import type { Answer } from './service.ts'
import type { State } from './state.ts'

/** Path of the credentials in the dialect of ECS. */
export const ecsPath = '/v2/credentials/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'

/** Path of the credentials in the dialect of EKS Pod Identity. */
export const podIdentityPath = '/v1/credentials'

/** The credentials endpoint beside a container: ECS and EKS Pod Identity, told apart by their paths. */
export function answerContainer(request: WireRequest, state: State): Answer {
  return { step: 'container', reply: reply(request, state) }
}

function reply(request: WireRequest, state: State): Reply {
  const { key, authorization } = state.container
  const podIdentity = request.path === podIdentityPath
  if (!podIdentity && request.path !== ecsPath) return textReply(404, '404 page not found')
  if (request.method !== 'GET') return textReply(405, 'Method Not Allowed')
  if (authorization !== undefined && request.headers.get('authorization') !== authorization) {
    return podIdentity
      ? textReply(401, '(InvalidTokenException) The provided token is not valid')
      : jsonReply(403, {
          code: 'AuthorizationFailed',
          message: 'Authorization token does not match',
        })
  }
  const extra = podIdentity
    ? { AccountId: state.imds.accountId }
    : { RoleArn: 'arn:aws:iam::123456789012:role/container-role' }
  return jsonReply(200, {
    ...extra,
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    Token: key.sessionToken,
    Expiration: formatExpiration(key.expiresAtMs),
  })
}
