/** All that this program writes to disk: what runs share in a directory of their own, and a renewed token. */

import type { Stats } from 'node:fs'

import { coded, codeOf } from '../base/failure.ts'
import type { PrivateDirectory } from '../base/system.ts'

/** Handed in, since loading it costs start-up time that only a run with a cache should pay. */
type FileSystem = typeof import('node:fs')

/** Permissions of anybody but the owner. */
const OTHERS = 0o077

/** Larger files are none of ours: no answer of ECR is. */
const MAX_BYTES = 512 * 1024

/**
 * A directory that belongs to this user and is closed to all others, made if it is not there. It is opened once, and
 * everything is reached through that handle (`/proc/self/fd`, in place of `openat`), so that nobody can swap the
 * directory, or a link for it, between a check and a use.
 *
 * Every call blocks: on a file system in memory that takes microseconds, less than the way to another thread and back.
 *
 * @throws an error whose `code` is `EACCES` - it belongs to another user, or is open to others (with its `uid` and
 * `mode`); or the operating system's.
 */
export function openPrivateDirectory(path: string, fs: FileSystem): PrivateDirectory {
  const { O_DIRECTORY, O_NOFOLLOW } = fs.constants
  unless('EEXIST', () => fs.mkdirSync(path, { mode: 0o700 }))
  // Stays open until the process ends.
  const descriptor = fs.openSync(path, O_DIRECTORY | O_NOFOLLOW)
  const stats = fs.fstatSync(descriptor)
  if (!isOwn(stats)) {
    fs.closeSync(descriptor)
    // With these two, for whoever has to mend it.
    throw Object.assign(coded('EACCES'), { uid: stats.uid, mode: stats.mode & 0o7777 })
  }
  const pathOf = (name: string) => `/proc/self/fd/${descriptor}/${name}`
  return {
    read: (name) => readOwn(pathOf(name), fs),
    replace: (name, text) =>
      writeAndRename(pathOf(name), (file) => fs.writeFileSync(file, text), fs),
    // symlink(2) is atomic, carries its text and fails if the name exists: a lock never seen half written. The link points
    // to nothing and is never followed.
    claim: (name, text) =>
      unless('EEXIST', () => {
        fs.symlinkSync(text, pathOf(name))
        return true
      }) ?? false,
    // What is there and is no link was not made by `claim`.
    claimant: (name) =>
      unless('ENOENT', () => unless('EINVAL', () => fs.readlinkSync(pathOf(name))) ?? ''),
    remove: (name) => fs.rmSync(pathOf(name), { force: true }),
    list: () =>
      fs.readdirSync(pathOf('')).flatMap((name) => {
        // Of a claim itself, not of what it points to; and another run may have removed either meanwhile.
        const entry = fs.lstatSync(pathOf(name), { throwIfNoEntry: false })
        const isThere = entry !== undefined && !entry.isDirectory()
        return isThere ? [{ name, changedAtMs: entry.mtimeMs }] : []
      }),
  }
}

function isOwn({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & OTHERS) === 0
}

function readOwn(path: string, fs: FileSystem): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  // O_NONBLOCK: a FIFO is opened, and then refused or empty, without waiting for its other end.
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
  const descriptor = unless('ENOENT', () => fs.openSync(path, flags))
  if (descriptor === undefined) return undefined
  try {
    const stats = fs.fstatSync(descriptor)
    if (!isOwn(stats)) throw coded('EACCES')
    const bytes = new Uint8Array(Math.min(stats.size, MAX_BYTES))
    const length = fs.readSync(descriptor, bytes, 0, bytes.length, 0)
    return new TextDecoder().decode(bytes.subarray(0, length))
  } finally {
    fs.closeSync(descriptor)
  }
}

/** The result of `work`, `undefined` when it fails with this code. @throws its other errors. */
function unless<T>(code: string, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === code) return undefined
    throw error
  }
}

/** See `System.replaceFile`. Every call blocks, so that neither a signal nor the deadline comes in between. */
export function replaceFile(path: string, text: string, fs: FileSystem): void {
  // Behind a symbolic link the file is replaced, not the link.
  const target = fs.realpathSync(path)
  const { mode, uid, gid } = fs.statSync(target)
  // By handle, not by path: run as root in another user's home, a path could be swapped for a link in between. And the file
  // must stay that user's.
  const fill = (file: number) => {
    fs.writeFileSync(file, text)
    fs.fchownSync(file, uid, gid)
    fs.fchmodSync(file, mode & 0o777)
    fs.fsyncSync(file)
  }
  writeAndRename(target, fill, fs)
}

/**
 * Puts a new file in the place of `path` in one step; when that fails, what was there stays, and nothing else. The file is
 * readable by nobody else from its first byte on, whatever the umask.
 *
 * @param fill - writes the file that is open at a descriptor.
 */
function writeAndRename(path: string, fill: (file: number) => void, fs: FileSystem): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  try {
    const file = fs.openSync(temporary, 'wx', 0o600)
    try {
      fill(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(temporary, path)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}
