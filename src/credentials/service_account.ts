import { failure } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { fromEnvironment, validate } from '../config/settings.ts'
import { type Kind, SOURCES } from '../config/settings_table.ts'
import type { ServiceAccount } from './source.ts'

/** Annotation with the role that pulls a service account's images, upstream's own. */
const ECR_ROLE = 'eks.amazonaws.com/ecr-role-arn'

/** Annotation with the role of the pods themselves (IAM roles for service accounts). */
const IRSA_ROLE = 'eks.amazonaws.com/role-arn'

/** What STS takes for a role. */
const ROLE_ARN: Kind<string> = {
  parse: (text) =>
    /^arn:[a-z-]+:iam::[0-9]{12}:role\/[\x21-\x7e]+$/.test(text) ? text : undefined,
  accepts: 'the ARN of a role',
}

/** What a request says about a pod's service account. */
interface Presented {
  /** Empty when there is none. */
  readonly serviceAccountToken: string
  readonly serviceAccountAnnotations: Readonly<Record<string, string>>
}

/**
 * The role of a service account, `undefined` when the node itself is to ask: without a token, or without a role for it.
 *
 * @throws {Failure} `annotation`, `config_value` - what should name the role is no ARN of one.
 * @param irsaRole - whether `eks.amazonaws.com/role-arn` counts.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers
 */
export function readServiceAccount(
  { serviceAccountToken: token, serviceAccountAnnotations: annotations }: Presented,
  irsaRole: boolean,
  env: System['env'],
): ServiceAccount | undefined {
  if (token === '') return undefined
  const found = new Map(Object.entries(annotations))
  const keys = irsaRole ? [ECR_ROLE, IRSA_ROLE] : [ECR_ROLE]
  const annotation = keys.find((key) => (found.get(key) ?? '') !== '')
  if (annotation === undefined) {
    const configured = fromEnvironment(SOURCES.ecrRoleArn, env)
    if (configured === undefined) return undefined
    return { token, roleArn: validate(ROLE_ARN, configured).value }
  }
  const roleArn = ROLE_ARN.parse(found.get(annotation) ?? '')
  if (roleArn === undefined) throw failure('annotation', { annotation })
  return { token, roleArn }
}
