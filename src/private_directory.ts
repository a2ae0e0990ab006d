import type { Stats } from 'node:fs'

import type { PrivateDirectory } from './system.ts'

/** Handed in, since loading it costs start-up time that only a run with a cache should pay. */
type FileSystem = typeof import('node:fs')

/** Permissions of anybody but the owner. */
const OTHERS = 0o077

/** Larger files are none of ours. */
const MAX_BYTES = 64 * 1024

/**
 * A directory that belongs to this user and is closed to all others, made if it is not there. It is opened once, and
 * everything is reached through that handle (`/proc/self/fd`, in place of `openat`), so that nobody can swap the
 * directory, or a link for it, between a check and a use.
 *
 * @throws an error whose `code` is `EACCES` - it belongs to another user, or is open to others; or the operating system's.
 */
export async function openPrivateDirectory(
  path: string,
  fs: FileSystem,
): Promise<PrivateDirectory> {
  const { mkdir, rm, symlink } = fs.promises
  await mkdir(path, { mode: 0o700 }).catch(() => undefined)
  const descriptor = openDirectory(path, fs)
  const pathOf = (name: string) => `/proc/self/fd/${descriptor}/${name}`
  return {
    read: async (name) => read(pathOf(name), fs),
    replace: async (name, text) => replace(pathOf(name), text, fs),
    // A symbolic link is made in one step with its text, and by one process only: a lock that is never seen half written.
    // It points to nothing and is never followed.
    claim: async (name, text) =>
      symlink(text, pathOf(name)).then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) === 'EEXIST') return false
          throw error
        },
      ),
    claimant: async (name) => claimant(pathOf(name), fs),
    remove: async (name) => rm(pathOf(name), { force: true }),
  }
}

/** A bare descriptor, open until the process ends: a `FileHandle` that is no longer used would throw when it is collected. */
function openDirectory(path: string, fs: FileSystem): number {
  const { O_DIRECTORY, O_NOFOLLOW } = fs.constants
  const descriptor = fs.openSync(path, O_DIRECTORY | O_NOFOLLOW)
  try {
    assertOwn(fs.fstatSync(descriptor))
    return descriptor
  } catch (error) {
    fs.closeSync(descriptor)
    throw error
  }
}

function assertOwn({ uid, mode }: Stats): void {
  if (uid === process.geteuid?.() && (mode & OTHERS) === 0) return
  throw Object.assign(new Error('not private'), { code: 'EACCES' })
}

async function read(path: string, fs: FileSystem): Promise<string | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  // Without waiting for the other end of a FIFO.
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
  const file = await fs.promises.open(path, flags).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    assertOwn(stats)
    const bytes = new Uint8Array(Math.min(stats.size, MAX_BYTES))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return new TextDecoder().decode(bytes.subarray(0, bytesRead))
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

async function replace(path: string, text: string, fs: FileSystem): Promise<void> {
  const { open, rename, rm } = fs.promises
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function claimant(path: string, fs: FileSystem): Promise<string | undefined> {
  return fs.promises.readlink(path).catch((error: unknown) =>
    // What is there and is no link was not made by `claim`.
    codeOf(error) === 'ENOENT' ? undefined : '',
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
