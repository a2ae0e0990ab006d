import type { Context } from '../aws/context.ts'
import { type Service, serviceUrl } from '../aws/endpoints.ts'
import { SETTINGS } from '../config/settings_table.ts'
import { imdsEndpoint } from '../credentials/imds.ts'
import { selectSource } from '../credentials/select.ts'
import type { ServiceAccount, Source } from '../credentials/source.ts'
import type { Registry } from './host.ts'

/** One pull: the registry, the identity, and the region, which is undefined where only IMDS can tell it. */
export interface Pull {
  readonly registry: Registry
  readonly source: Source
  readonly region: string | undefined
}

/**
 * Decides as whom a registry is asked for a token, and in which region, and validates every setting that is used for it.
 *
 * @throws {Failure} `profile_...`, `config_...` - a profile or a setting is not acceptable.
 */
export function planPull(
  registry: Registry,
  account: ServiceAccount | undefined,
  context: Omit<Context, 'region'>,
): Pull {
  const { settings, profile, config, system } = context
  const configured = () => settings.get(SETTINGS.region)?.value
  function readSource(): Source {
    if (account === undefined) return selectSource(profile, config, system.env)
    // Public images name no region, and the role may live in a partition that us-east-1 does not serve.
    const region = registry.service === 'ecr-public' ? configured() : undefined
    return { kind: 'service_account', account, region }
  }
  // A mirror may leave its region to the settings, and these to the instance.
  const pull = { registry, region: registry.region ?? configured(), source: readSource() }
  checkSettings(pull, context)
  return pull
}

type Asked = Service | 'imds'

/** A URL is made only to see that it can be: its region is of no interest. */
const ANY_REGION = 'us-east-1'

/**
 * Validates every setting that this pull will use, so that a bad value fails before any network call. The region was
 * validated when it was chosen. Unused settings are skipped: a bad value without effect must not cost a pull.
 *
 * @throws {Failure} `config_...` - one is not acceptable.
 */
export function checkSettings(
  { registry, source, region }: Pull,
  context: Pick<Context, 'settings' | 'config'>,
): void {
  const { settings } = context
  settings.get(SETTINGS.maxAttempts)
  settings.get(SETTINGS.noSkewCorrection)
  const isUnknown = region === undefined
  const asked = [registry.service, ...askedBy(source), ...(isUnknown ? ['imds' as const] : [])]
  for (const service of asked) {
    if (service === 'imds') imdsEndpoint(settings)
    else serviceUrl({ service, region: ANY_REGION }, context)
  }
}

/** The services that a source asks and the settings may place elsewhere. */
function askedBy(source: Source): readonly Asked[] {
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
