const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** What stands at one place of a document, and where it ends. */
export type Piece =
  | { readonly kind: 'skip'; readonly end: number }
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | {
      readonly kind: 'start'
      readonly tag: string
      readonly isEmpty: boolean
      readonly end: number
    }
  | { readonly kind: 'end'; readonly tag: string; readonly end: number }

/** The piece that begins at `at`, `undefined` when it is not well-formed or not complete. */
export function readPiece(text: string, at: number): Piece | undefined {
  if (text[at] !== '<') {
    const end = text.indexOf('<', at)
    const raw = text.slice(at, end === -1 ? text.length : end)
    const resolved = resolveEntities(raw)
    return resolved === undefined
      ? undefined
      : { kind: 'text', text: resolved, end: at + raw.length }
  }
  if (text.startsWith('<!--', at)) {
    // XML 1.0, 2.5: no `--` in a comment.
    const end = text.indexOf('--', at + 4)
    return end !== -1 && text[end + 2] === '>' ? { kind: 'skip', end: end + 3 } : undefined
  }
  if (text.startsWith('<?', at)) return skipTo(text, '?>', at + 2)
  if (text.startsWith('<![CDATA[', at)) {
    const end = text.indexOf(']]>', at)
    return end === -1 ? undefined : { kind: 'text', text: text.slice(at + 9, end), end: end + 3 }
  }
  const isEnd = text[at + 1] === '/'
  const tag = readName(text, isEnd ? at + 2 : at + 1)
  if (tag === '') return undefined
  let next = at + (isEnd ? 2 : 1) + tag.length
  if (!isEnd) next = skipAttributes(text, next)
  next = skipBlanks(text, next)
  const isEmpty = !isEnd && text[next] === '/'
  if (isEmpty) next += 1
  if (text[next] !== '>') return undefined
  return isEnd
    ? { kind: 'end', tag, end: next + 1 }
    : { kind: 'start', tag, isEmpty, end: next + 1 }
}

function skipTo(text: string, mark: string, from: number): Piece | undefined {
  const end = text.indexOf(mark, from)
  return end === -1 ? undefined : { kind: 'skip', end: end + mark.length }
}

/** Where the attributes end. What is no attribute is left standing, and then is not the `>` that must follow. */
function skipAttributes(text: string, from: number): number {
  let at = from
  for (;;) {
    const start = skipBlanks(text, at)
    const name = readName(text, start)
    const equals = skipBlanks(text, start + name.length)
    const quote = skipBlanks(text, equals + 1)
    const mark = text[quote] ?? ''
    const end = text.indexOf(mark, quote + 1)
    const isAttribute = start > at && name !== '' && text[equals] === '=' && /^["']$/.test(mark)
    if (!isAttribute || end === -1) return at
    const value = text.slice(quote + 1, end)
    if (value.includes('<') || resolveEntities(value) === undefined) return at
    at = end + 1
  }
}

// Names of AWS are ASCII; a wider alphabet is not needed, and a narrower one is easier to be sure of.
function readName(text: string, at: number): string {
  return /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y.exec(text.slice(at, at + 200))?.[0] ?? ''
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text[at] ?? '')) at += 1
  return at
}

/** Whether a text is white space only, or empty. */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text)
}

/** Text with its references resolved, `undefined` when one of them is unknown. */
function resolveEntities(raw: string): string | undefined {
  const [first = '', ...rest] = raw.split('&')
  let text = first
  for (const part of rest) {
    const end = part.indexOf(';')
    const character = end === -1 ? undefined : resolveEntity(part.slice(0, end))
    if (character === undefined) return undefined
    text += character + part.slice(end + 1)
  }
  return text
}

function resolveEntity(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES.get(name)
  const [, hexadecimal, decimal] = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name) ?? []
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
  return isCharacter(code) ? String.fromCodePoint(code) : undefined
}

/** @see https://www.w3.org/TR/xml/#NT-Char */
function isCharacter(code: number): boolean {
  if (code === 0x9 || code === 0xa || code === 0xd) return true
  return (
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  )
}
