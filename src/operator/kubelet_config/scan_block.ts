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
 * Scans a line of block style, and those that a value in brackets goes on over.
 *
 * @param row - from 0.
 * @returns the row to go on with; `undefined` where this cannot follow: anchors, tags, explicit keys, texts in several lines.
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
    if (entry !== undefined) return scanValue(source, row, rest, entry, places)
    if (/^[{[]/.test(rest)) return scanValue(source, row, rest, '', places)
    // A text that goes on. What is no YAML at all, the parser tells.
    return /^[&*!?<]/.test(rest) ? undefined : row + 1
  }
  const mapping = enter(stack, whole.length - rest.length, false)
  const field = (mapping.current = inside(mapping.field, key))
  if (mapping.keys.has(key)) places.duplicates.push({ field, line })
  mapping.keys.add(key)
  places.found.set(field, { line })
  return scanValue(source, row, value, field, places)
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
  field: string,
  places: Places,
): number | undefined {
  if (value === '' || value.startsWith('#')) return row + 1
  if (/^[{[]/.test(value)) {
    const end = (source.starts[row] ?? 0) + (source.lines[row] ?? '').trimEnd().length
    return scanFlow(source, row, end - value.length, field, places)
  }
  if (/^[&*!|>]/.test(value)) return undefined
  if (/^["']/.test(value)) {
    return /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.test(value) ? row + 1 : undefined
  }
  places.found.set(field, { line: row + 1, plain: value.replace(/(?<!\s)\s+#.*$/, '') })
  return row + 1
}
