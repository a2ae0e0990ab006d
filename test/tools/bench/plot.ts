import type { Case } from './cases.ts'
import type { Outcome } from './measure.ts'
import { median } from './statistics.ts'

/** The outcomes of a case. */
export interface CaseOutcomes {
  readonly each: Case
  readonly outcomes: readonly Outcome[]
}

const [WIDTH, LEFT, BAR, ROW, MARGIN] = [720, 190, 14, 20, 16]
const COLORS = { print: '#9aa0a6', ours: '#1a73e8', peer: '#e8710a' } as const

/** A bar for the median wall time of each program in each case; every case has a scale of its own. */
export function drawPlot(cases: readonly CaseOutcomes[], caption: readonly string[]): string {
  const parts: string[] = []
  let y = MARGIN
  const text = (x: number, content: string, attributes = '') =>
    parts.push(`<text x="${x}" y="${y + BAR - 3}"${attributes}>${escape(content)}</text>`)
  for (const { each, outcomes } of cases) {
    text(MARGIN, `${each.name}, wall ms`, ' font-weight="bold"')
    y += ROW
    const medians = outcomes.map(({ samples }) => median(samples.map(({ wallMs }) => wallMs)))
    const scale = (WIDTH - LEFT - 80) / Math.max(...medians)
    outcomes.forEach(({ program }, index) => {
      const value = medians[index] ?? 0
      const width = (value * scale).toFixed(1)
      text(LEFT - 8, program.name, ' text-anchor="end"')
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" fill="${COLORS[program.role]}"/>`,
      )
      text(LEFT + Number(width) + 6, value.toFixed(1))
      y += ROW
    })
    y += ROW / 2
  }
  for (const line of caption) {
    text(MARGIN, line, ' fill="#5f6368"')
    y += ROW
  }
  const size = `width="${WIDTH}" height="${y + MARGIN}" viewBox="0 0 ${WIDTH} ${y + MARGIN}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
