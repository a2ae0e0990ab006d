import type { System } from '../base/system.ts'
import { fromEnvironment } from '../config/settings.ts'
import { SOURCES } from '../config/settings_table.ts'
import type { ServiceAccount } from './source.ts'

/** Annotation with the role that pulls a service account's images, upstream's own. */
const ECR_ROLE = 'eks.amazonaws.com/ecr-role-arn'

/** Annotation with the role of the pods themselves (IAM roles for service accounts). */
const IRSA_ROLE = 'eks.amazonaws.com/role-arn'

/** What a request says about a pod's service account. */
export interface Presented {
  /** Empty when there is none. */
  readonly token: string
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * The role of a service account, `undefined` when the node itself is to ask: without a token, or without a role for it.
 *
 * @param irsaRole - whether `eks.amazonaws.com/role-arn` counts.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers
 */
export function readServiceAccount(
  { token, annotations }: Presented,
  irsaRole: boolean,
  env: System['env'],
): ServiceAccount | undefined {
  if (token === '') return undefined
  const found = new Map(Object.entries(annotations))
  const named = [found.get(ECR_ROLE), irsaRole ? found.get(IRSA_ROLE) : undefined]
  const annotated = named.find((arn) => arn !== undefined && arn !== '')
  const roleArn = annotated ?? fromEnvironment(SOURCES.ecrRoleArn, env)?.value
  return roleArn === undefined ? undefined : { token, roleArn }
}
