import type { Run } from './aws/run.ts'
import { failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { shareToken } from './cache/single_flight.ts'
import { type Imds, openImds } from './credentials/imds.ts'
import { OWN_REGISTRY, parseRegistry } from './ecr/host.ts'
import { planPull, type Pull } from './ecr/pull.ts'
import type { Options } from './kubelet/options.ts'
import { fetchToken, openCache, openRun } from './plugin.ts'

/**
 * Puts the tokens of registries into the cache, before the first pull needs them. What makes a pull go on without a cache
 * is a failure here.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function warm(options: Options, system: System): Promise<void> {
  const run = await openRun(options.timeoutMs, system)
  const imds = openImds(run)
  const registries = options.images.map((image) => parseRegistry(image, options.mirrors))
  const named = registries.map((registry) => planPull(registry, run))
  const pulls = named.length === 0 ? [await planOwn(imds, run)] : named
  // One after the other: they share credentials' sources, and the node is busy enough at boot.
  for (const pull of pulls) {
    const cache = await openCache(pull, options.cacheDirectory, run)
    if (cache === undefined) throw failure('cache_region', {})
    await shareToken(cache, run, (yields) => fetchToken(pull, imds, run, yields))
    if (cache.read() === undefined) throw cache.failure() ?? failure('cache_life', {})
  }
}

async function planOwn(imds: Imds, run: Run): Promise<Pull> {
  const pull = planPull(OWN_REGISTRY, run)
  return { ...pull, region: pull.region ?? (await imds.fetchRegion('no image is given to warm')) }
}
