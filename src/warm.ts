import { Failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { shareToken } from './cache/single_flight.ts'
import { SETTINGS } from './config/settings_table.ts'
import { selectSource } from './credentials/select.ts'
import { parseRegistry, type Registry, registryOf } from './ecr/host.ts'
import { checkSettings } from './ecr/settings.ts'
import type { Options } from './kubelet/options.ts'
import { fetchToken, openCache, openRun, planPull, type Pull, type Run } from './plugin.ts'

/**
 * Puts the tokens of registries into the cache, before the first pull needs them. What makes a pull go on without a cache
 * is a failure here.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function warm(options: Options, system: System): Promise<void> {
  const run = await openRun(options, system)
  const { images, mirrors } = options
  const named = images.map((image) => parseRegistry(image, mirrors))
  const registries = named.length === 0 ? [await ownRegistry(run)] : named
  const pulls = registries.map((registry) => planPull(registry, undefined, run))
  for (const pull of pulls) checkSettings(pull, run)
  // One after the other: they share credentials' sources, and the node is busy enough at boot.
  for (const pull of pulls) await warmRegistry(pull, run)
}

async function ownRegistry(run: Run): Promise<Registry> {
  const { settings, profile, config, system, imds } = run
  const region = settings.get(SETTINGS.region)?.value
  if (region !== undefined) return registryOf(region)
  const source = selectSource(profile, config, system.env)
  checkSettings({ registry: { service: 'ecr' }, source, region }, run)
  return registryOf(await imds.fetchRegion('no image is given to warm'))
}

async function warmRegistry(pull: Pull, run: Run): Promise<void> {
  const cache = await openCache(pull, run)
  if (cache === undefined) {
    const hint = 'hint: set it with --mirror HOST=REGION or AWS_REGION'
    throw new Failure('bad_config', `cannot cache a token without a region of its own; ${hint}`)
  }
  await shareToken(cache, run, async (yields) => fetchToken(pull, run, yields))
  if (cache.read() !== undefined) return
  throw new Failure(
    'bad_config',
    'cannot keep the token: ECR did not say how long it is valid, or the cache directory cannot be written; hint: --verbose',
  )
}
