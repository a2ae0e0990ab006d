import * as v from 'valibot'

import { decodeIfValid } from '../../../base/decode.ts'
import type { HttpAnswer } from '../../../net/network.ts'
import type { Reason } from '../explain.ts'
import type { Inquiry } from './image.ts'

/** What a registry says about a request that it does not fulfil. */
interface Said {
  readonly code: string
  readonly message: string
}

/**
 * Why a registry does not give the manifest of an image. Its message is read by patterns, never shown: whoever answers for it
 * could put anything there.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export function explainRefusal(
  answer: HttpAnswer,
  { image, region, who }: Pick<Inquiry, 'image' | 'region' | 'who'>,
): Reason {
  const { code, message } = readSaid(answer)
  const { host, repository, reference } = image
  if (answer.status === 403) return explainDenial(message, image)
  if (answer.status === 404 && code === 'NAME_UNKNOWN') {
    return {
      cause: 'registry_repository',
      summary: `${host} has no repository ${repository}`,
      fix: `correct the name, the account or the region. If a pull-through cache should make it, see aws ecr describe-pull-through-cache-rules --region ${region}: with a rule for it, the identity (${who}) needs ecr:CreateRepository and ecr:BatchImportUpstreamImage; with none, make one`,
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
    fix: tryAgain(),
  }
}

/** What to do about an answer that says nothing. */
export function tryAgain(): string {
  return 'try again later; if it stays so, look at what is between this node and that host'
}

/** The password is not for this registry: ECR has just made it. */
export function explainUnauthorized(host: string): Reason {
  return {
    cause: 'registry_password',
    summary: `401 from ${host}: it refuses the password that ECR gave`,
    fix: 'AWS_ENDPOINT_URL_ECR, or the region of --mirror, must be that of this registry; see that the registry exists',
  }
}

/** IAM's own words say who refused: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function explainDenial(message: string, { repository, host }: Inquiry['image']): Reason {
  // Closed lists: whoever answers could put what it was sent into any other word.
  const policy =
    '(identity-based policy|resource-based policy|VPC endpoint policy|service control policy|resource control policy|session policy|permissions boundary)'
  const find = (pattern: RegExp) => pattern.exec(message)?.[1]
  const action = find(
    /is not authorized to perform: (ecr(?:-public)?:(?:BatchGetImage|GetDownloadUrlForLayer|BatchCheckLayerAvailability|BatchImportUpstreamImage|CreateRepository))\b/,
  )
  const denier = find(new RegExp(`with an explicit deny in an? ${policy}`))
  const missing = find(new RegExp(`because no ${policy} allows`))
  const user = find(/^User: arn:[a-z-]{1,20}:(?:sts|iam)::([0-9]{12}):/)
  const owner = /^(?<account>[0-9]{12})\./.exec(host)?.groups?.['account']
  const what = `403 DENIED for repository ${repository}${action === undefined ? '' : `: this identity may not ${action}`}`
  const needed = 'ecr:BatchGetImage, ecr:GetDownloadUrlForLayer'
  const verdict = denier === undefined ? `no ${missing ?? ''} allows it` : `a ${denier} denies it`
  const summary = `${what}, ${verdict}`
  if ((denier ?? missing)?.endsWith('control policy') === true) {
    const fix = `an administrator of the AWS organization must allow ${action ?? 'it'} in that policy`
    return { cause: 'registry_denied_organization', summary, fix }
  }
  if (denier !== undefined) {
    const fix = 'whoever wrote that policy must lift the deny, which outweighs whatever allows it'
    return { cause: 'registry_denied_explicit', summary, fix }
  }
  if (missing === 'resource-based policy') {
    const account = owner === undefined ? '' : ` ${owner}`
    const node = user === undefined ? 'this identity' : `the node's account ${user}`
    const fix = `in the repository's policy, its account${account} must allow ${node}: ${needed}`
    return { cause: 'registry_denied_repository', summary, fix }
  }
  if (missing === 'VPC endpoint policy') {
    const fix = 'the policy of the VPC endpoint ecr.dkr must allow it'
    return { cause: 'registry_denied_endpoint', summary, fix }
  }
  if (missing !== undefined) {
    const fix = `that policy of the identity must allow: ${needed}`
    return { cause: 'registry_denied_identity', summary, fix }
  }
  const fix = `the identity's policies and, in another account, the repository's must allow: ${needed}`
  return { cause: 'registry_denied', summary: what, fix }
}

function readSaid({ body }: HttpAnswer): Said {
  const Errors = v.object({
    errors: v.tupleWithRest(
      [v.object({ code: v.string(), message: v.optional(v.string(), '') })],
      v.unknown(),
    ),
  })
  return decodeIfValid(Errors, body)?.errors[0] ?? { code: '', message: '' }
}
