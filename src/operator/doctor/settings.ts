import { findPartition } from '../../aws/endpoints.ts'
import type { Run } from '../../aws/run.ts'
import { failure } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import { type Imds, openImds } from '../../credentials/imds.ts'
import { OWN_REGISTRY, parseRegistry, type Registry } from '../../ecr/host.ts'
import { planPull, type Pull } from '../../ecr/pull.ts'
import { type Options, parseOptions } from '../../kubelet/options.ts'
import { openRun } from '../../plugin.ts'
import { KUBELET_TIMEOUT_MS } from '../kubelet_config/unseen.ts'
import type { Setup } from './config.ts'
import { attempt, type Reason } from './explain.ts'
import { tellFiles, tellRuntime } from './passed_over.ts'
import type { Tell } from './report.ts'

/** A run of the plugin in the kubelet's surroundings, up to where it asks anybody. */
export interface Prepared {
  readonly options: Options
  readonly run: Run
  readonly imds: Imds
  readonly pull: Pull
}

/** Longest wait for the configuration files, in milliseconds. */
const FILES_MS = 10_000

/** Judges what the plugin is told by its arguments, its environment and the AWS configuration files. */
export async function judgeSettings(
  { provider, env }: Setup,
  image: string | undefined,
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): Promise<Prepared | undefined> {
  tellRuntime(env, tell)
  const parsed = await attempt(() => parseOptions(provider.args))
  if ('reason' in parsed) return refuse('settings.args', parsed.reason)
  const { value: options } = parsed
  if (options.command !== 'get-credentials') {
    const summary = `the provider's args ask for ${options.command}, so no request is answered`
    return refuse('settings.args', {
      cause: 'settings_args',
      summary,
      fix: 'take that out of args',
    })
  }
  const halves: string[] = []
  let isReading = true
  let doing = ''
  const step = (description: string) => {
    doing = description
    if (isReading && description.startsWith('passing over ')) halves.push(description)
  }
  const system = machine.systemWith(env, step)
  // The deadline of a run counts from the start of the process, and before this one the plugin itself is run.
  const deadlineMs = system.elapsedMs() + KUBELET_TIMEOUT_MS + options.timeoutMs
  const opened = await attempt(async () => {
    const late = system.sleep(FILES_MS).then(() => {
      throw failure('late', { seconds: FILES_MS / 1000, step: doing, files: '' })
    })
    return Promise.race([openRun(deadlineMs, system), late])
  })
  isReading = false
  for (const half of halves) {
    const summary = `${half.replace('passing over', 'no use is made of')}, so another identity signs`
    tell({
      id: 'settings.keys',
      status: 'warn',
      cause: 'settings_half_keys',
      summary,
      fix: 'set both, or neither',
    })
  }
  // They would hold this up in the same way.
  const cause = 'reason' in opened ? opened.reason.cause : undefined
  if (cause !== 'late') await tellFiles(system, cause, tell)
  if ('reason' in opened) return refuse('settings.values', opened.reason)
  const run = opened.value
  const imds = openImds(run)
  const planned = await attempt(async () => {
    const registry =
      image === undefined ? await ownRegistry(imds, run) : parseRegistry(image, options.mirrors)
    return planPull(registry, run)
  })
  if ('reason' in planned) return refuse('settings.values', planned.reason)
  tell({ id: 'settings.values', status: 'ok', summary: describe(planned.value) })
  return { options, run, imds, pull: planned.value }

  function refuse(id: string, reason: Reason): undefined {
    tell({ id, status: 'fail', ...reason })
    return undefined
  }
}

function describe({ registry, region }: Pull): string {
  const where = region === undefined ? 'the region of the instance' : region
  return `arguments, variables, files are well-formed; ${registry.service} in ${where}`
}

/** The registry of the node's own region, for when no image is given. */
async function ownRegistry(imds: Imds, run: Run): Promise<Registry> {
  const { region } = planPull(OWN_REGISTRY, run)
  return registryOf(region ?? (await imds.fetchRegion('no image is given')))
}

/** The private registry of a region, in its plain form; the account in its name stands for any. */
export function registryOf(region: string): Registry {
  const suffix = findPartition(region)?.dnsSuffix ?? 'amazonaws.com'
  return parseRegistry(`${'0'.repeat(12)}.dkr.ecr.${region}.${suffix}`, [])
}
