import { coded, codeOf } from '../../base/failure.ts'
import { isSetUserId } from '../kubelet_config/running_version.ts'
import type { Machine } from './machine.ts'

/** A kubelet that runs, as `/proc` has it. */
export interface KubeletProcess {
  readonly pid: number
  /** The words of its command line, its own name first. */
  readonly words: readonly string[]
  /** Whether the kubelet is part of this program, which then has defaults of its own. */
  readonly distribution: 'k3s' | 'rke2' | undefined
}

/** Longest wait for a file of `/proc`, in milliseconds: a process can let whoever reads its memory wait for ever. */
const READ_MS = 5000

/** Larger than any command line or environment that Linux lets a process have by default, in bytes. */
const MAX_PROC_BYTES = 4_194_304

/** The kubelets among all processes. */
export async function findKubelets(machine: Machine): Promise<readonly KubeletProcess[]> {
  const found = await Promise.all(machine.processes().map(async (pid) => readProcess(pid, machine)))
  const kubelets = found.filter((each) => each !== undefined)
  // RKE2 runs a kubelet of its own, which is the one that counts.
  const own = kubelets.filter(({ distribution }) => distribution === undefined)
  return own.length > 0 ? own : kubelets
}

/** A process as a kubelet, `undefined` when it is none, or gone. */
async function readProcess(pid: number, machine: Machine): Promise<KubeletProcess | undefined> {
  const words = await readWords(pid, 'cmdline', machine).catch(() => [])
  const [first = '', verb = ''] = words
  const name = baseOf(first)
  if (name === 'k3s' || name === 'rke2') {
    return /^(?:server|agent)$/.test(verb) ? { pid, words, distribution: name } : undefined
  }
  const isKubelet = name === 'kubelet' || (name === 'hyperkube' && verb === 'kubelet')
  return isKubelet ? { pid, words, distribution: undefined } : undefined
}

/** The process of a number, whatever it is called. @throws the operating system's error. */
export async function readNamed(pid: number, machine: Machine): Promise<KubeletProcess> {
  const known = await readProcess(pid, machine)
  return known ?? { pid, words: await readWords(pid, 'cmdline', machine), distribution: undefined }
}

/** The environment with which a process was started. @throws the operating system's error. */
export async function readEnvironment(
  pid: number,
  machine: Machine,
): Promise<Readonly<Record<string, string>>> {
  const pairs = (await readWords(pid, 'environ', machine)).map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

async function readWords(
  pid: number,
  file: 'cmdline' | 'environ',
  machine: Machine,
): Promise<readonly string[]> {
  const late = machine.sleep(READ_MS).then(() => {
    throw coded('ETIMEDOUT')
  })
  const reading = machine.readFile(`/proc/${pid}/${file}`, MAX_PROC_BYTES)
  const bytes = await Promise.race([reading, late])
  return new TextDecoder().decode(bytes).split('\0').slice(0, -1)
}

/** Ticks of the clock in which `/proc` counts, each second: the same on every architecture, see proc_pid_stat(5). */
const TICKS = 100

/** When a process was started, in milliseconds since 1970; `undefined` where `/proc` does not tell. */
export async function readStart(pid: number, machine: Machine): Promise<number | undefined> {
  try {
    const own = await readText(`/proc/${pid}/stat`, machine)
    const boot = /^btime (?<seconds>[0-9]+)$/m.exec(await readText('/proc/stat', machine))
    // Its name, in parentheses, may hold anything. After it come fields 3 and up; the start is number 22.
    const ticks = own.slice(own.lastIndexOf(')') + 2).split(' ')[19]
    const startedAtMs = (Number(boot?.groups?.['seconds']) + Number(ticks) / TICKS) * 1000
    return Number.isNaN(startedAtMs) ? undefined : startedAtMs
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** The systemd unit that a process belongs to, `undefined` outside systemd. */
export async function readUnit(pid: number, machine: Machine): Promise<string | undefined> {
  const text = await readText(`/proc/${pid}/cgroup`, machine).catch(() => '')
  return /\/(?<unit>[\w:.@-]{1,100}\.service)\b/.exec(text)?.groups?.['unit']
}

async function readText(path: string, machine: Machine): Promise<string> {
  return new TextDecoder().decode(await machine.readFile(path, MAX_PROC_BYTES))
}

/**
 * Whether a process sees the same files as this one, and is root's or this user's. Not one of a set-user-ID file, such as
 * `su`: it is root's too, but its name, its arguments and its environment are of whoever started it.
 */
export function isOwn(pid: number, machine: Machine): boolean {
  const mounts = machine.readLink(`/proc/${pid}/ns/mnt`)
  if (mounts === undefined || mounts !== machine.readLink('/proc/self/ns/mnt')) return false
  try {
    const { owner } = machine.stat(`/proc/${pid}`)
    if (owner !== 0 && owner !== machine.stat('/proc/self').owner) return false
    // In this order: one that becomes such a file in between is seen to be.
    return !isSetUserId(pid, machine)
  } catch {
    return false
  }
}

/** The process of the container runtime, `undefined` where none is found that could be this node's. */
export async function findRuntime(machine: Machine): Promise<number | undefined> {
  for (const pid of machine.processes()) {
    const [first = ''] = await readWords(pid, 'cmdline', machine).catch(() => [])
    if (/^(?:containerd|crio)$/.test(baseOf(first)) && isOwn(pid, machine)) return pid
  }
  return undefined
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.split('/').at(-1) ?? ''
}
