import { type Service, serviceUrl } from '../aws/endpoints.ts'
import type { Run } from '../aws/run.ts'
import { failure } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { fromEnvironment, validate } from '../config/settings.ts'
import { type Kind, SETTINGS, SOURCE_SETTINGS } from '../config/settings_table.ts'
import { imdsEndpoint } from '../credentials/imds.ts'
import { selectSource } from '../credentials/select.ts'
import type { RoleWithToken, Source } from '../credentials/source.ts'
import type { Registry } from './host.ts'

/** What has been decided for a pull before anybody is asked. */
export interface Pull {
  readonly registry: Registry
  readonly source: Source
  /** The registry's own, else the configured one; `undefined` where only the instance knows: whoever asks must find out. */
  readonly region: string | undefined
}

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
 * @param irsaRole - whether `eks.amazonaws.com/role-arn` counts.
 * @throws {Failure} `annotation`, `config_value` - what should name the role is no ARN of one.
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers
 */
export function readServiceAccount(
  { serviceAccountToken: token, serviceAccountAnnotations: annotations }: Presented,
  irsaRole: boolean,
  env: System['env'],
): RoleWithToken | undefined {
  if (token === '') return undefined
  for (const annotation of irsaRole ? [ECR_ROLE, IRSA_ROLE] : [ECR_ROLE]) {
    const text = annotations[annotation] ?? ''
    const arn = ROLE_ARN.parse(text)
    if (arn !== undefined) return { token, arn }
    if (text !== '') throw failure('annotation', { annotation })
  }
  const configured = fromEnvironment(SOURCE_SETTINGS.ecrRoleArn, env)
  return configured === undefined ? undefined : { token, arn: validate(ROLE_ARN, configured).value }
}

/**
 * Decides as whom a registry is asked for a token, and in which region, and validates every setting that is used for it.
 *
 * @param account - the service account whose role asks; without one the node does.
 * @throws {Failure} `profile_...`, `config_...` - a profile or a setting is not acceptable.
 */
export function planPull(registry: Registry, run: Run, account?: RoleWithToken): Pull {
  const { settings, profile, config, system } = run
  const configured = () => settings.get(SETTINGS.region)?.value
  function readSource(): Source {
    if (account === undefined) return selectSource(profile, config, system.env)
    // Public images name no region, and the role may live in a partition that us-east-1 does not serve.
    const region = registry.service === 'ecr-public' ? configured() : undefined
    return { kind: 'service_account', account: { ...account, region } }
  }
  const pull = { registry, region: registry.region ?? configured(), source: readSource() }
  checkSettings(pull, run)
  return pull
}

/** A URL is made only to see that it can be: its region is of no interest. */
const ANY_REGION = 'us-east-1'

/**
 * Validates every setting that this pull will use, so that a bad value fails before any network call. The region was
 * validated when it was chosen. Unused settings are skipped: a bad value without effect must not cost a pull.
 *
 * @throws {Failure} `config_...` - one is not acceptable.
 */
export function checkSettings({ registry, source, region }: Pull, run: Run): void {
  const { settings } = run
  settings.get(SETTINGS.maxAttempts)
  settings.get(SETTINGS.noSkewCorrection)
  for (const service of [registry.service, ...askedBy(source)]) {
    if (service === 'imds') imdsEndpoint(settings)
    else serviceUrl({ service, region: ANY_REGION }, run)
  }
  if (region === undefined) imdsEndpoint(settings)
}

/** The services that a source asks and the settings may place elsewhere. */
function askedBy(source: Source): readonly (Service | 'imds')[] {
  switch (source.kind) {
    case 'role':
      return ['sts', ...askedBy(source.base)]
    case 'service_account':
    case 'web_identity':
      return ['sts']
    case 'sso':
      // Only a token of a session can be renewed.
      return source.sso.session === undefined ? ['sso'] : ['sso', 'sso-oidc']
    case 'instance':
      return ['imds']
    case 'keys':
    case 'process':
    case 'container':
      return []
  }
}
