import type { Context } from '../../aws/context.ts'
import type { Credentials } from '../../aws/credentials.ts'
import { assumeRoleWithWebIdentity } from '../../aws/sts.ts'
import type { System } from '../../base/system.ts'
import { fromEnvironment } from '../../config/settings.ts'
import { SETTINGS, SOURCES } from '../../config/settings_table.ts'
import type { Registry } from '../../ecr/host.ts'
import type { Request } from '../../kubelet/request.ts'
import { resolveSource } from '../resolve.ts'
import type { Source } from '../source.ts'

/** Annotation with the role that pulls a service account's images, upstream's own. */
const ECR_ROLE = 'eks.amazonaws.com/ecr-role-arn'

/** Annotation with the role of the pods themselves (IAM roles for service accounts). */
const IRSA_ROLE = 'eks.amazonaws.com/role-arn'

/** A pod's service account that has a role of its own. */
export interface ServiceAccount {
  /** Presented to STS for the role, and to nobody else. */
  readonly token: string
  readonly roleArn: string
}

/**
 * The service account that a request is for, `undefined` when the node itself is to ask: without a token, or without a role
 * for it.
 *
 * @param irsaRole - whether `eks.amazonaws.com/role-arn` counts.
 */
export function serviceAccountOf(
  request: Pick<Request, 'serviceAccountToken' | 'serviceAccountAnnotations'>,
  irsaRole: boolean,
  env: System['env'],
): ServiceAccount | undefined {
  const { serviceAccountToken: token, serviceAccountAnnotations } = request
  if (token === '') return undefined
  const annotations = new Map(Object.entries(serviceAccountAnnotations ?? {}))
  const named = [annotations.get(ECR_ROLE), irsaRole ? annotations.get(IRSA_ROLE) : undefined]
  const annotated = named.find((arn) => arn !== undefined && arn !== '')
  const roleArn = annotated ?? fromEnvironment(SOURCES.ecrRoleArn, env)?.value
  return roleArn === undefined ? undefined : { token, roleArn }
}

/** Who asks. */
export interface Identity {
  /** `undefined` when it is the node itself. */
  readonly account: ServiceAccount | undefined
  readonly registry: Registry
  /** The node's own source. */
  readonly source: Source
}

/**
 * The credentials to ask ECR with: those of the service account's role, else the node's own. If the role cannot be had the
 * run fails: a pod must never pull as the node because its own role was refused.
 *
 * @throws {Failure} of the source.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers
 */
export async function findCredentials(identity: Identity, context: Context): Promise<Credentials> {
  const { account, registry, source } = identity
  if (account === undefined) return resolveSource(source, context)
  // Public images name no region, and the role may live in a partition that us-east-1 does not serve.
  const configured =
    registry.service === 'ecr-public' ? context.settings.get(SETTINGS.region) : undefined
  const region = configured?.value ?? context.region
  const role = { arn: account.roleArn, sessionName: undefined }
  return assumeRoleWithWebIdentity(role, account.token, { ...context, region })
}
