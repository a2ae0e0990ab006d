import { inside, MAX_DEPTH, type Places, type Source } from './place.ts'
import { scanFlow } from './scan_flow.ts'

/** A mapping or a list that is open. */
export interface Frame {
  readonly indent: number
  readonly field: string
  readonly keys: Set<string>
  /** The number of a list's current entry; `undefined` in a mapping. */
  index: number | undefined
  /** The field of the current entry, or of the current key's value: what is indented further belongs to it. */
  current: string
}

/**
 * Scans a line of block style, and those that its value goes on over.
 *
 * @param row - from 0.
 * @returns the row to go on with; `undefined` where this cannot follow: anchors, tags, explicit keys.
 */
export function scanLine(
  source: Source,
  row: number,
  stack: Frame[],
  places: Places,
): number | undefined {
  const whole = (source.lines[row] ?? '').trimEnd()
  const line = row + 1
  let rest = whole.trimStart()
  let entry: string | undefined
  if (stack.length > MAX_DEPTH) return undefined
  while (/^-(?:\s|$)/.test(rest) && stack.length <= MAX_DEPTH) {
    const list = enter(stack, whole.length - rest.length, true)
    list.index = list.index === undefined ? 0 : list.index + 1
    entry = list.current = inside(list.field, list.index)
    places.found.set(entry, { line })
    rest = rest.slice(1).trimStart()
  }
  const {
    double,
    single,
    plain,
    value = '',
  } = /^(?:"(?<double>[^"\\]*)"|'(?<single>[^']*)'|(?<plain>[\w$./-]+)) *:(?:[ \t]+(?<value>\S.*))?$/.exec(
    rest,
  )?.groups ?? {}
  const key = double ?? single ?? plain
  if (key === undefined) {
    if (entry !== undefined)
      return scanValue(source, row, rest, stack.at(-1)?.indent ?? 0, entry, places)
    if (/^[{[]/.test(rest)) return scanValue(source, row, rest, -1, '', places)
    // A text that goes on. What is no YAML at all, the parser tells.
    return /^[&*!?<]/.test(rest) ? undefined : row + 1
  }
  const indent = whole.length - rest.length
  const mapping = enter(stack, indent, false)
  const field = (mapping.current = inside(mapping.field, key))
  if (mapping.keys.has(key)) places.duplicates.push({ field, line })
  mapping.keys.add(key)
  places.found.set(field, { line })
  return scanValue(source, row, value, indent, field, places)
}

/** The open list or mapping that begins in a column, after closing those further right; a new one if there is none. */
function enter(stack: Frame[], indent: number, isList: boolean): Frame {
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    // A list may begin in the same column as the key that it belongs to.
    const isOver =
      top.indent > indent || (top.indent === indent && top.index !== undefined && !isList)
    if (!isOver) break
    stack.pop()
  }
  const top = stack.at(-1)
  if (top?.indent === indent && (top.index !== undefined) === isList) return top
  const field = top?.current ?? ''
  const frame = {
    indent,
    field,
    keys: new Set<string>(),
    index: isList ? -1 : undefined,
    current: field,
  }
  stack.push(frame)
  return frame
}

/** Scans what stands behind a key or a dash. */
function scanValue(
  source: Source,
  row: number,
  value: string,
  indent: number,
  field: string,
  places: Places,
): number | undefined {
  const line = row + 1
  const start =
    (source.starts[row] ?? 0) + (source.lines[row] ?? '').trimEnd().length - value.length
  if (value === '' || value.startsWith('#')) return row + 1
  const property = /^(?:[&!]\S*\s*)+/.exec(value)?.[0]
  if (property !== undefined) {
    // The value of a tagged scalar is what the parser makes of it.
    const next = scanValue(source, row, value.slice(property.length), indent, field, places)
    if (property.includes('!') && places.found.get(field)?.line === line)
      places.found.set(field, { line })
    return next
  }
  if (value.startsWith('*')) return row + 1
  if (/^[{[]/.test(value)) {
    const end = scanFlow(source, row, start, field, places)
    return end === undefined ? undefined : end + 1
  }
  if (/^[|>]/.test(value)) return endOfBlock(source, row + 1, indent)
  const quoted = /"(?:[^"\\]|\\[^])*"|'(?:[^']|'')*'/y
  quoted.lastIndex = start
  if (/^["']/.test(value)) {
    const [text] = quoted.exec(source.text) ?? []
    return text === undefined ? undefined : row + text.split('\n').length
  }
  places.found.set(field, { line, plain: value.replace(/(?<!\s)\s+#.*$/, '') })
  return row + 1
}

/** The first row that is not part of a text of `|` or `>` style. */
function endOfBlock({ lines }: Source, row: number, indent: number): number {
  const length = lines
    .slice(row)
    .findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent)
  return length === -1 ? lines.length : row + length
}
