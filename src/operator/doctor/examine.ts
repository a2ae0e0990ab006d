import { codeOf } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import { openCache } from '../../plugin.ts'
import { askPlugin, type PluginRun } from './answer.ts'
import { judgeConfiguration } from './config.ts'
import { attempt } from './explain.ts'
import { judgeIdentity, judgeToken } from './identity.ts'
import type { Kubelet } from './kubelet.ts'
import { judgeNetwork } from './network.ts'
import type { DoctorOptions } from './options.ts'
import type { ImageReference } from './registry/image.ts'
import { judgeRegistry } from './registry/registry.ts'
import type { Tell } from './report.ts'
import { judgeSettings, type Prepared } from './settings.ts'
import { type Issuers, watchIssuers } from './watch.ts'

/** What to examine. */
interface Task {
  readonly options: DoctorOptions
  readonly image: ImageReference | undefined
  readonly machine: Machine
  readonly tell: Tell
}

/** The layers, each of which needs the one before. */
export async function examine(kubelet: Kubelet, task: Task): Promise<void> {
  const { machine, tell } = task
  enter(kubelet.directory, machine)
  const setup = await judgeConfiguration(kubelet, task.image?.plain, task)
  if (setup === undefined) return
  const issuers: Issuers = new Map()
  const watched: Machine = {
    ...machine,
    systemWith: (env, step) => watchIssuers(machine.systemWith(env, step), issuers),
  }
  const prepared = await judgeSettings(setup, task.image?.plain, { machine: watched, tell })
  if (prepared === undefined) return
  const isCached = await tellCache(prepared, tell)
  const plain = task.image?.plain ?? `${prepared.pull.registry.host}/doctor`
  // Before the explanation, never beside it: a token of IAM Identity Center may be renewed only once.
  const answer = await askPlugin(setup, plain, { kubelet, machine })
  await explainRun(prepared, answer, { ...task, issuers, isCached })
}

/** Relative paths are read from where the kubelet is. What cannot be entered cannot be run in either, which is said then. */
function enter(directory: string, machine: Machine): void {
  try {
    machine.enter(directory)
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
}

/** Says whether a token is in the cache, which will answer the plugin. */
async function tellCache({ options, run, pull }: Prepared, tell: Tell): Promise<boolean> {
  const opened = await attempt(async () => openCache(pull, options.cacheDirectory, run))
  const id = 'settings.cache'
  if ('reason' in opened) {
    const summary = `${opened.reason.summary}; the plugin runs without it`
    tell({ id, status: 'warn', ...opened.reason, summary })
    return false
  }
  if (opened.value?.read() === undefined) return false
  tell({ id, status: 'ok', summary: 'the cache answers the plugin; what follows is asked afresh' })
  return true
}

interface Explaining extends Task {
  readonly issuers: Issuers
  readonly isCached: boolean
}

/** What the plugin did, step by step. */
async function explainRun(prepared: Prepared, answer: PluginRun, task: Explaining): Promise<void> {
  const given = 'reason' in answer ? undefined : answer
  // A pull works, whatever fails now: from the cache for a while, or the second attempt would have done.
  const tell: Tell = (check) =>
    task.tell(given !== undefined && check.status === 'fail' ? { ...check, status: 'warn' } : check)
  const identity = await judgeIdentity(prepared, tell)
  const isReached =
    identity !== undefined && (await judgeNetwork(prepared, identity.region, { ...task, tell }))
  const isTold = isReached && (await judgeToken(prepared, identity, given, tell))
  if ('reason' in answer) {
    if (isTold) task.tell({ id: 'token.plugin', status: 'fail', ...answer.reason })
    return
  }
  const how = task.isCached ? ' from the cache' : ''
  const summary = `run as the kubelet runs it, the plugin gives a password${how}`
  task.tell({ id: 'token.plugin', status: 'ok', ms: answer.tookMs, summary })
  const { image } = task
  if (task.options.asksRegistry && image !== undefined) {
    const region = identity?.region ?? prepared.pull.region ?? 'REGION'
    const who = identity?.credentials.label ?? 'of this node'
    await judgeRegistry(prepared, answer, { ...task, image, region, who })
  }
}
