/** A key's value and where it stands. `nested` holds the indented `key = value` lines below an empty value. */
interface Property {
  readonly value: string
  readonly file: string
  /** Line number, from 1. */
  readonly line: number
  readonly nested: ReadonlyMap<string, string>
}

/** One section: its properties by lower-case key. */
export type Section = ReadonlyMap<string, Property>

/** The sections of a file by their headers. */
export type Sections = ReadonlyMap<string, Section>

/**
 * The sections of an AWS config or credentials file, by name; a header of two words has the key `type name`.
 *
 * There are no syntax errors: a line that is none of the known kinds is ignored, as the AWS SDK for Go does. Sections of
 * the same name are merged and the last value of a key wins. Properties before the first header are ignored. So are byte
 * order marks, also those in the middle, where files were put together: one in front of a header would hide it.
 *
 * @param file - its path, for those who have to say where a value stands.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseIni(text: string, file: string): Sections {
  const sections = new Map<string, Map<string, Property>>()
  let section: Map<string, Property> | undefined
  /** The property that indented lines belong to. */
  let parent: { value: string; readonly nested: Map<string, string> } | undefined
  for (const [index, line] of text.replaceAll('\uFEFF', '').split('\n').entries()) {
    if (!isText(line)) continue
    const header = headerOf(line)
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, Property>()
      sections.set(header, section)
      parent = undefined
      continue
    }
    const isIndented = /^[ \t]/.test(line)
    const pair = splitPair(isIndented ? line : withoutComment(line))
    if (isIndented && pair === undefined && parent !== undefined && parent.value !== '') {
      // A continuation line keeps its comment and its trailing blanks.
      parent.value += `\n${line.replace(/^[ \t]+/, '')}`
    }
    if (section === undefined || pair === undefined) continue
    const [key, raw] = pair
    if (isIndented && parent?.value === '') {
      parent.nested.set(key, raw)
      continue
    }
    // An indented pair with nothing to belong to is an ordinary one, but Go takes off its quotes before its comment.
    const value = isIndented ? trim(withoutComment(raw)) : raw
    const property = { value, file, line: index + 1, nested: new Map<string, string>() }
    section.set(key, property)
    // Go lets no line belong to a property without a name.
    parent = key === '' ? undefined : property
  }
  return sections
}

/**
 * Why nothing, or less than its author meant, would be read from a file, `undefined` where all is well. Passing over such a
 * file would leave the node's own role to sign.
 */
export function whyUnreadable(text: string, sections: Sections): string | undefined {
  const lines = text.split('\n')
  const isLost = sections.size === 0 && lines.some(isText)
  // UTF-16's byte order mark is no UTF-8: it has become two U+FFFD. Without one, the first ASCII character has a NUL beside it.
  if (isLost && /^(?:\uFFFD\uFFFD|[^\0\uFFFD]\0|\0[^\0\uFFFD])/.test(text))
    return 'is UTF-16: save it as UTF-8'
  if ((isLost && text.includes('\uFFFD')) || text.includes('\0')) return 'is not text in UTF-8'
  // The parser takes such a file for one line, so a comment at its front, or behind its first header, would swallow the rest.
  if (/\r[^\r\n]/.test(text)) return 'ends lines with CR alone: save it with LF'
  if (isLost) return 'has text, but no line is a [section]'
  // What stands below would become part of the section above.
  const unclosed = lines.findIndex((line) => line.startsWith('[') && headerOf(line) === undefined)
  return unclosed === -1 ? undefined : `has a [ without its ] in line ${unclosed + 1}`
}

/** Whether a line is neither blank nor a comment. */
function isText(line: string): boolean {
  return trim(line) !== '' && !/^[ \t]*[#;]/.test(line)
}

/** `[type  name] ; comment` as `type name`; `undefined` when the line is no header. Quotes are part of the name. */
function headerOf(line: string): string | undefined {
  const text = trim(line.replace(/[#;].*/s, ''))
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  return trim(text.slice(1, -1)).replace(/[ \t]+/, ' ')
}

/** A `#` or `;` begins a comment only after a blank; without one it belongs to the value. */
function withoutComment(line: string): string {
  return line.replace(/[ \t][#;].*/s, '')
}

/** Key and value around whichever of `=` and `:` comes first; `undefined` when there is neither. */
function splitPair(line: string): readonly [string, string] | undefined {
  const at = line.search(/[=:]/)
  if (at === -1) return undefined
  const key = trim(line.slice(0, at)).toLowerCase()
  const value = trim(line.slice(at + 1))
  // A pair of quotes around the whole is taken off, but `"a" "b"` is no such pair.
  return [key, key === COMMAND ? value : value.replace(/^(?:'([^']*)'|"([^"]*)")$/, '$1$2')]
}

/**
 * The key whose value is a command, and so keeps its quotes: they are the shell's, as in AWS's own example.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
const COMMAND = 'credential_process'

/**
 * Takes white space off both ends, as Go does: `\s` and U+0085, which `String.trim()` leaves. Linear in the length: an
 * expression that looked for the end only would try again from each blank of a long run.
 */
function trim(text: string): string {
  return /^[\s\u0085]*(.*[^\s\u0085])?/s.exec(text)?.[1] ?? ''
}
