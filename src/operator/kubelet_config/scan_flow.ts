import { inside, MAX_DEPTH, type Places, type Source } from './place.ts'

/** A mapping or a list that is open. */
interface Frame {
  readonly field: string
  /** How many entries of a list came before; `undefined` in a mapping. */
  index: number | undefined
  readonly keys: Set<string>
  /** The key whose value comes next. */
  key: string | undefined
}

/**
 * Finds the fields of a value in brackets.
 *
 * @param row - the line of its opening bracket, from 0, which stands at `start` of the text.
 * @returns the row behind that of its closing bracket; `undefined` where there is none, or this cannot follow.
 */
export function scanFlow(
  { text }: Source,
  row: number,
  start: number,
  field: string,
  places: Places,
): number | undefined {
  // Blanks, comments, brackets, the colon behind a key, quoted scalars, plain ones.
  const tokens =
    /\s+|#.*|[{}[\],]|:(?=[\s,{}[\]]|$)|(?<=["'}\]]):|"(?:[^"\\]|\\[^])*"|'(?:[^']|'')*'|(?:[^\s,{}[\]:"'#]|:(?=[^\s,{}[\]]))(?:[^,{}[\]\n:#]|:(?=[^\s,{}[\]])|(?<!\s)#)*/y
  const stack: Frame[] = []
  let at = start
  let line = row + 1
  while (at < text.length) {
    tokens.lastIndex = at
    const [token] = tokens.exec(text) ?? []
    if (token === undefined) return undefined
    at += token.length
    const top = stack.at(-1)
    if (token === '{' || token === '[') {
      const own = top === undefined ? field : inside(top.field, top.index ?? top.key ?? '')
      if (own !== '') places.found.set(own, { line })
      if (stack.length > MAX_DEPTH) return undefined
      const index = token === '[' ? 0 : undefined
      stack.push({ field: own, index, keys: new Set(), key: undefined })
    } else if (top === undefined) {
      return undefined
    } else if (token === '}' || token === ']') {
      stack.pop()
      if (stack.length === 0) return line
    } else if (token === ',') {
      top.key = undefined
      if (top.index !== undefined) top.index++
    } else if (/^[^\s#:]|^:./.test(token)) {
      readScalar(token, line, top, places)
    }
    line += token.split('\n').length - 1
  }
  return undefined
}

function readScalar(token: string, line: number, frame: Frame, places: Places): void {
  const isQuoted = /^["']/.test(token)
  const text = isQuoted ? token.slice(1, -1) : token.trimEnd()
  const name = frame.index ?? frame.key
  if (name !== undefined) {
    places.found.set(inside(frame.field, name), isQuoted ? { line } : { line, plain: text })
    return
  }
  const own = inside(frame.field, text)
  if (frame.keys.has(text)) places.duplicates.push({ field: own, line })
  frame.keys.add(text)
  frame.key = text
  places.found.set(own, { line })
}
