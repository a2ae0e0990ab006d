import type { Case } from './cases.ts'
import type { Outcome, Sample } from './measure.ts'
import type { CaseOutcomes } from './plot.ts'
import { median, pairwiseRatio } from './statistics.ts'

/** The case as plain text: what it is, and a line for each program. */
export function formatCase(each: Case, outcomes: readonly Outcome[]): string {
  const rounds = outcomes[0]?.samples.length ?? 0
  // Print and the peers are what others are held against.
  const bases = outcomes.filter(({ program }) => program.role !== 'ours')
  const versus = bases.map(({ program }) => `/ ${program.name}`)
  const header = [
    'program',
    'wall ms',
    ...versus,
    'CPU ms',
    ...versus,
    'RSS MB',
    'anon MB',
    'minor',
    'major',
  ]
  const rows = outcomes.map((outcome) => [
    outcome.program.name,
    ...formatTimes(outcome, { key: 'wallMs', bases }),
    ...formatTimes(outcome, { key: 'cpuMs', bases }),
    outcome.rssMb.toFixed(1),
    outcome.anonymousMb.toFixed(1),
    median(pick(outcome, 'minorFaults')).toFixed(0),
    median(pick(outcome, 'majorFaults')).toFixed(0),
  ])
  const evictions = outcomes.filter(() => each.cold).map(describeEvictions)
  const title = `${each.name}: ${each.about}; ${rounds} rounds`
  return [title, ...formatTable([header, ...rows]), ...evictions].join('\n')
}

/** All cases as one Markdown table, for the README: medians, and the medians of each round's ratios. */
export function formatSummary(cases: readonly CaseOutcomes[]): string {
  const names = (cases[0]?.outcomes ?? []).map(({ program }) => program.name)
  const others = (cases[0]?.outcomes ?? []).filter(({ program }) => program.role !== 'ours')
  const ratios = others.flatMap(({ program }) => [
    `wall / ${program.name}`,
    `CPU / ${program.name}`,
  ])
  const header = ['case', ...names.map((name) => `${name}, ms`), ...ratios]
  const rows = cases.map(({ each, outcomes }) => {
    const ours = outcomes.filter(({ program }) => program.role === 'ours')
    const bases = outcomes.filter(({ program }) => program.role !== 'ours')
    const walls = outcomes.map((outcome) => median(pick(outcome, 'wallMs')).toFixed(1))
    const held = bases.flatMap((base) =>
      (['wallMs', 'cpuMs'] as const).flatMap((key) =>
        ours.map((own) => pairwiseRatio(pick(own, key), pick(base, key)).toFixed(2)),
      ),
    )
    return [each.name, ...walls, ...held]
  })
  const lines = [header, header.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function formatTimes(
  outcome: Outcome,
  { key, bases }: { readonly key: 'wallMs' | 'cpuMs'; readonly bases: readonly Outcome[] },
): readonly string[] {
  const own = pick(outcome, key)
  const ratios = bases.map((base) =>
    base === outcome ? '1' : pairwiseRatio(own, pick(base, key)).toFixed(2),
  )
  return [median(own).toFixed(2), ...ratios]
}

function pick({ samples }: Outcome, key: keyof Sample): readonly number[] {
  return samples.map((sample) => sample[key])
}

function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
}

function describeEvictions({ program, evictions }: Outcome): string {
  const left = evictions.flatMap(({ resident }) => resident ?? [])
  const pages = evictions[0]?.pages ?? 0
  if (left.length === 0) return `${program.name}: mincore does not tell what was left in memory`
  const [most, usual] = [Math.max(...left), median(left)]
  return `${program.name}: of ${pages} pages ${usual} in memory after eviction, ${most} at most`
}
