import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../../base/machine.ts'
import { judgeKubeletConfig, type Judgement } from './check.ts'
import type { Finding, Provider } from './finding.ts'
import { inside } from './place.ts'
import { judgeOverlap } from './unseen.ts'
import { DIRECTORY_MINOR } from './version.ts'

/** A file of a configuration, with all that is to be said about it. */
export interface JudgedFile extends Judgement {
  readonly path: string
}

/** Larger than any configuration, in bytes. */
const MAX_BYTES = 1_048_576

/**
 * Judges a configuration, which is a file, or a directory whose files the kubelet joins in the order of their names.
 *
 * @param minor - the kubelet's minor version.
 */
export async function judgePath(
  path: string,
  minor: number,
  machine: Machine,
): Promise<readonly JudgedFile[]> {
  const files = await judgeFiles(path, minor, machine)
  compareProviders(files)
  return files
}

async function judgeFiles(
  path: string,
  minor: number,
  machine: Machine,
): Promise<readonly JudgedFile[]> {
  if (!isDirectory(path, machine)) return [await judgeFile(path, minor, machine)]
  const all = await machine.listFiles(path).catch(reasonOf)
  if (typeof all === 'string') return [unreadable(path, `cannot be read: ${all}`)]
  const paths = all.filter((each) => /\.(?:json|ya?ml)$/.test(each) && !isDirectory(each, machine))
  const own = refuseDirectory(paths.length, minor)
  const files = own === undefined ? [] : [alone(path, own)]
  for (const each of paths.toSorted()) files.push(await judgeFile(each, minor, machine))
  return files
}

function refuseDirectory(count: number, minor: number): Finding | undefined {
  const place = { field: '', level: 'refused' } as const
  if (minor < DIRECTORY_MINOR) {
    const problem = `is a directory, which a kubelet of 1.${minor} cannot read`
    return { ...place, id: 'directory_too_new', problem, fix: 'name a file' }
  }
  if (count > 0) return undefined
  const problem = 'is a directory without a file that ends in .json, .yaml or .yml'
  return { ...place, id: 'directory_empty', problem, fix: 'rename the files, or name one' }
}

async function judgeFile(path: string, minor: number, machine: Machine): Promise<JudgedFile> {
  const read = await machine.readFile(path, MAX_BYTES + 1).catch(reasonOf)
  if (typeof read === 'string') return unreadable(path, `cannot be read: ${read}`)
  if (read.length > MAX_BYTES) return unreadable(path, `is larger than ${MAX_BYTES} bytes`)
  return { path, ...judgeKubeletConfig(new TextDecoder().decode(read), minor) }
}

function unreadable(path: string, problem: string): JudgedFile {
  const fix = 'name the file that --image-credential-provider-config names'
  return alone(path, { field: '', level: 'refused', id: 'file_unreadable', problem, fix })
}

function alone(path: string, finding: Finding): JudgedFile {
  return { path, findings: [finding], providers: [], report: () => undefined }
}

/** What a provider has to do with those before it, in this file or another: names must be unique, and hosts had better be. */
function compareProviders(files: readonly JudgedFile[]): void {
  const before: Provider[] = []
  const names = new Set<string>()
  for (const { providers, report } of files) {
    for (const provider of providers) {
      const { name, field } = provider
      if (names.has(name) && name !== '') {
        const fix = 'join the two, or give one another name and a link of that name to the binary'
        const problem = 'is the name of another provider too'
        report('refused', 'name_duplicate', inside(field, 'name'), problem, fix)
      }
      judgeOverlap(provider, before, report)
      before.push(provider)
      names.add(name)
    }
  }
}

function isDirectory(path: string, machine: Machine): boolean {
  try {
    return machine.stat(path).isDirectory
  } catch {
    return false
  }
}
