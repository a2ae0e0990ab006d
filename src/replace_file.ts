/** See `System.replaceFile`. Every call blocks, so that neither a signal nor the deadline comes in between. */
export function replaceFile(path: string, text: string, fs: typeof import('node:fs')): void {
  // Behind a symbolic link the file is replaced, not the link.
  const target = fs.realpathSync(path)
  const { mode, uid, gid } = fs.statSync(target)
  const temporary = `${target}.${crypto.randomUUID()}.tmp`
  try {
    // Readable by nobody else from the first byte on, whatever the umask. By handle, not by path: run as root in another
    // user's home, a path could be swapped for a link in between. And the file must stay that user's.
    const file = fs.openSync(temporary, 'wx', 0o600)
    try {
      fs.writeFileSync(file, text)
      fs.fchownSync(file, uid, gid)
      fs.fchmodSync(file, mode & 0o777)
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}
