import { parseJson } from '../../base/decode.ts'
import { coded } from '../../base/failure.ts'
import type { Finding } from './finding.ts'
import type { Scan } from './scan.ts'
import { parseYaml } from './yaml.ts'

/** More lines than any configuration has, and few enough to parse them again and again. */
const MAX_TRIED_LINES = 1000

/** The value of a file, or why no kubelet can read it. What begins with a brace is JSON to the kubelet, and nothing else. */
export function parseDocument(text: string, scan: Scan): { readonly value: unknown } | Finding {
  if (/^[\t-\r ]*\{/.test(text)) {
    const found = attempt(() => parseJson(new TextEncoder().encode(text), coded))
    return found ?? refuseJson(text)
  }
  if (scan.tab !== undefined)
    return refuse('tab', scan.tab, 'is indented by a tab', 'indent by spaces')
  const found = attempt(() => parseYaml(scan.document))
  if (found !== undefined) return found
  const fix = "put what begins with * or has ': ' in it in quotes, and indent by spaces alone"
  return refuse('not_yaml', firstBadLine(scan.document), 'is not valid YAML', fix)
}

/** What a parser gives, `undefined` when it throws. */
function attempt(parse: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: parse() }
  } catch {
    return undefined
  }
}

function refuseJson(text: string): Finding {
  const comma = text.search(/,\s*[}\]]/)
  if (comma === -1) {
    const fix = 'remove comments, and what stands behind the last brace'
    return refuse('not_json', undefined, 'begins with a brace and is not valid JSON', fix)
  }
  const line = text.slice(0, comma).split('\n').length
  const problem = 'has a comma behind the last entry, which is not JSON'
  return refuse('not_json', line, problem, 'remove it')
}

/** The line behind the longest beginning that is YAML; the parser itself names none. */
function firstBadLine(text: string): number | undefined {
  const lines = text.split('\n').slice(0, MAX_TRIED_LINES)
  const good = lines.findLastIndex(
    (_, at) => attempt(() => parseYaml(lines.slice(0, at).join('\n'))) !== undefined,
  )
  const bad = lines.findIndex((line, at) => at >= good && line.trim() !== '')
  return bad === -1 ? undefined : bad + 1
}

function refuse(id: string, line: number | undefined, problem: string, fix: string): Finding {
  const place = line === undefined ? {} : { line }
  return { ...place, field: '', level: 'refused', id, problem, fix }
}
