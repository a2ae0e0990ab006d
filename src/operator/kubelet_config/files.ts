import { quote } from '../../base/failure.ts'
import { reasonOf } from '../../base/files.ts'
import type { Machine } from '../machine.ts'
import { judgeKubeletConfig, type Judgement, reportTo } from './check.ts'
import type { Finding, Provider } from './finding.ts'
import { inside } from './place.ts'
import { judgeOverlap } from './unseen.ts'
import { DIRECTORY_MINOR } from './version.ts'

/** A file of a configuration, with all that is to be said about it. */
export interface JudgedFile {
  readonly path: string
  readonly judgement: Judgement
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
  const isDirectory = attempt(() => machine.stat(path).isDirectory)
  if (isDirectory !== true) return [await judgeFile(path, minor, machine)]
  const all = await machine.listFiles(path).catch(reasonOf)
  if (typeof all === 'string')
    return [{ path, judgement: alone(unreadable(`cannot be read: ${all}`)) }]
  const paths = all.filter(
    (each) =>
      /\.(?:json|ya?ml)$/.test(each) && attempt(() => machine.stat(each).isDirectory) !== true,
  )
  const own = refuseDirectory(paths.length, minor)
  const files = own === undefined ? [] : [{ path, judgement: alone(own) }]
  for (const each of paths.toSorted()) files.push(await judgeFile(each, minor, machine))
  return compareFiles(files)
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
  try {
    const bytes = await machine.readFile(path, MAX_BYTES + 1)
    if (bytes.length <= MAX_BYTES) {
      return { path, judgement: judgeKubeletConfig(new TextDecoder().decode(bytes), path, minor) }
    }
    return { path, judgement: alone(unreadable(`is larger than ${MAX_BYTES} bytes`)) }
  } catch (error) {
    return { path, judgement: alone(unreadable(`cannot be read: ${reasonOf(error)}`)) }
  }
}

function unreadable(problem: string): Finding {
  const fix = 'name the file that --image-credential-provider-config names'
  return { field: '', level: 'refused', id: 'file_unreadable', problem, fix }
}

function alone(finding: Finding): Judgement {
  return { findings: [finding], providers: [], places: { found: new Map(), duplicates: [] } }
}

/** What one file has to do with those before it: names must be unique, and hosts had better be. */
function compareFiles(files: readonly JudgedFile[]): readonly JudgedFile[] {
  const owners = new Map<string, string>()
  const before: Provider[] = []
  return files.map(({ path, judgement }) => {
    const findings = [...judgement.findings]
    const report = reportTo(findings, judgement.places)
    for (const provider of judgement.providers) {
      const owner = owners.get(provider.name)
      if (owner !== undefined) {
        const problem = `is the name of a provider in ${quote(owner)} too`
        const own = inside(provider.field, 'name')
        report('refused', 'name_duplicate', own, problem, 'remove one of the two')
      }
      judgeOverlap(provider, before, report)
    }
    for (const { name } of judgement.providers) owners.set(name, owners.get(name) ?? path)
    before.push(...judgement.providers)
    return { path, judgement: { ...judgement, findings } }
  })
}

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}
