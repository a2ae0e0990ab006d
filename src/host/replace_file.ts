type FileSystem = typeof import('node:fs')

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
export function writeAndRename(path: string, fill: (file: number) => void, fs: FileSystem): void {
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
