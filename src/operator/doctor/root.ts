import { codeOf, quote } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import type { KubeletProcess } from '../process.ts'
import { isThisProgram } from './provider.ts'
import type { Tell } from './report.ts'

/** What separates a process from others, and the option of nsenter(1) that goes there. */
function namespaces(): readonly (readonly [name: string, option: string])[] {
  return [
    ['mnt', '--mount'],
    ['net', '--net'],
    ['pid', '--pid'],
  ]
}

/** The options with which nsenter(1) goes where the kubelet is; none where this process is there already. */
export function wayTo(pid: number, machine: Machine): readonly string[] {
  const own = (path: string) => machine.readLink(`/proc/self/${path}`)
  const options = namespaces()
    .filter(([name]) => {
      const there = machine.readLink(`/proc/${pid}/ns/${name}`)
      // Who may not look cannot go there either; what cannot be judged is said where the environment is read.
      return there !== undefined && there !== own(`ns/${name}`)
    })
    .map(([, option]) => option)
  if (options.length > 0 || hasOtherRoot(pid, machine)) return [...options, '--root', '--wd']
  return []
}

function hasOtherRoot(pid: number, machine: Machine): boolean {
  try {
    return machine.stat(`/proc/${pid}/root/.`).id !== machine.stat('/').id
  } catch {
    return false
  }
}

/**
 * Runs this program anew where the kubelet is: absolute links in `/proc/PID/root` lead back to our own root, so its files can
 * be read only from inside. Gives the exit code, or `undefined` where that cannot be done.
 *
 * @param options - of {@link wayTo}.
 * @param words - of the command line, behind `doctor`.
 */
export async function moveTo(
  { pid }: KubeletProcess,
  options: readonly string[],
  { words, machine, tell }: { words: readonly string[]; machine: Machine; tell: Tell },
): Promise<number | undefined> {
  const { executable } = machine
  const summary = `the kubelet, pid ${pid}, has a root or a network of its own, as in a container`
  const refuse = (cause: string, fix: string): undefined => {
    tell({ id: 'kubelet.root', status: 'unknown', cause, summary, fix })
    return undefined
  }
  const there = `/proc/${pid}/root${executable}`
  if (!(await isThisProgram(there, machine).catch(() => false))) {
    const copy = `put this file there under the same path, ${quote(executable)}`
    return refuse('kubelet_root_file', `${copy}, and run doctor again`)
  }
  const inner = options.includes('--pid') ? await innerPid(pid, machine) : pid
  const target = ['--target', `${pid}`, ...options, '--']
  try {
    return await machine.handOver('nsenter', [
      ...target,
      executable,
      'doctor',
      ...words,
      '--pid',
      `${inner}`,
    ])
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    const command = `nsenter ${target.join(' ')} ${executable} doctor`
    return refuse('kubelet_root_nsenter', `install nsenter (util-linux), or run there: ${command}`)
  }
}

/** The number that the kubelet has among its own processes. */
async function innerPid(pid: number, machine: Machine): Promise<number> {
  const status = await machine.readFile(`/proc/${pid}/status`, 65_536)
  const line = /^NSpid:[\t0-9]*\t(?<inner>[0-9]+)$/m.exec(new TextDecoder().decode(status))
  return Number(line?.groups?.['inner'] ?? pid)
}
