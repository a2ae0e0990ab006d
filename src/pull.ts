import type { Context } from './aws/context.ts'
import type { System } from './base/system.ts'
import { cacheKey } from './cache/key.ts'
import { openTokenCache, type TokenCache } from './cache/store.ts'
import { readSettings, type Settings } from './config/settings.ts'
import { SETTINGS } from './config/settings_table.ts'
import { readSharedConfig } from './config/shared_files.ts'
import { sayUnpaired } from './credentials/environment.ts'
import { openImds } from './credentials/imds.ts'
import { selectProfile, selectSource } from './credentials/select.ts'
import type { Source } from './credentials/source.ts'
import { findCredentials, type ServiceAccount } from './credentials/sources/service_account.ts'
import type { Registry } from './ecr/host.ts'
import { fetchRegistryToken, tokenRequest } from './ecr/token.ts'
import type { Options } from './kubelet/options.ts'
import type { RegistryToken } from './kubelet/response.ts'
import { openNetwork } from './net/network.ts'

/** What a run has read and chosen before it asks anybody. */
export interface Plan extends Omit<Context, 'region'> {
  readonly options: Options
  /** The node's own source of credentials. */
  readonly source: Source
}

/** A registry, and for whom its password is. */
export interface Pull {
  readonly registry: Registry
  /** `undefined` for the node itself. */
  readonly account: ServiceAccount | undefined
}

/**
 * Reads the configuration and selects from it.
 *
 * @throws {Failure} `bad_config` - it cannot be read, or is wrong.
 */
export async function makePlan(options: Options, system: System): Promise<Plan> {
  const config = await readSharedConfig(system)
  const profile = selectProfile(config, system.env)
  const settings = readSettings(system.env, profile)
  sayUnpaired(system)
  const source = selectSource(profile, config, system.env)
  const network = openNetwork(settings, options.timeoutMs, system)
  return { options, system, config, settings, source, network, imds: openImds(settings, network) }
}

/**
 * A token from AWS: whose credentials, and then the call.
 *
 * @param yieldsWhenThrottled - whether a call that ECR throttles is the last.
 * @throws {Failure} of the source, or of the call.
 */
export async function fetchToken(
  { registry, account }: Pull,
  plan: Plan,
  yieldsWhenThrottled: boolean,
): Promise<RegistryToken> {
  const configured = configuredRegion(registry, plan.settings)
  const region = configured ?? (await plan.imds.fetchRegion('nothing else names a region'))
  const context = { ...plan, region }
  // The handshake with ECR takes as long as finding credentials: they go on side by side.
  plan.network.prepare(tokenRequest(registry, context).url)
  const identity = { account, registry, source: plan.source }
  const credentials = await findCredentials(identity, context)
  plan.system.step(`signing with credentials: ${credentials.source}`)
  return fetchRegistryToken(registry, { credentials, yieldsWhenThrottled }, context)
}

/**
 * The cache for the token of a pull, `undefined` when none is asked for, or when it must not hold this one: that of a service
 * account's role, or one whose region only the instance knows.
 *
 * @throws {Failure} `bad_config` - the directory cannot be used.
 */
export async function openCache(pull: Pull, plan: Plan): Promise<TokenCache | undefined> {
  const { registry, account } = pull
  const { options, source, settings, system } = plan
  const region = configuredRegion(registry, settings)
  if (options.cacheDirectory === undefined) return undefined
  if (account !== undefined || region === undefined) {
    const reason =
      account === undefined ? 'no region is configured' : "it is for a service account's role"
    system.step(`not using the cache: ${reason}`)
    return undefined
  }
  system.step('opening the cache directory')
  const key = cacheKey(source, registry, { ...plan, region })
  return openTokenCache(options.cacheDirectory, key, system)
}

/** The registry's region; a mirror may leave it to the settings, and these to the instance. */
function configuredRegion(registry: Registry, settings: Settings): string | undefined {
  return registry.region ?? settings.get(SETTINGS.region)?.value
}
