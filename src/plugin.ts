import { readSettings, type Settings } from './config/settings.ts'
import { SETTINGS } from './config/settings_table.ts'
import { readSharedConfig } from './config/shared.ts'
import { type Imds, openImds } from './credentials/imds.ts'
import { selectProfile, selectSource } from './credentials/selection.ts'
import { fetchRegistryToken, tokenRequest } from './ecr.ts'
import { openNetwork } from './http.ts'
import { findCredentials } from './identity.ts'
import type { Options } from './options.ts'
import { parseRegistry, type Registry } from './registry.ts'
import { parseRequest } from './request.ts'
import { formatResponse } from './response.ts'
import type { System } from './system.ts'

/**
 * The whole run: the kubelet's request in, the document for its answer out. Nothing is written here, so a run that fails
 * leaves stdout empty.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function run(
  input: Uint8Array,
  options: Pick<Options, 'mirrors' | 'irsaRole' | 'timeoutMs'>,
  system: System,
): Promise<string> {
  const request = parseRequest(input)
  const registry = parseRegistry(request.image, options.mirrors)

  const config = await readSharedConfig(system)
  const profile = selectProfile(config, system.env)
  const settings = readSettings(system.env, profile)
  const source = selectSource(profile, config, system.env)

  const network = openNetwork(settings, options.timeoutMs, system)
  const imds = openImds(settings, network)
  const region = await findRegion(registry, settings, imds)
  const context = { system, config, settings, network, imds, region }
  // The handshake with ECR takes as long as finding credentials: they go on side by side.
  network.prepare(tokenRequest(registry, context).url)
  const identity = { request, registry, source, irsaRole: options.irsaRole }
  const credentials = await findCredentials(identity, context)
  system.step(`signing with credentials: ${credentials.source}`)
  const token = await fetchRegistryToken(registry, credentials, context)

  return formatResponse({
    apiVersion: request.apiVersion,
    authKey: registry.host,
    token,
    nowMs: network.clock.now(),
  })
}

/** The registry's region; a mirror may leave it to the settings, and these to the instance. */
async function findRegion(registry: Registry, settings: Settings, imds: Imds): Promise<string> {
  const configured = registry.region ?? settings.get(SETTINGS.region)?.value
  return configured ?? imds.fetchRegion('nothing else names a region')
}
