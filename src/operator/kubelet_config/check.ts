import { parseDocument } from './document.ts'
import type { Finding, Provider, Report } from './finding.ts'
import { lineOf, type Places } from './place.ts'
import { readConfig } from './read_config.ts'
import { scanYaml } from './scan.ts'
import { judgeProviders } from './unseen.ts'
import { validateProviders } from './validate.ts'
import { STRICT_MINOR } from './version.ts'

/** A file's providers, as far as they can be read, and what is to be said about it. */
export interface Judgement {
  readonly findings: readonly Finding[]
  readonly providers: readonly Provider[]
  /** Adds to the findings. */
  readonly report: Report
}

/**
 * Judges a `CredentialProviderConfig` as the kubelet does, and then what the kubelet cannot see: each provider alone, and
 * without any file system.
 *
 * @param minor - of the kubelet: 36 for 1.36.
 */
export function judgeKubeletConfig(text: string, minor: number): Judgement {
  const scan = scanYaml(text.replace(/^\u{FEFF}/u, ''))
  const document = parseDocument(text, scan)
  const findings: Finding[] = []
  const report = reportTo(findings, scan)
  if ('id' in document) return { findings: [document], providers: [], report }
  const isStrict = minor >= STRICT_MINOR
  if (scan.secondDocument !== undefined) {
    const problem = 'begins a second document, which the kubelet does not read'
    const fix = 'keep one document in a file, with one list of providers'
    report('wrong', 'second_document', '', problem, fix, scan.secondDocument)
  }
  for (const { field, line } of scan.duplicates) {
    const level = isStrict ? 'refused' : 'wrong'
    const problem = isStrict ? 'is here twice' : 'is here twice, and only the last one counts'
    report(level, 'duplicate_field', field, problem, 'remove one of the two', line)
  }
  const providers = readConfig(document.value, { places: scan, report, minor })
  validateProviders(providers, minor, report)
  judgeProviders(providers, report)
  return { findings, providers, report }
}

/** The order of the file; what has no line comes last. */
export function byLine(one: Finding, other: Finding): number {
  return (one.line ?? Infinity) - (other.line ?? Infinity)
}

/** Makes the findings of one file. What follows from a finding, in the same field or inside of it, is left out. */
function reportTo(findings: Finding[], places: Places): Report {
  // By field, since a file may have as many findings as lines.
  const refused = new Set<string>()
  const shapeless = new Set<string>()
  const note = ({ level, id, field }: Finding) => {
    if (level === 'refused' && id !== 'duplicate_field') refused.add(field)
    if (id === 'wrong_type') shapeless.add(field)
  }
  return (level, id, field, problem, fix, given) => {
    if (refused.has(field) || around(field).some((outer) => shapeless.has(outer))) return
    const line = given ?? lineOf(places, field)
    const finding = { ...(line === undefined ? {} : { line }), field, level, id, problem, fix }
    note(finding)
    findings.push(finding)
  }
}

/** What a field is in: `a[0].b` in `a[0]`, in `a`, and in the file. */
function around(field: string): readonly string[] {
  return ['', ...Array.from(field.matchAll(/[.[]/g), ({ index }) => field.slice(0, index))]
}
