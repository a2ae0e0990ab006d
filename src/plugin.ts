import { Failure } from './base/failure.ts'
import type { System } from './base/system.ts'
import { type FetchToken, shareToken } from './cache/single_flight.ts'
import { serviceAccountOf } from './credentials/sources/service_account.ts'
import { parseRegistry } from './ecr/host.ts'
import { checkSettings } from './ecr/settings.ts'
import type { Options } from './kubelet/options.ts'
import { parseRequest } from './kubelet/request.ts'
import { formatResponse } from './kubelet/response.ts'
import { fetchToken, makePlan, openCache } from './pull.ts'

/**
 * The whole run: the kubelet's request in, the document for its answer out. Nothing is written here, so a run that fails
 * leaves stdout empty.
 *
 * @throws {Failure} the reason, as one line.
 */
export async function run(input: Uint8Array, options: Options, system: System): Promise<string> {
  const request = parseRequest(input)
  const registry = parseRegistry(request.image, options.mirrors)
  const account = serviceAccountOf(request, options.irsaRole, system.env)
  const pull = { registry, account }

  const plan = await makePlan(options, system)
  checkSettings(pull, plan)
  const cache = await openCache(pull, plan).catch((error: unknown) => {
    // A cache that cannot be used must not cost a pull.
    if (!(error instanceof Failure)) throw error
    system.step(error.message)
    return undefined
  })
  const fetchOwn: FetchToken = async (yields) => fetchToken(pull, plan, yields)
  const token = await (cache === undefined ? fetchOwn(false) : shareToken(cache, plan, fetchOwn))

  return formatResponse({ apiVersion: request.apiVersion, authKey: registry.host, token })
}
