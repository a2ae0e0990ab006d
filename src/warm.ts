import { Failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { shareToken } from './cache/single_flight.ts'
import { SETTINGS } from './config/settings_table.ts'
import { parseRegistry, type Registry, registryOf } from './ecr/host.ts'
import { checkSettings } from './ecr/settings.ts'
import type { Options } from './kubelet/options.ts'
import { fetchToken, makePlan, openCache, type Plan } from './pull.ts'

/**
 * Puts the tokens of registries into the cache, before the first pull needs them. What makes a pull go on without a cache
 * is a failure here.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function warm(options: Options, system: System): Promise<void> {
  const plan = await makePlan(options, system)
  const named = options.images.map((image) => parseRegistry(image, options.mirrors))
  const wanted = named.length === 0 ? [{ service: 'ecr', region: undefined } as const] : named
  for (const registry of wanted) checkSettings({ registry, account: undefined }, plan)
  const registries = named.length === 0 ? [await ownRegistry(plan)] : named
  // One after the other: they share credentials' sources, and the node is busy enough at boot.
  // eslint-disable-next-line no-await-in-loop
  for (const registry of registries) await warmRegistry(registry, plan)
}

async function ownRegistry({ settings, imds }: Plan): Promise<Registry> {
  const configured = settings.get(SETTINGS.region)?.value
  return registryOf(configured ?? (await imds.fetchRegion('no image is given to warm')))
}

async function warmRegistry(registry: Registry, plan: Plan): Promise<void> {
  const pull = { registry, account: undefined }
  const cache = await openCache(pull, plan)
  if (cache === undefined) {
    const hint = 'hint: say it with --mirror HOST=REGION or AWS_REGION'
    throw new Failure('bad_config', `cannot cache a token without a region of its own; ${hint}`)
  }
  await shareToken(cache, plan, async (yields) => fetchToken(pull, plan, yields))
  if (cache.read() !== undefined) return
  throw new Failure(
    'bad_config',
    'cannot keep the token: ECR did not say how long it is valid, or the cache directory cannot be written; hint: --verbose',
  )
}
