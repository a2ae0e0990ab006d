/** A key's value and where it stands. `nested` holds the indented `key = value` lines below an empty value. */
export interface Property {
  readonly value: string
  /** Line number, from 1. */
  readonly line: number
  readonly nested: ReadonlyMap<string, string>
}

/** One section: its properties by lower-case key. */
export type Section = ReadonlyMap<string, Property>

/**
 * The sections of an AWS config or credentials file, by name; a header of two words has the key `type name`.
 *
 * There are no syntax errors: a line that is none of the known kinds is ignored, as the AWS SDK for Go does. Sections of
 * the same name are merged and the last value of a key wins. Properties before the first header are ignored.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, Property>>()
  let section: Map<string, Property> | undefined
  // The property that indented lines belong to.
  let current: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = trim(line)
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue
    const header = headerOf(line)
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, Property>()
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
      section.set(current, { ...open, value: `${open.value}\n${trimStart(line)}` })
      continue
    }
    if (indented && pair !== undefined && current !== undefined && open?.value === '') {
      section.set(current, { ...open, nested: new Map([...open.nested, pair]) })
      continue
    }
    // An indented pair with nothing to belong to is an ordinary one.
    const [key, value] = splitPair(withoutComment(line)) ?? []
    if (key === undefined || value === undefined) continue
    section.set(key, { value, line: index + 1, nested: new Map() })
    current = key
  }
  return sections
}

/** `[type  name] ; comment` as `type name`; `undefined` when the line is no header. Quotes are part of the name. */
function headerOf(line: string): string | undefined {
  const text = trim(cut(cut(line, '#'), ';'))
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  const inside = trim(text.slice(1, -1))
  const blank = inside.search(/[ \t]/)
  if (blank === -1) return inside
  return `${inside.slice(0, blank)} ${trim(inside.slice(blank))}`
}

/** A `#` or `;` begins a comment only after a blank; without one it belongs to the value. */
function withoutComment(line: string): string {
  return [' #', ' ;', '\t#', '\t;'].reduce(cut, line)
}

/** Key and value around whichever of `=` and `:` comes first; `undefined` when there is neither. */
function splitPair(line: string): readonly [string, string] | undefined {
  const at = line.search(/[=:]/)
  if (at === -1) return undefined
  return [trim(line.slice(0, at)).toLowerCase(), unquote(trim(line.slice(at + 1)))]
}

function unquote(value: string): string {
  const quoted = /^(?:'([^]*)'|"([^]*)")$/.exec(value)
  return quoted?.[1] ?? quoted?.[2] ?? value
}

function cut(text: string, at: string): string {
  return text.split(at, 1)[0] ?? text
}

// Not String.trim(), which would also take a byte order mark: Go keeps it, and the first header with it is no header.
function trim(text: string): string {
  return trimStart(text).replace(/[ \t\r\n\v\f]+$/, '')
}

function trimStart(text: string): string {
  return text.replace(/^[ \t\r\n\v\f]+/, '')
}
