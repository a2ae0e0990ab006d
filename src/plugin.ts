import { readSettings } from './config/settings.ts'
import { readSharedConfig } from './config/shared.ts'
import { findCredentials, selectProfile } from './credentials/chain.ts'
import { fetchRegistryToken } from './ecr.ts'
import { openNetwork } from './http.ts'
import { parseRegistry } from './registry.ts'
import { parseRequest } from './request.ts'
import { formatResponse } from './response.ts'
import type { System } from './system.ts'

/** What the command line says about a run. */
export interface RunOptions {
  /** When the run must be over, in milliseconds since the program began. */
  readonly deadlineMs: number
}

/**
 * The whole run: the kubelet's request in, the document for its answer out. Nothing is written here, so a run that fails
 * leaves stdout empty.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function run(input: Uint8Array, options: RunOptions, system: System): Promise<string> {
  const request = parseRequest(input)
  const registry = parseRegistry(request.image)
  system.step(`the image is in ${registry.service}, region ${registry.region}`)

  const { env } = system
  const profile = selectProfile(await readSharedConfig(system), env)
  const settings = readSettings(env, profile)
  const network = openNetwork({ caBundle: settings.caBundle, ...options }, system)

  const credentials = await findCredentials({ env, profile, settings }, network)
  system.step(`signing with credentials: ${credentials.source}`)
  const token = await fetchRegistryToken(registry, credentials, { settings, network })

  return formatResponse({
    apiVersion: request.apiVersion,
    authKey: registry.host,
    token,
    nowMs: system.now(),
  })
}
