import type { Machine } from '../../base/machine.ts'
import { askVersion, findKubelets, isOwn } from '../process.ts'
import { parseMinor } from './version.ts'

/**
 * The minor version of the kubelet that runs on this machine, `undefined` when none can be found. It is asked by running its
 * own file, so only a process that is our own counts: the file of any other may be a stranger's, from a container for instance.
 */
export async function findRunningMinor(machine: Machine): Promise<number | undefined> {
  for (const { pid } of await findKubelets(machine)) {
    const version = isOwn(pid, machine) ? await askVersion(pid, machine) : undefined
    if (version !== undefined) return parseMinor(version)
  }
  return undefined
}
