import { codeOf } from '../../base/failure.ts'
import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../../base/machine.ts'
import {
  ask,
  askVersion,
  findKubelets,
  isOwn,
  type KubeletProcess,
  readEnvironment,
  readNamed,
  readStart,
  readUnit,
} from '../process.ts'
import { type ProviderFlags, readFlags } from './flags.ts'
import type { DoctorOptions } from './options.ts'
import type { Tell } from './report.ts'

/** The kubelet, and what it gives to a plugin. */
export interface Kubelet {
  /** Whether it is root's. */
  readonly isRoot: boolean
  readonly env: Readonly<Record<string, string>>
  readonly flags: ProviderFlags
  /** Where a plugin is started: the kubelet's own working directory. */
  readonly directory: string
  /** Milliseconds since 1970. */
  readonly startedAtMs: number | undefined
  /** `v1.36.4`, where it says so. */
  readonly version: string | undefined
}

/**
 * Finds the kubelet's process; says what cannot be judged where there is none, or more than one.
 *
 * Its environment and its files decide what runs here as root, so a process that only calls itself a kubelet must not do: one
 * in a container, or of another user, or one that anybody may start. What the operator names, or systemd runs, is taken as it is.
 */
export async function chooseKubelet(
  { pid, unit }: Pick<DoctorOptions, 'pid' | 'unit'>,
  machine: Machine,
  tell: Tell,
): Promise<KubeletProcess | undefined> {
  const named = pid ?? (unit === undefined ? undefined : await askSystemd(unit, machine))
  if (named !== undefined) {
    const found = await readNamed(named, machine).catch(() => undefined)
    if (found !== undefined) return found
    return missing(`there is no process ${named}`, 'give the kubelet of this node with --pid', tell)
  }
  if (unit !== undefined) {
    return missing(`systemd knows no running process of ${unit}`, `systemctl status ${unit}`, tell)
  }
  const found = await findKubelets(machine)
  const [kubelet, ...others] = found.filter(({ pid: each }) => isOwn(each, machine))
  if (kubelet !== undefined && others.length === 0) return kubelet
  if (kubelet !== undefined) {
    const pids = [kubelet, ...others].map((each) => each.pid).join(', ')
    return missing(`more than one kubelet runs here: ${pids}`, 'choose one with --pid', tell)
  }
  const main = await askSystemd('kubelet.service', machine)
  if (main !== undefined) return readNamed(main, machine)
  const [foreign] = found
  if (foreign !== undefined) {
    const summary = `only pid ${foreign.pid} calls itself a kubelet, in a container or started by another user`
    const fix = `give --pid ${foreign.pid} only if you know it: what its variables name runs as you`
    return missing(summary, fix, tell)
  }
  const fix = 'start it; if it is called otherwise, name it with --unit or --pid'
  return missing('no kubelet runs on this node', fix, tell)
}

function missing(summary: string, fix: string, tell: Tell): undefined {
  tell({ id: 'kubelet.process', status: 'unknown', cause: 'kubelet_missing', summary, fix })
  return undefined
}

async function askSystemd(unit: string, machine: Machine): Promise<number | undefined> {
  const text = await ask('systemctl', ['show', '-p', 'MainPID', unit], machine)
  const pid = Number(/^MainPID=(?<pid>[0-9]+)$/m.exec(text)?.groups?.['pid'])
  return pid > 0 ? pid : undefined
}

/** Reads what the kubelet gives to its plugins. */
export async function readKubelet(
  found: KubeletProcess,
  machine: Machine,
  tell: Tell,
): Promise<Kubelet | undefined> {
  const { pid } = found
  const id = 'kubelet.environment'
  try {
    const [env, flags, startedAtMs, unit, version] = await Promise.all([
      readEnvironment(pid, machine),
      readFlags(found, machine),
      readStart(pid, machine),
      readUnit(pid, machine),
      askVersion(pid, machine),
    ])
    const names = [`pid ${pid}`, found.isK3s ? 'k3s' : '', unit, version].filter(Boolean).join(', ')
    tell({ id: 'kubelet.process', status: 'ok', summary: `${names}; using its environment` })
    const directory = machine.readLink(`/proc/${pid}/cwd`) ?? '/'
    const isRoot = machine.stat(`/proc/${pid}`).owner === 0
    return { isRoot, env, flags, directory, startedAtMs, version }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    const summary = `the environment of the kubelet, pid ${pid}, cannot be read: ${reasonOf(error)}`
    const fix = 'run this as root: sudo ecr-credential-provider doctor'
    tell({ id, status: 'unknown', cause: 'kubelet_unreadable', summary, fix })
    return undefined
  }
}
