import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../../base/machine.ts'
import type { Provider, Report } from './finding.ts'
import { inside } from './place.ts'

/** More links in a path are a circle, as for the kernel. */
const MAX_LINKS = 40

/**
 * Judges the binary of a provider: the kubelet refuses one that is missing or not executable; it does not look at who may
 * replace it, and runs it as root.
 *
 * @param directory - the kubelet's `--image-credential-provider-bin-dir`.
 */
export function judgeBinary(
  provider: Provider,
  directory: string,
  machine: Machine,
  report: Report,
): void {
  if (provider.name === '' || provider.name.includes('/')) return
  const field = inside(provider.field, 'name')
  const path = binaryOf(provider, directory)
  try {
    const { isFile, mode } = machine.stat(path)
    if (!isFile || (mode & 0o111) === 0) {
      const problem = `names ${path}, which is not an executable file`
      report('refused', 'binary_not_executable', field, problem, `chmod 0755 ${path}`)
      return
    }
  } catch (error) {
    const problem = `names ${path}, and that cannot be run: ${reasonOf(error)}`
    const fix = 'put the binary there, or correct the name or --image-credential-provider-bin-dir'
    report('refused', 'binary_missing', field, problem, fix)
    return
  }
  const open = findOpen(path, machine)
  if (open === undefined) return
  const problem = `names ${path}, which others than root may replace: ${open.path} ${open.reason}`
  report('wrong', 'binary_writable', field, problem, open.fix)
}

/** The path of the binary that the kubelet runs for a provider. @param directory - may end in slashes. */
export function binaryOf({ name }: Provider, directory: string): string {
  return `${directory.replace(/\/+$/, '')}/${name}`
}

/** The first directory or file on the way to a path that others than root may change. */
export function findOpen(
  path: string,
  machine: Pick<Machine, 'readLink' | 'stat'>,
): { readonly path: string; readonly reason: string; readonly fix: string } | undefined {
  for (const each of wayTo(path, machine)) {
    const { mode, owner, isDirectory } = machine.stat(each)
    if (owner !== 0) {
      return { path: each, reason: `belongs to user ${owner}`, fix: `chown root:root ${each}` }
    }
    // In a sticky directory only its owner may rename a file.
    if ((mode & 0o022) !== 0 && !(isDirectory && (mode & 0o1000) !== 0)) {
      const reason = `has mode ${mode.toString(8).padStart(4, '0')}`
      return { path: each, reason, fix: `chmod go-w ${each}` }
    }
  }
  return undefined
}

/** Every directory that a path leads through, links followed one by one, and the file at its end. */
function wayTo(path: string, machine: Pick<Machine, 'readLink'>): readonly string[] {
  const way = ['/']
  let here = ''
  let links = 0
  const rest = path.split('/')
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      here = here.replace(/\/[^/]*$/, '')
      continue
    }
    const target = machine.readLink(`${here}/${name}`)
    if (target === undefined || ++links > MAX_LINKS) {
      here += `/${name}`
      way.push(here)
    } else {
      if (target.startsWith('/')) here = ''
      rest.unshift(...target.split('/'))
    }
  }
  return way
}
