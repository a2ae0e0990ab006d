import type { Context } from '../aws/context.ts'
import type { Service } from '../aws/endpoints.ts'
import { serviceUrl } from '../aws/service_url.ts'
import { SETTINGS } from '../config/settings_table.ts'
import { imdsEndpoint } from '../credentials/imds.ts'
import type { Source } from '../credentials/source.ts'
import type { Registry } from './host.ts'

/** What is going to be asked for. */
export interface PullSettings {
  readonly registry: Pick<Registry, 'service'>
  readonly source: Source
  /** `undefined` where the instance has to tell it. */
  readonly region: string | undefined
}

type Asked = Service | 'imds'

/** A URL is made only to see that it can be: its region is of no interest. */
const ANY_REGION = 'us-east-1'

/**
 * Validates every setting that this pull will use, so that a bad value fails before any network call. The region was
 * validated when it was chosen. Unused settings are skipped: a bad value without effect must not cost a pull.
 *
 * @throws {Failure} `bad_config` - one is not acceptable.
 */
export function checkSettings(
  { registry, source, region }: PullSettings,
  { settings, config }: Pick<Context, 'settings' | 'config'>,
): void {
  settings.get(SETTINGS.maxAttempts)
  settings.get(SETTINGS.noSkewCorrection)
  const isUnknown = region === undefined
  const asked = [registry.service, ...askedBy(source), ...(isUnknown ? ['imds' as const] : [])]
  for (const service of asked) {
    if (service === 'imds') imdsEndpoint(settings)
    else serviceUrl({ service, region: ANY_REGION }, settings, config)
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
