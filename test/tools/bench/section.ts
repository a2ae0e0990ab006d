import type { Case } from './cases.ts'
import type { Outcome, Sample } from './race.ts'
import { median, pairedRatio, type Ratio } from './statistics.ts'

/** What came of a case: ours, and what it is held against. */
export interface Result {
  readonly each: Case
  readonly ours: Outcome
  readonly peer: Outcome
  readonly wall: Ratio
  readonly cpu: Ratio
}

/** What stands in the README around the short table, and around all figures. */
export const SHORT_MARKERS = [
  '<!-- from the benchmark, in short: begin -->',
  '<!-- end of short -->',
] as const
export const FULL_MARKERS = [
  '<!-- from the benchmark: begin -->',
  '<!-- end of figures -->',
] as const

const BAR_CELLS = 40

/** Holds ours against the other. */
export function compare(each: Case, ours: Outcome, peer: Outcome): Result {
  const ratio = (key: 'wallMs' | 'cpuMs') => pairedRatio(pick(ours, key), pick(peer, key))
  return { each, ours, peer, wall: ratio('wallMs'), cpu: ratio('cpuMs') }
}

/** All figures as Markdown: a table, the wall times as bars, and what each case is. */
export function formatFull(results: readonly Result[], machine: string): string {
  const name = results[0]?.peer.program.name ?? ''
  const header = [
    'case',
    'rounds',
    `wall ms: ours / ${name}`,
    'ratio (95 %)',
    `CPU ms: ours / ${name}`,
    'ratio (95 %)',
    `peak MB: ours / ${name}`,
    `calls to ECR: ours / ${name}`,
  ]
  const rows = results.map((result) => [
    result.each.name,
    `${result.ours.samples.length}`,
    formatBoth(result, 'wallMs', 1),
    formatRatio(result.wall),
    formatBoth(result, 'cpuMs', 1),
    formatRatio(result.cpu),
    `${result.ours.peakMb.toFixed(0)} / ${result.peer.peakMb.toFixed(0)}`,
    formatBoth(result, 'ecrCalls', 0),
  ])
  return [
    machine,
    formatTable(header, rows),
    `\`\`\`text\nwall time, ms\n${results.flatMap(drawBars).join('\n')}\n\`\`\``,
    results.map(describe).join('\n'),
  ].join('\n\n')
}

/** The table at the top of the README, and where we are not faster. */
export function formatShort(results: readonly Result[]): string {
  const name = results[0]?.peer.program.name ?? ''
  const rows = results
    .filter(({ each }) => each.short !== undefined)
    .map(({ each, wall, cpu }) => [
      `${each.name}: ${each.short}`,
      wall.value.toFixed(2),
      cpu.value.toFixed(2),
    ])
  const most = (side: 'ours' | 'peer') =>
    Math.max(...results.map((result) => result[side].peakMb)).toFixed(0)
  return [
    formatTable([`time, ours / ${name}`, 'wall', 'CPU'], rows),
    `${nameSlower(results)} It needs up to ${most('ours')} MB of memory, ${name} ${most('peer')} MB.`,
  ].join('\n\n')
}

/** Where the wall time is not clearly below the peer's. */
function nameSlower(results: readonly Result[]): string {
  const slower = results
    .filter(({ wall }) => wall.high >= 1)
    .map(({ each, wall }) => `\`${each.name}\` (${wall.value.toFixed(2)})`)
  return slower.length === 0
    ? 'It was faster in every case that was measured.'
    : `It is not faster in: ${slower.join(', ')}.`
}

function describe({ each, ours }: Result): string {
  const ms = median(pick(ours, 'readAheadMs')).toFixed(0)
  const took = each.file === 'read ahead' ? ` It took ${ms} ms.` : ''
  return `- \`${each.name}\`: ${each.about}.${took}`
}

function pick({ samples }: Outcome, key: keyof Sample): readonly number[] {
  return samples.map((sample) => sample[key])
}

function formatBoth({ ours, peer }: Result, key: keyof Sample, digits: number): string {
  return [ours, peer].map((outcome) => median(pick(outcome, key)).toFixed(digits)).join(' / ')
}

function formatRatio({ value, low, high }: Ratio): string {
  return `${value.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'))
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Both wall times of a case; the longer one sets the scale. */
function drawBars({ each, ours, peer }: Result): readonly string[] {
  const times = [ours, peer].map((outcome) => median(pick(outcome, 'wallMs')))
  const longest = Math.max(...times)
  return times.map((ms, index) => {
    const [label, name] = index === 0 ? [each.name, 'ours'] : ['', peer.program.name]
    const bar = '█'.repeat(Math.round((ms / longest) * BAR_CELLS))
    return `${label.padEnd(24)}${name.padStart(6)} ${bar} ${ms.toFixed(1)}`
  })
}
