import type { Setting } from '../src/config/kinds.ts'
import { SETTINGS } from '../src/config/settings_table.ts'
import { SOURCES } from '../src/config/source_settings.ts'

/** What stands in the README before and after the generated tables. */
export const MARKERS = ['<!-- generated from src/config: begin -->', '<!-- end -->'] as const

/** The README's tables of variables and profile keys, made from the tables that the program reads its settings by. */
export function formatSettings(): string {
  return [
    'Sources of credentials. A variable does not complete a profile, nor a profile a variable.',
    formatTable(Object.values(SOURCES), false),
    'Everything else. Where both are set, the variable wins.',
    formatTable(Object.values(SETTINGS), true),
  ].join('\n\n')
}

function formatTable(settings: readonly Setting<unknown>[], withAccepts: boolean): string {
  const head = ['variable', 'profile key', 'effect', ...(withAccepts ? ['accepted'] : [])]
  const rows = settings.map(({ env, key, effect, accepts }) => [
    env.map((name) => `\`${name}\``).join(', else '),
    key === undefined ? '' : `\`${key}\``,
    effect,
    ...(withAccepts ? [accepts] : []),
  ])
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
