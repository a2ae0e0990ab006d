import type { Machine } from '../../src/base/machine.ts'
import { fakeSystem } from './system.ts'

/** A process of a fake machine. */
interface FakeProcess {
  /** Its command line; blanks divide the words. */
  readonly line: string
  readonly owner?: number
  /** The mode of its file. */
  readonly mode?: number
  /** What its mount namespace is called. Default: our own. */
  readonly mounts?: string
  /** What its root directory is called. Default: our own. */
  readonly root?: string
}

/** What a fake machine has. */
export interface FakeMachineParts {
  readonly processes?: Readonly<Record<number, FakeProcess>>
  readonly files?: Readonly<Record<string, string>>
  /** Paths that exist, beside these. */
  readonly paths?: readonly string[]
  /** What programs print, by their names. */
  readonly programs?: Readonly<Record<string, string>>
}

const OWN = 'mnt:[1]'

/** A machine of literals. */
export function fakeMachine(parts: FakeMachineParts = {}): Machine {
  const { processes = {}, paths = [], programs = {} } = parts
  const all = new Map(Object.entries(processes))
  const cmdlines = [...all].map(
    ([pid, { line }]) => [`/proc/${pid}/cmdline`, `${line.replaceAll(' ', '\0')}\0`] as const,
  )
  const files = { ...Object.fromEntries(cmdlines), ...parts.files }
  const { readFile, listFiles, elapsedMs, sleep, product } = fakeSystem({ files })
  const processIn = (path: string) => all.get(/^\/proc\/(\d+)/.exec(path)?.[1] ?? '')
  return {
    readFile,
    listFiles,
    elapsedMs,
    sleep,
    product,
    executable: '/opt/ecr-credential-provider',
    architecture: 'amd64',
    processes: () => [...all.keys()].map(Number),
    readLink: (path) => {
      if (!path.endsWith('/ns/mnt')) return undefined
      return path.startsWith('/proc/self/') ? OWN : (processIn(path)?.mounts ?? OWN)
    },
    stat: (path) => {
      const known = processIn(path)
      const isThere = path in files || paths.includes(path) || path === '/' || path === '/proc/self'
      if (known === undefined && !isThere) throw Object.assign(new Error('no'), { code: 'ENOENT' })
      const id = path.endsWith('/root/.') ? (known?.root ?? '/') : path
      const kind = { isFile: true, isDirectory: false, mode: known?.mode ?? 0o755, changedAtMs: 0 }
      return { id, owner: known?.owner ?? 0, ...kind }
    },
    hashFile: async () => '',
    run: async ({ program }) => {
      const stdout = new TextEncoder().encode(programs[program] ?? '')
      return { exitCode: 0, isLate: false, stdout, tookMs: 1 }
    },
    handOver: async () => 0,
    systemWith: (env) => fakeSystem({ env, files }),
    enter: () => undefined,
    print: async () => undefined,
    isColoured: false,
  }
}
