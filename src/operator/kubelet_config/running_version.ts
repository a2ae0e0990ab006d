import type { Machine } from './machine.ts'
import { parseMinor } from './version.ts'

/** Longest wait for `kubelet --version`, in milliseconds. */
const WAIT_MS = 5000

/** More than any kubelet's name and version have. */
const MAX_BYTES = 4096

/**
 * The minor version of the kubelet that runs on this machine, `undefined` when none can be found. It is asked by running its
 * own file, so only a process of root in our own mount namespace counts: the file of any other may be a stranger's, from a
 * container for instance. A set-user-ID file makes anybody's process one of root.
 */
export async function findRunningMinor(machine: Machine): Promise<number | undefined> {
  for (const pid of machine.processes()) {
    try {
      if (!(await isKubelet(pid, machine))) continue
      const command = {
        program: `/proc/${pid}/exe`,
        args: ['--version'],
        env: {},
        cwd: '/',
        stdin: '',
      }
      const { stdout } = await machine.run({ ...command, timeoutMs: WAIT_MS })
      const { version } =
        /\b(?<version>v1\.[0-9]{1,3}\.[0-9]{1,3})/.exec(new TextDecoder().decode(stdout))?.groups ??
        {}
      if (version !== undefined) return parseMinor(version)
    } catch {
      // It has ended, or this user may not see it.
    }
  }
  return undefined
}

/** k3s has its kubelet inside of itself; RKE2 runs one. */
async function isKubelet(pid: number, machine: Machine): Promise<boolean> {
  const name = new TextDecoder()
    .decode(await machine.readFile(`/proc/${pid}/comm`, MAX_BYTES))
    .trim()
  if (!/^(?:kubelet|k3s|k3s-server|k3s-agent)$/.test(name)) return false
  const mounts = machine.readLink(`/proc/${pid}/ns/mnt`)
  const isHere = mounts !== undefined && mounts === machine.readLink('/proc/self/ns/mnt')
  if (!isHere || machine.stat(`/proc/${pid}`).owner !== 0) return false
  return !isSetUserId(pid, machine)
}

/** Whether a process runs as the owner of its file, whoever started it. @throws the operating system's error. */
export function isSetUserId(pid: number, machine: Pick<Machine, 'stat'>): boolean {
  return (machine.stat(`/proc/${pid}/exe`).mode & 0o4000) !== 0
}
