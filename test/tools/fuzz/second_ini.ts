/**
 * A second reader of the shared config file, one character after the other, written from the description of the grammar
 * and not from `src/config/ini.ts`: where the two agree on everything that can be made up, neither has a slip of its own.
 */
interface SecondProperty {
  readonly value: string
  readonly line: number
  readonly nested: ReadonlyMap<string, string>
}

/** Properties by key, by section. */
type SecondIni = ReadonlyMap<string, ReadonlyMap<string, SecondProperty>>

interface Open {
  value: string
  readonly line: number
  readonly nested: Map<string, string>
}

type Token =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'pair'; readonly key: string; readonly value: string }
  | { readonly kind: 'indented pair'; readonly key: string; readonly value: string }
  | { readonly kind: 'continuation'; readonly text: string }

const NOTHING: Token = { kind: 'nothing' }

/** What the text says. */
export function readIniAgain(text: string): SecondIni {
  const sections = new Map<string, Map<string, Open>>()
  let section: Map<string, Open> | undefined
  let current: Open | undefined
  let line = 0

  function define(key: string, value: string): void {
    const property = { value, line, nested: new Map<string, string>() }
    section?.set(key, property)
    // Nothing can belong to a property without a name.
    current = key === '' ? undefined : property
  }
  function take(token: Token): void {
    if (token.kind === 'header') {
      section = sections.get(token.name) ?? new Map<string, Open>()
      sections.set(token.name, section)
      current = undefined
    } else if (section === undefined || token.kind === 'nothing') {
      // Nothing counts before the first header.
    } else if (token.kind === 'pair') {
      define(token.key, token.value)
    } else if (token.kind === 'indented pair') {
      if (current?.value === '') current.nested.set(token.key, token.value)
      else define(token.key, trim(beforeComment(token.value)))
    } else if (current !== undefined && current.value !== '') {
      current.value += `\n${token.text}`
    }
  }

  let characters: string[] = []
  for (const character of `${text}\n`) {
    if (character !== '\n') {
      if (character !== '\uFEFF') characters.push(character)
      continue
    }
    line += 1
    take(readHeader(characters) ?? readRest(characters))
    characters = []
  }
  return sections
}

/** A header may be indented; what it is not is left to the other rules. */
function readHeader(characters: readonly string[]): Token | undefined {
  let state: 'before' | 'inside' | 'closed' = 'before'
  let name = ''
  let behind = ''
  for (const character of characters) {
    if (isComment(character)) break
    if (state === 'before') {
      if (character === '[') state = 'inside'
      else if (!isSpace(character)) return undefined
    } else if (character === ']') {
      // Only the last bracket of the line closes.
      name += state === 'closed' ? `]${behind}` : ''
      behind = ''
      state = 'closed'
    } else if (state === 'inside') name += character
    else behind += character
  }
  return state === 'closed' && trim(behind) === ''
    ? { kind: 'header', name: joinWords(trim(name)) }
    : undefined
}

/** A type and a name have one blank between them, whatever was written. */
function joinWords(title: string): string {
  let state: 'type' | 'between' | 'name' = 'type'
  let joined = ''
  for (const character of title) {
    if (state === 'type' && isBlank(character)) {
      state = 'between'
      joined += ' '
    }
    if (state === 'between' && !isBlank(character)) state = 'name'
    if (state !== 'between') joined += character
  }
  return joined
}

function readRest(characters: readonly string[]): Token {
  const first = characters.find((character) => !isBlank(character)) ?? ''
  if (isComment(first) || characters.every(isSpace)) return NOTHING
  const isIndented = isBlank(characters[0] ?? '')
  const text = characters.join('')
  const pair = readPair(isIndented ? text : beforeComment(text))
  if (!isIndented) return pair === undefined ? NOTHING : { kind: 'pair', ...pair }
  if (pair !== undefined) return { kind: 'indented pair', ...pair }
  return {
    kind: 'continuation',
    text: characters.slice(characters.findIndex((each) => !isBlank(each))).join(''),
  }
}

function readPair(text: string): { key: string; value: string } | undefined {
  let state: 'key' | 'value' = 'key'
  let key = ''
  let value = ''
  for (const character of text) {
    if (state === 'value') value += character
    else if (character === '=' || character === ':') state = 'value'
    else key += character
  }
  if (state === 'key') return undefined
  const name = trim(key).toLowerCase()
  const isCommand = name === 'credential_process'
  return { key: name, value: isCommand ? trim(value) : withoutQuotes(trim(value)) }
}

function withoutQuotes(value: string): string {
  const mark = value[0]
  const isQuoted = value.length > 1 && (mark === '"' || mark === "'") && value.endsWith(mark)
  const inside = value.slice(1, -1)
  return isQuoted && !inside.includes(mark) ? inside : value
}

/** A comment begins with its sign, and with a blank before it. */
function beforeComment(text: string): string {
  let before = ''
  for (const character of text) {
    if (isComment(character) && isBlank(before.at(-1) ?? '')) return before.slice(0, -1)
    before += character
  }
  return before
}

function trim(text: string): string {
  let start = 0
  let end = text.length
  while (end > start && isSpace(text[end - 1] ?? '')) end -= 1
  while (start < end && isSpace(text[start] ?? '')) start += 1
  return text.slice(start, end)
}

function isComment(character: string): boolean {
  return character === '#' || character === ';'
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t'
}

/** White space as Go has it. @see https://pkg.go.dev/unicode#IsSpace */
function isSpace(character: string): boolean {
  return /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(
    character,
  )
}
