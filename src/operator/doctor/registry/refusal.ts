import * as v from 'valibot'

import type { HttpAnswer } from '../../../net/network.ts'
import type { Reason } from '../explain.ts'
import { readJson } from '../read_json.ts'
import type { ImageReference } from './image.ts'

/** What a registry says about a request that it does not fulfil. */
interface Said {
  readonly code: string
  readonly message: string
}

/**
 * Why a registry does not give the manifest of an image. Its message is read by patterns, never shown: whoever answers for it
 * could put anything there.
 *
 * @param host - of the registry.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function explainRefusal(answer: HttpAnswer, image: ImageReference): Reason {
  const { code, message } = readSaid(answer)
  const { host, repository, reference } = image
  if (answer.status === 403) return explainDenial(message, image)
  if (answer.status === 404 && code === 'NAME_UNKNOWN') {
    return {
      cause: 'registry_repository',
      summary: `${host} has no repository ${repository}`,
      fix: 'correct the name, the account or the region. Where a pull-through cache rule should make it, the identity needs ecr:CreateRepository and ecr:BatchImportUpstreamImage',
    }
  }
  if (answer.status === 404) {
    return {
      cause: 'registry_image',
      summary: `repository ${repository} has no image ${reference}`,
      fix: 'correct the tag, or push the image. Where a pull-through cache rule should import it, the identity needs ecr:BatchImportUpstreamImage, and upstream must have it',
    }
  }
  if (answer.status === 401) return explainUnauthorized(host)
  return {
    cause: 'registry_status',
    summary: `HTTP status ${answer.status} from ${host} for the manifest of ${repository}`,
  }
}

/** The password is not for this registry: ECR has just made it. */
export function explainUnauthorized(host: string): Reason {
  return {
    cause: 'registry_password',
    summary: `401 from ${host}: it refuses the password that ECR gave`,
    fix: 'is AWS_ENDPOINT_URL_ECR, or the region of --mirror, that of this registry; does the registry exist',
  }
}

/** IAM's own words say who refused: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function explainDenial(message: string, { repository, host }: ImageReference): Reason {
  // Closed lists: whoever answers could put what it was sent into any other word.
  const kind =
    '(identity-based|resource-based|VPC endpoint|service control|resource control|session|permissions boundary)'
  const find = (pattern: RegExp) => pattern.exec(message)?.[1]
  const action = find(
    /is not authorized to perform: (ecr(?:-public)?:(?:BatchGetImage|GetDownloadUrlForLayer|BatchCheckLayerAvailability|BatchImportUpstreamImage|CreateRepository))\b/,
  )
  const denier = find(new RegExp(`with an explicit deny in an? ${kind} policy`))
  const missing = find(new RegExp(`because no ${kind} (?:policy )?allows`))
  const user = find(/^User: arn:[a-z-]{1,20}:(?:sts|iam)::([0-9]{12}):/)
  const owner = /^(?<account>[0-9]{12})\./.exec(host)?.groups?.['account']
  const what = `403 DENIED for repository ${repository}${action === undefined ? '' : `: ${action}`}`
  const needed = 'ecr:BatchGetImage, ecr:GetDownloadUrlForLayer'
  if (denier !== undefined) {
    const fix =
      'the plugin is fine: whoever wrote that policy must lift the deny, which outweighs whatever allows it'
    return {
      cause: 'registry_denied_explicit',
      summary: `${what}, denied by a ${denier} policy`,
      fix,
    }
  }
  if (missing === 'resource-based') {
    const who = user === undefined ? 'this identity' : `account ${user}`
    const fix = `the plugin is fine. Account ${owner ?? 'of the registry'} must allow ${who} in the repository's policy: ${needed}`
    return {
      cause: 'registry_denied_repository',
      summary: `${what}, no resource-based policy allows it`,
      fix,
    }
  }
  if (missing === 'VPC endpoint') {
    const fix = 'the plugin is fine. The policy of the VPC endpoint ecr.dkr must allow it'
    return {
      cause: 'registry_denied_endpoint',
      summary: `${what}, no VPC endpoint policy allows it`,
      fix,
    }
  }
  if (missing !== undefined) {
    const fix = `the plugin is fine. Allow the identity: ${needed}`
    return {
      cause: 'registry_denied_identity',
      summary: `${what}, no ${missing} policy allows it`,
      fix,
    }
  }
  const fix = `the plugin is fine. The identity's policies and, in another account, the repository's must allow: ${needed}`
  return { cause: 'registry_denied', summary: what, fix }
}

function readSaid({ body }: HttpAnswer): Said {
  const Errors = v.object({
    errors: v.tupleWithRest(
      [v.object({ code: v.string(), message: v.optional(v.string(), '') })],
      v.unknown(),
    ),
  })
  return readJson(Errors, body)?.errors[0] ?? { code: '', message: '' }
}
