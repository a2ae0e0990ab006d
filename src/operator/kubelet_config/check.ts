import { parseJson } from '../../base/decode.ts'
import { Failure } from '../../base/failure.ts'
import type { Finding, Provider, Report } from './finding.ts'
import { lineOf, type Places } from './place.ts'
import { readConfig } from './read_config.ts'
import { scanYaml } from './scan.ts'
import { validateProviders } from './validate.ts'
import { NEWEST_MINOR, parseMinor, STRICT_MINOR } from './version.ts'
import { parseYaml } from './yaml.ts'

/** A file's providers, as far as they can be read, and all that is to be said about it alone. */
export interface Judgement {
  /** In the order of the file. */
  readonly findings: readonly Finding[]
  readonly providers: readonly Provider[]
  readonly places: Places
}

/**
 * Judges a `CredentialProviderConfig` as the kubelet does, and then what the kubelet cannot see, without any file system.
 *
 * @param path - where the text stands, for the commands in `fix`.
 * @param version - the kubelet's: `1.36`, `v1.36.4-eks-1234567`; one that is not understood means the newest.
 */
export function checkKubeletConfig(
  text: string,
  path: string,
  version: string,
): readonly Finding[] {
  return judgeKubeletConfig(text, path, parseMinor(version) ?? NEWEST_MINOR).findings
}

/** The providers of a `CredentialProviderConfig`, as far as they can be read. */
export function parseKubeletConfig(text: string, version: string): readonly Provider[] {
  return judgeKubeletConfig(text, '', parseMinor(version) ?? NEWEST_MINOR).providers
}

/** The same for both. @param minor - 36 for 1.36. */
export function judgeKubeletConfig(text: string, path: string, minor: number): Judgement {
  const own = text.replace(/^\u{FEFF}/u, '')
  const scan = scanYaml(own)
  const findings: Finding[] = []
  const report = reportTo(findings, scan)
  const isStrict = minor >= STRICT_MINOR
  const value = parse(own, scan, findings)
  if (value === undefined) return { findings, providers: [], places: scan }
  for (const { field, line } of scan.duplicates) {
    const level = isStrict ? 'refused' : 'wrong'
    const problem = isStrict ? 'is here twice' : 'is here twice, and only the last one counts'
    findings.push({
      line,
      field,
      level,
      id: 'duplicate_field',
      problem,
      fix: 'remove one of the two',
    })
  }
  const providers = readConfig(value.value, path, minor, { places: scan, report, isStrict })
  validateProviders(providers, minor, report)
  return {
    findings: findings.toSorted((one, other) => (one.line ?? Infinity) - (other.line ?? Infinity)),
    providers,
    places: scan,
  }
}

/** Makes the findings of one file. What follows from a finding, in the same field or inside of it, is left out. */
export function reportTo(findings: Finding[], places: Places): Report {
  return (level, id, field, problem, fix) => {
    const isKnown = findings.some(
      (other) =>
        (other.level === 'refused' && other.field === field && other.id !== 'duplicate_field') ||
        (other.id === 'wrong_type' && isInside(field, other.field)),
    )
    if (isKnown) return
    const line = lineOf(places, field)
    findings.push({ ...(line === undefined ? {} : { line }), field, level, id, problem, fix })
  }
}

function isInside(field: string, outer: string): boolean {
  return outer === '' || (field.startsWith(outer) && /^[.[]/.test(field.slice(outer.length)))
}

/** The value of a file, unless no kubelet can read it. What begins with a brace is JSON to the kubelet, and nothing else. */
function parse(
  text: string,
  { tab, secondDocument }: ReturnType<typeof scanYaml>,
  findings: Finding[],
): { readonly value: unknown } | undefined {
  const refuse = (id: string, line: number | undefined, problem: string, fix: string) => {
    findings.push({
      ...(line === undefined ? {} : { line }),
      field: '',
      level: 'refused',
      id,
      problem,
      fix,
    })
    return undefined
  }
  if (/^\s*\{/.test(text)) {
    try {
      return {
        value: parseJson(new TextEncoder().encode(text), { code: 'bad_config', name: 'it' }),
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return refuse(
        'not_json',
        undefined,
        'begins with a brace and is not valid JSON',
        'JSON has no comments, and no comma behind the last entry',
      )
    }
  }
  if (tab !== undefined) return refuse('tab', tab, 'is indented by a tab', 'indent by spaces')
  if (secondDocument !== undefined)
    return refuse(
      'second_document',
      secondDocument,
      'begins a second document',
      'keep one document in a file; a directory may hold several files',
    )
  try {
    return { value: parseYaml(text) }
  } catch {
    return refuse(
      'not_yaml',
      undefined,
      'is not valid YAML',
      "put what begins with * or has ': ' in it in quotes, and indent by spaces",
    )
  }
}
