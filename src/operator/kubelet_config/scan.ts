import type { Place, Places } from './place.ts'
import { type Frame, scanLine } from './scan_block.ts'

/** What only the text of a file tells, and not its value. */
export interface Scan extends Places {
  /** The first document of the file; the kubelet reads no other. */
  readonly document: string
  /** The line where another document begins, if there is anything in it. */
  readonly secondDocument: number | undefined
  /** The first line that is indented by a tab, where that matters. */
  readonly tab: number | undefined
}

/**
 * Finds the lines of fields, equal keys, tabs and documents in a YAML text of block style, with flow style (and so JSON)
 * inside. It stops at what is rare there, such as anchors: fields behind it have no line.
 */
export function scanYaml(text: string): Scan {
  const all = text.split('\n')
  const end = endOfDocument(all)
  const lines = all.slice(0, end)
  const document = lines.join('\n')
  let length = 0
  const starts = lines.map((line) => (length += line.length + 1) - line.length - 1)
  const source = { text: document, lines, starts }
  const places: Places = { found: new Map<string, Place>(), duplicates: [] }
  const stack: Frame[] = []
  const more = all.slice(end + 1).some((line) => !isBlank(line) && !isMarker(line))
  let tab: number | undefined
  let row = 0
  while (row < lines.length) {
    const line = lines[row] ?? ''
    if (/^ *(?:- *)*\t/.test(line)) {
      tab = row + 1
      break
    }
    const isOver = isBlank(line) || /^(?:%|---)/.test(line)
    const next = isOver ? row + 1 : scanLine(source, row, stack, places)
    if (next === undefined) break
    row = next
  }
  return { ...places, document, secondDocument: more ? end + 1 : undefined, tab }
}

/** The row of the mark that ends the first document, or that of the end of the file: a document may be without anything. */
function endOfDocument(lines: readonly string[]): number {
  const first = lines.findIndex((line) => !isBlank(line) && !line.startsWith('%'))
  const length = lines.slice(first + 1).findIndex(isMarker)
  return first === -1 || length === -1 ? lines.length : first + 1 + length
}

function isMarker(line: string): boolean {
  return /^(?:---|\.\.\.)(?:\s|$)/.test(line)
}

function isBlank(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line)
}
