import { failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { shareToken } from './cache/single_flight.ts'
import { parseRegistry, type Registry, registryOf } from './ecr/host.ts'
import { planPull } from './ecr/pull.ts'
import type { Options } from './kubelet/options.ts'
import { fetchToken, openCache, openRun, type Run } from './plugin.ts'

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
  // One after the other: they share credentials' sources, and the node is busy enough at boot.
  for (const pull of pulls) {
    const cache = await openCache(pull, run)
    if (cache === undefined) throw failure('cache_region', {})
    await shareToken(cache, run, async (yields) => fetchToken(pull, run, yields))
    if (cache.read() === undefined) throw cache.failure() ?? failure('cache_life', {})
  }
}

async function ownRegistry(run: Run): Promise<Registry> {
  const { region } = planPull({ ...registryOf('us-east-1'), region: undefined }, undefined, run)
  return registryOf(region ?? (await run.imds.fetchRegion('no image is given to warm')))
}
