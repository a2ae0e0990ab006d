import * as v from 'valibot'

import { decodeIfValid, NonEmpty } from '../../base/decode.ts'
import { codeOf } from '../../base/failure.ts'
import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../../base/machine.ts'
import { KUBELET_TIMEOUT_MS } from '../kubelet_config/unseen.ts'
import type { Setup } from './config.ts'
import type { Reason } from './explain.ts'
import type { Kubelet } from './kubelet.ts'

/** What the plugin answered to the kubelet's question. */
export interface PluginAnswer {
  readonly username: string
  readonly password: string
  /** How long the kubelet keeps it: `21600s`. */
  readonly cacheDuration: string
  readonly tookMs: number
}

/** The answer, or that there is none, which is then explained. */
export type PluginRun = PluginAnswer | { readonly reason: Reason }

/**
 * Runs this program exactly as the kubelet runs it: the same environment, arguments, working directory, request and limit.
 * Nothing of what it prints is shown.
 */
export async function askPlugin(
  { provider, env }: Setup,
  image: string,
  { kubelet, machine }: { readonly kubelet: Kubelet; readonly machine: Machine },
): Promise<PluginRun> {
  const { apiVersion } = provider
  const request = { kind: 'CredentialProviderRequest', apiVersion, image }
  try {
    const ended = await machine.run({
      program: machine.executable,
      args: provider.args,
      env,
      cwd: kubelet.directory,
      stdin: `${JSON.stringify(request)}\n`,
      timeoutMs: KUBELET_TIMEOUT_MS,
    })
    if (ended.isLate) {
      const seconds = KUBELET_TIMEOUT_MS / 1000
      return failed('plugin_late', `did not end in ${seconds} s: the kubelet kills it`)
    }
    if (ended.exitCode !== 0) {
      const how = ended.exitCode === undefined ? 'a signal' : `exit code ${ended.exitCode}`
      return failed('plugin_failed', `ended with ${how}`)
    }
    const answer = readAnswer(ended.stdout, apiVersion)
    if (answer === undefined) return failed('plugin_answer', 'printed what no kubelet accepts')
    return { ...answer, tookMs: ended.tookMs }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return failed('plugin_start', `cannot be started: ${reasonOf(error)}`)
  }
}

function failed(cause: string, how: string): { readonly reason: Reason } {
  const summary = `run as the kubelet runs it, this program ${how}, though each step alone works`
  const fix =
    "take BUN_ variables out of the kubelet's environment and of env; else run it with --verbose"
  return { reason: { cause, summary, fix } }
}

/** `undefined` for what the kubelet would not accept. */
function readAnswer(
  stdout: Uint8Array,
  apiVersion: string,
): Omit<PluginAnswer, 'tookMs'> | undefined {
  const Response = v.object({
    kind: v.literal('CredentialProviderResponse'),
    apiVersion: v.literal(apiVersion),
    cacheKeyType: v.picklist(['Image', 'Registry', 'Global']),
    cacheDuration: NonEmpty,
    auth: v.record(v.string(), v.object({ username: NonEmpty, password: NonEmpty })),
  })
  const found = decodeIfValid(Response, stdout)
  const [credentials] = Object.values(found?.auth ?? {})
  if (found === undefined || credentials === undefined) return undefined
  return { ...credentials, cacheDuration: found.cacheDuration }
}
