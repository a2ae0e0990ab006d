import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'
import { mkdir, open, readlink, rename, rm, symlink } from 'node:fs/promises'

import type { PrivateDirectory } from './system.ts'

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
export async function openPrivateDirectory(path: string): Promise<PrivateDirectory> {
  await mkdir(path, { mode: 0o700 }).catch(() => undefined)
  const descriptor = openDirectory(path)
  const pathOf = (name: string) => `/proc/self/fd/${descriptor}/${name}`
  return {
    read: async (name) => read(pathOf(name)),
    replace: async (name, text) => replace(pathOf(name), text),
    claim: async (name, text) => claim(pathOf(name), text),
    claimant: async (name) => claimant(pathOf(name)),
    remove: async (name) => rm(pathOf(name), { force: true }),
  }
}

/** A bare descriptor, open until the process ends: a `FileHandle` that is no longer used would throw when it is collected. */
function openDirectory(path: string): number {
  const descriptor = openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    assertOwn(fstatSync(descriptor))
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function assertOwn({ uid, mode }: Stats): void {
  if (uid === process.geteuid?.() && (mode & OTHERS) === 0) return
  throw Object.assign(new Error('not private'), { code: 'EACCES' })
}

async function read(path: string): Promise<string | undefined> {
  // Without waiting for the other end of a FIFO.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch(() => undefined)
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

async function replace(path: string, text: string): Promise<void> {
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

// A symbolic link is made in one step with its text, and by one process only: a lock that is never seen half written. It
// points to nothing and is never followed.
async function claim(path: string, text: string): Promise<boolean> {
  try {
    await symlink(text, path)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

async function claimant(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) =>
    // What is there and is no link was not made by `claim`.
    isCode(error, 'ENOENT') ? undefined : '',
  )
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
