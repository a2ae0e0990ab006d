import { serviceUrl } from './aws/endpoints.ts'
import type { Run } from './aws/run.ts'
import { Failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { cacheKey } from './cache/key.ts'
import { shareToken } from './cache/single_flight.ts'
import { openTokenCache, type TokenCache } from './cache/store.ts'
import { readSettings } from './config/settings.ts'
import { SETTINGS } from './config/settings_table.ts'
import { readSharedConfig } from './config/shared_files.ts'
import { sayUnpaired } from './credentials/environment.ts'
import { type Imds, openImds } from './credentials/imds.ts'
import { resolveSource } from './credentials/resolve.ts'
import { selectProfile } from './credentials/select.ts'
import { parseRegistry } from './ecr/host.ts'
import { planPull, type Pull, readServiceAccount } from './ecr/pull.ts'
import { fetchRegistryToken, type RegistryToken } from './ecr/token.ts'
import type { Options } from './kubelet/options.ts'
import { formatResponse, parseRequest } from './kubelet/protocol.ts'
import { openNetwork } from './net/network.ts'

/**
 * The whole run: the kubelet's request in, the document for its answer out. Nothing is written here, so a run that fails
 * leaves stdout empty.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function answerRequest(
  input: Promise<Uint8Array>,
  options: Options,
  system: System,
): Promise<string> {
  // Side by side, since the first file that is waited for takes 0.3 ms, whatever it is.
  const opening = openRun(options.timeoutMs, system)
  // If both fail, the request's failure is the one to report.
  opening.catch(() => undefined)
  const request = parseRequest(await input)
  const registry = parseRegistry(request.image, options.mirrors)
  const account = readServiceAccount(request, options.irsaRole, system.env)
  const run = await opening
  const pull = planPull(registry, run, account)
  const cache = await openCache(pull, options.cacheDirectory, run).catch((error: unknown) => {
    // A cache that cannot be used must not cost a pull.
    if (!(error instanceof Failure)) throw error
    system.step(error.message)
    return undefined
  })
  const imds = openImds(run)
  const getToken = (yields: boolean) => fetchToken(pull, imds, run, yields)
  const registryToken = await (cache === undefined
    ? getToken(false)
    : shareToken(cache, run, getToken))
  return formatResponse(request.apiVersion, registry.host, registryToken)
}

/**
 * Reads the configuration, selects the profile and opens the network. Nobody is asked yet.
 *
 * @param deadlineMs - when the run must be over, in milliseconds since the program began.
 * @throws {Failure} `config_...`, `profile_...` - it cannot be read, or is wrong.
 */
export async function openRun(deadlineMs: number, system: System): Promise<Run> {
  const config = await readSharedConfig(system)
  const profile = selectProfile(config, system.env)
  const settings = readSettings(system.env, profile)
  sayUnpaired(system)
  const caBundle = settings.get(SETTINGS.caBundle)
  const appId = settings.get(SETTINGS.appId)?.value
  const network = openNetwork({ caBundle, appId, deadlineMs }, system)
  return { system, config, profile, settings, network }
}

/**
 * A registry token from AWS: gets the credentials of the pull's source, then asks ECR with them.
 *
 * @param yields - whether a call that ECR throttles is the last: for runs that share a cache, the pause between their turns is
 *   the back-off.
 * @throws {Failure} of the source, or of the call.
 */
export async function fetchToken(
  pull: Pull,
  imds: Imds,
  run: Run,
  yields: boolean,
): Promise<RegistryToken> {
  const { registry, source } = pull
  const region = pull.region ?? (await imds.fetchRegion('nothing else names a region'))
  // The handshake with ECR takes as long as finding credentials: they go on side by side.
  run.network.prepare(serviceUrl({ ...registry, region }, run))
  const credentials = await resolveSource(source, region, imds, run)
  run.system.step(`signing with credentials: ${credentials.label}`)
  return fetchRegistryToken(registry, { region, credentials, yields }, run)
}

/**
 * The cache for the token of a pull, `undefined` when none is asked for, or when it must not hold this one: that of a service
 * account's role, or one whose region only the instance knows.
 *
 * @throws {Failure} `cache_...` - the directory cannot be used.
 */
export async function openCache(
  { registry, source, region }: Pull,
  directory: string | undefined,
  run: Run,
): Promise<TokenCache | undefined> {
  const { system } = run
  if (directory === undefined) return undefined
  const isForPod = source.kind === 'service_account'
  if (isForPod || region === undefined) {
    const reason = isForPod ? "it is for a service account's role" : 'no region is configured'
    system.step(`not using the cache: ${reason}`)
    return undefined
  }
  system.step('opening the cache directory')
  return openTokenCache(directory, cacheKey(source, registry, region, run), system)
}
