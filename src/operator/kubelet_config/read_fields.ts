import type { Report } from './finding.ts'
import { inside, type Places } from './place.ts'
import { isTrue, kindOfPlain, type ScalarKind } from './scalar.ts'
import { STRICT_MINOR } from './version.ts'

/** What reading a field needs to know. */
export interface Reading {
  readonly places: Places
  readonly report: Report
  /** The kubelet's minor version, which decides what fields it knows, and whether others stop it. */
  readonly minor: number
}

/** What a value is to the kubelet. */
type Kind = ScalarKind | 'list' | 'mapping'

/**
 * The fields of a mapping, without those that the kubelet does not know; `undefined` when it is none.
 *
 * @param known - the names of its fields.
 */
export function readMapping(
  value: unknown,
  field: string,
  known: readonly string[],
  reading: Reading,
): ReadonlyMap<string, unknown> | undefined {
  if (!isKind(value, field, 'mapping', reading) || typeof value !== 'object' || value === null)
    return undefined
  const entries = Object.entries(value)
  for (const [key] of entries) if (!known.includes(key)) reportUnknown(key, field, known, reading)
  return new Map(entries.filter(([key]) => known.includes(key)))
}

function reportUnknown(
  key: string,
  field: string,
  known: readonly string[],
  { report, minor }: Reading,
): void {
  const isStrict = minor >= STRICT_MINOR
  const level = isStrict ? 'refused' : 'wrong'
  const problem = isStrict ? 'is not a field here' : 'is not a field here, and is passed over'
  report(level, 'unknown_field', inside(field, key), problem, adviseName(key, known))
}

function adviseName(key: string, known: readonly string[]): string {
  const spelled = key.toLowerCase().replaceAll(/[-_]/g, '')
  const near = known.find((name) => name.toLowerCase() === spelled)
  if (near !== undefined) return `write ${near}`
  if (key === 'cacheType') return 'remove it: only a kubelet of 1.34 or newer knows it'
  if (key === 'tokenAttributes')
    return 'write apiVersion: kubelet.config.k8s.io/v1 at the top, for a kubelet of 1.34 or newer'
  return `remove it; known here: ${known.join(', ')}`
}

/** The entries of a list; none when it is none, or missing. */
export function readList(value: unknown, field: string, reading: Reading): readonly unknown[] {
  if (!isKind(value, field, 'list', reading) || !Array.isArray(value)) return []
  return Array.from<unknown>(value)
}

/** A text; empty when it is none, or missing, as it is for the kubelet. */
export function readText(value: unknown, field: string, reading: Reading): string {
  if (!isKind(value, field, 'string', reading)) return ''
  // What Bun takes for a number, and the kubelet for a text, is as it is written.
  return typeof value === 'string' ? value : (reading.places.found.get(field)?.plain ?? '')
}

/** A list of texts. */
export function readTexts(value: unknown, field: string, reading: Reading): readonly string[] {
  return readList(value, field, reading).map((entry, at) =>
    readText(entry, inside(field, at), reading),
  )
}

/** `true` or `false`; `undefined` when it is neither, or missing. */
export function readBoolean(value: unknown, field: string, reading: Reading): boolean | undefined {
  if (!isKind(value, field, 'boolean', reading)) return undefined
  return typeof value === 'boolean' ? value : isTrue(reading.places.found.get(field)?.plain ?? '')
}

/** Whether a value is of a kind. What is missing or null is of none, and no mistake yet. */
function isKind(value: unknown, field: string, wanted: Kind, { places, report }: Reading): boolean {
  const kind = kindOf(value, places.found.get(field)?.plain)
  if (kind === wanted) return true
  if (kind !== 'null') {
    const isScalar = kind === 'number' || kind === 'boolean'
    const fix = wanted === 'string' && isScalar ? 'write it in quotes' : describe(wanted).advice
    const problem = `is a ${describe(kind).name} and must be a ${describe(wanted).name}`
    report('refused', 'wrong_type', field, problem, fix)
  }
  return false
}

function kindOf(value: unknown, plain: string | undefined): Kind {
  if (value === undefined || value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'mapping'
  // A text that goes on over several lines is not what its first line looks like.
  if (plain !== undefined && (typeof value !== 'string' || value === plain))
    return kindOfPlain(plain)
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' ? 'string' : 'number'
}

/** How a kind of value is called, and how one writes it. */
function describe(kind: Kind): { readonly name: string; readonly advice: string } {
  switch (kind) {
    case 'boolean':
      return { name: 'boolean', advice: 'write true or false, without quotes' }
    case 'list':
      return { name: 'list', advice: "write '- ' and an entry on each line, or all of them in [ ]" }
    case 'mapping':
      return { name: 'mapping', advice: "write 'key: value' lines, indented further than this one" }
    case 'string':
      return { name: 'text', advice: 'write one text, in quotes' }
    case 'null':
    case 'number':
      return { name: kind, advice: 'write it in quotes' }
  }
}
