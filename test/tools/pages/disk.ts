import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own whose kernel reads the pages that a program touches, and no page around them. */
interface Disk {
  readonly directory: string
  readonly remove: () => void
}

/** Why this machine does not allow such a disk, as a line; `undefined` if it does. */
export function whyNoDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'a disk without read-ahead takes root to make'
  try {
    makeDisk(8).remove()
    return undefined
  } catch (error) {
    return `a disk without read-ahead cannot be made here: ${String(error)}`
  }
}

/** Makes an ext4 in a file and mounts it with read-ahead off. */
export function makeDisk(megabytes: number): Disk {
  const place = mkdtempSync(join(tmpdir(), 'disk-'))
  const image = join(place, 'image')
  const directory = join(place, 'mounted')
  const undo = [() => rmSync(place, { recursive: true })]
  const remove = () => {
    for (const step of undo.splice(0)) step()
  }
  try {
    run('mkdir', directory)
    run('truncate', '-s', `${megabytes}M`, image)
    run('mkfs.ext4', '-q', image)
    const device = run('losetup', '--find', '--show', image)
    undo.unshift(() => run('losetup', '--detach', device))
    run('blockdev', '--setra', '0', device)
    run('mount', device, directory)
    undo.unshift(() => run('umount', directory))
    return { directory, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function run(...command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command])
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString().trim()}`)
  return stdout.toString().trim()
}
