import { coded, codeOf } from '../base/failure.ts'
import type { Machine } from '../base/machine.ts'

/** A kubelet that runs, as `/proc` has it. */
export interface KubeletProcess {
  readonly pid: number
  /** The words of its command line, its own name first. */
  readonly words: readonly string[]
  /** Whether it is k3s, of which the kubelet is a part. RKE2 runs a kubelet of its own. */
  readonly isK3s: boolean
}

/** Longest wait for a file of `/proc`, in milliseconds: a process can let whoever reads its memory wait for ever. */
const READ_MS = 5000

/** Larger than any command line or environment that Linux lets a process have by default, in bytes. */
const MAX_PROC_BYTES = 4_194_304

/** The kubelets among all processes. */
export async function findKubelets(machine: Machine): Promise<readonly KubeletProcess[]> {
  const found = await Promise.all(machine.processes().map(async (pid) => readProcess(pid, machine)))
  return found.filter((each) => each !== undefined)
}

/** A process as a kubelet, `undefined` when it is none, or gone. */
async function readProcess(pid: number, machine: Machine): Promise<KubeletProcess | undefined> {
  const words = await readWords(pid, 'cmdline', machine).catch(() => [])
  // In the place of its command line k3s puts a title, in one word: `/usr/local/bin/k3s server`.
  const [path = '', verb = ''] = words.join(' ').split(' ')
  const name = baseOf(path)
  const isK3s = name === 'k3s' && /^(?:server|agent)$/.test(verb)
  const isKubelet = name === 'kubelet' || (name === 'hyperkube' && verb === 'kubelet')
  return isK3s || isKubelet ? { pid, words, isK3s } : undefined
}

/** The process of a number, whatever it is called. @throws the operating system's error. */
export async function readNamed(pid: number, machine: Machine): Promise<KubeletProcess> {
  const known = await readProcess(pid, machine)
  return known ?? { pid, words: await readWords(pid, 'cmdline', machine), isK3s: false }
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
    return (machine.stat(`/proc/${pid}/exe`).mode & 0o4000) === 0
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

/** Longest wait for `kubelet --version` and `systemctl`, in milliseconds. */
const ASIDE_MS = 5000

/** What a program prints, empty when it cannot be run. */
export async function ask(
  program: string,
  args: readonly string[],
  machine: Machine,
): Promise<string> {
  const command = { program, args, env: {}, cwd: '/', stdin: '', timeoutMs: ASIDE_MS }
  try {
    return new TextDecoder().decode((await machine.run(command)).stdout)
  } catch {
    return ''
  }
}

/** The version, as the program says it of which the kubelet is, or is a part: `v1.36.4`. */
export async function askVersion(pid: number, machine: Machine): Promise<string | undefined> {
  const text = await ask(`/proc/${pid}/exe`, ['--version'], machine)
  return /\b(?<version>v1\.[0-9]{1,3}\.[0-9]{1,3}[\w.+-]{0,40})/.exec(text)?.groups?.['version']
}

/** The last part of a path. */
export function baseOf(path: string): string {
  return path.split('/').at(-1) ?? ''
}
