import type { Place, Places } from './place.ts'
import { type Frame, scanLine } from './scan_block.ts'

/** What only the text of a file tells, and not its value. */
export interface Scan extends Places {
  /** The first line that is indented by a tab, where that matters. */
  readonly tab: number | undefined
  /** The line where a second document begins. */
  readonly secondDocument: number | undefined
}

/**
 * Finds the lines of fields, equal keys, tabs and documents in a YAML text of block style, with flow style (and so JSON)
 * inside. It stops at what is rare there, such as anchors: fields behind it have no line.
 */
export function scanYaml(text: string): Scan {
  const lines = text.split('\n')
  let length = 0
  const starts = lines.map((line) => (length += line.length + 1) - line.length - 1)
  const source = { text, lines, starts }
  const places: Places = { found: new Map<string, Place>(), duplicates: [] }
  const stack: Frame[] = []
  let tab: number | undefined
  const end = secondDocument(lines)
  for (let row = 0; row < (end ?? lines.length);) {
    const line = lines[row] ?? ''
    if (isBlank(line) || /^(?:%|---|\.\.\.)/.test(line)) {
      row++
      continue
    }
    if (/^ *\t/.test(line)) {
      tab = row + 1
      break
    }
    const next = scanLine(source, row, stack, places)
    if (next === undefined) break
    row = next
  }
  return { ...places, tab, secondDocument: end === undefined ? undefined : end + 1 }
}

/** The row of the `---` behind a document, which is one wherever it stands in the first column. */
function secondDocument(lines: readonly string[]): number | undefined {
  const first = lines.findIndex((line) => !isBlank(line) && !/^(?:%|---\s*(?:#.*)?$)/.test(line))
  if (first === -1) return undefined
  const length = lines.slice(first + 1).findIndex((line) => /^---(?:\s|$)/.test(line))
  return length === -1 ? undefined : first + 1 + length
}

function isBlank(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line)
}
