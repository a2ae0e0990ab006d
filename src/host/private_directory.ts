import type { Stats } from 'node:fs'

import { coded, codeOf } from '../base/failure.ts'
import type { PrivateDirectory } from '../base/system.ts'
import { writeAndRename } from './replace_file.ts'

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
  const descriptor = openDirectory(path, fs)
  const pathOf = (name: string) => `/proc/self/fd/${descriptor}/${name}`
  return {
    read: (name) => read(pathOf(name), fs),
    replace: (name, text) =>
      writeAndRename(pathOf(name), (file) => fs.writeFileSync(file, text), fs),
    claim: (name, text) => claim(pathOf(name), text, fs),
    claimant: (name) => claimant(pathOf(name), fs),
    remove: (name) => fs.rmSync(pathOf(name), { force: true }),
    list: () =>
      fs.readdirSync(pathOf('')).flatMap((name) => {
        // Of a claim itself, not of what it points to; and another run may have removed either meanwhile.
        const stats = fs.lstatSync(pathOf(name), { throwIfNoEntry: false })
        const isThere = stats !== undefined && !stats.isDirectory()
        return isThere ? [{ name, changedAtMs: stats.mtimeMs }] : []
      }),
  }
}

/** The descriptor stays open until the process ends. */
function openDirectory(path: string, fs: FileSystem): number {
  const { O_DIRECTORY, O_NOFOLLOW } = fs.constants
  unless('EEXIST', () => fs.mkdirSync(path, { mode: 0o700 }))
  const descriptor = fs.openSync(path, O_DIRECTORY | O_NOFOLLOW)
  const stats = fs.fstatSync(descriptor)
  if (isOwn(stats)) return descriptor
  fs.closeSync(descriptor)
  // With these two, for whoever has to mend it.
  throw Object.assign(coded('EACCES'), { uid: stats.uid, mode: stats.mode & 0o7777 })
}

function isOwn({ uid, mode }: Stats): boolean {
  return uid === process.geteuid?.() && (mode & OTHERS) === 0
}

function read(path: string, fs: FileSystem): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
  // Without waiting for the other end of a FIFO.
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

// symlink(2) is atomic, carries its text and fails if the name exists: a lock never seen half written. The link points to
// nothing and is never followed.
function claim(path: string, text: string, fs: FileSystem): boolean {
  return (
    unless('EEXIST', () => {
      fs.symlinkSync(text, path)
      return true
    }) ?? false
  )
}

function claimant(path: string, fs: FileSystem): string | undefined {
  // What is there and is no link was not made by `claim`.
  return unless('ENOENT', () => unless('EINVAL', () => fs.readlinkSync(path)) ?? '')
}

/** What the work gives, `undefined` when it fails with that code. @throws its other errors. */
function unless<T>(code: string, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (codeOf(error) === code) return undefined
    throw error
  }
}
