import { mkdirSync, readdirSync, readFileSync } from 'node:fs'

import type { World } from '../../world/world.ts'

/** Where the runs live: all that they may write is inside, and each process of theirs bears the mark. */
interface Place {
  readonly home: string
  readonly environment: Readonly<Record<string, string>>
  /** What should not be there: files that were not there before, processes that have not ended, or were not waited for. */
  readonly findLeftovers: () => readonly string[]
}

const MARK = 'LOAD_MARK'

/** A place in the world's directory. `prepare` fills the home directory. */
export function createPlace(world: World, prepare: (home: string) => void = () => {}): Place {
  const home = `${world.directory}/home`
  const temporary = `${world.directory}/tmp`
  mkdirSync(`${home}/.aws`, { recursive: true })
  mkdirSync(temporary)
  prepare(home)
  const mark = crypto.randomUUID()
  const before = new Set(listFiles(world.directory))
  return {
    home,
    environment: { HOME: home, TMPDIR: temporary, [MARK]: mark },
    findLeftovers: () => [
      ...listFiles(world.directory).filter((file) => !before.has(file)),
      ...listProcesses().filter((pid) => isLeftover(pid, mark)),
    ],
  }
}

function listFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
}

function listProcesses(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
}

/** A zombie has no environment any more, but a parent: this process, where it was not waited for. */
function isLeftover(pid: string, mark: string): boolean {
  const [, state, parent] = /\) (\S) ([0-9]+)/.exec(read(`/proc/${pid}/stat`)) ?? []
  const isZombie = state === 'Z' && parent === String(process.pid)
  return isZombie || read(`/proc/${pid}/environ`).includes(`${MARK}=${mark}`)
}

/** Empty where the process has ended meanwhile, or is another user's. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
