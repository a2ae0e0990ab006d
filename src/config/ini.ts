/** A key's value and where it stands. `nested` holds the indented `key = value` lines below an empty value. */
export interface IniValue {
  readonly value: string
  /** Line number, from 1. */
  readonly line: number
  readonly nested: ReadonlyMap<string, string>
}

/** One section: its properties by lower-case key. */
export type Section = ReadonlyMap<string, IniValue>

/**
 * The sections of an AWS config or credentials file, by name; a header of two words has the key `type name`.
 *
 * There are no syntax errors: a line that is none of the known kinds is ignored, as the AWS SDK for Go does. Sections of
 * the same name are merged and the last value of a key wins. Properties before the first header are ignored. So are byte
 * order marks, also those in the middle, where files were put together: one in front of a header would hide it.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, IniValue>>()
  let section: Map<string, IniValue> | undefined
  // The property that indented lines belong to, and the pairs below it.
  let current: string | undefined
  let pairs = new Map<string, string>()
  for (const [index, line] of text.replaceAll('\uFEFF', '').split('\n').entries()) {
    if (!isText(line)) continue
    const header = headerOf(line)
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, IniValue>()
      sections.set(header, section)
      current = undefined
      continue
    }
    if (section === undefined) continue
    const indented = /^[ \t]/.test(line)
    const open = current === undefined ? undefined : section.get(current)
    const pair = indented ? splitPair(line) : splitPair(withoutComment(line))
    if (indented && pair === undefined) {
      // A continuation line keeps its comment and its trailing blanks.
      if (current === undefined || open === undefined || open.value === '') continue
      section.set(current, { ...open, value: `${open.value}\n${line.replace(/^[ \t]+/, '')}` })
      continue
    }
    if (indented && pair !== undefined && current !== undefined && open?.value === '') {
      pairs.set(...pair)
      continue
    }
    if (pair === undefined) continue
    const [key, raw] = pair
    // An indented pair with nothing to belong to is an ordinary one, but Go takes off its quotes before its comment.
    const value = indented ? trim(withoutComment(raw)) : raw
    pairs = new Map()
    section.set(key, { value, line: index + 1, nested: pairs })
    // For Go a property without a name is none that a line could belong to.
    current = key === '' ? undefined : key
  }
  return sections
}

/** Whether a line is neither blank nor a comment. */
export function isText(line: string): boolean {
  return trim(line) !== '' && !/^[ \t]*[#;]/.test(line)
}

/** `[type  name] ; comment` as `type name`; `undefined` when the line is no header. Quotes are part of the name. */
export function headerOf(line: string): string | undefined {
  const text = trim(cut(cut(line, '#'), ';'))
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  const inside = trim(text.slice(1, -1))
  const blank = inside.search(/[ \t]/)
  if (blank === -1) return inside
  return `${inside.slice(0, blank)} ${inside.slice(blank).replace(/^[ \t]+/, '')}`
}

/** A `#` or `;` begins a comment only after a blank; without one it belongs to the value. */
function withoutComment(line: string): string {
  return [' #', ' ;', '\t#', '\t;'].reduce(cut, line)
}

/** Key and value around whichever of `=` and `:` comes first; `undefined` when there is neither. */
function splitPair(line: string): readonly [string, string] | undefined {
  const at = line.search(/[=:]/)
  if (at === -1) return undefined
  const key = trim(line.slice(0, at)).toLowerCase()
  const value = trim(line.slice(at + 1))
  return [key, key === COMMAND ? value : unquote(value)]
}

/**
 * The key whose value is a command, and so keeps its quotes: they are the shell's, as in AWS's own example.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
const COMMAND = 'credential_process'

/** A pair of quotes around the whole is taken off, but `"a" "b"` is no such pair. */
function unquote(value: string): string {
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(value)
  return quoted?.[1] ?? quoted?.[2] ?? value
}

function cut(text: string, at: string): string {
  return text.split(at, 1)[0] ?? text
}

/** White space as Go has it: `String.trim()` leaves U+0085. */
const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** Character by character: an expression that looks for the end tries again from each blank of a long run. */
function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.test(text[start] ?? '')) start += 1
  while (start < end && SPACE.test(text[end - 1] ?? '')) end -= 1
  return text.slice(start, end)
}
