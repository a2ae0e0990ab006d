import type { Node } from './make.ts'
import { kindOfPlain } from './scalar.ts'

/** A value as JSON. */
export function writeJson(value: Node): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** A value as YAML of block style, in lines. */
export function writeYaml(value: Node): readonly string[] {
  if (typeof value === 'boolean') return [`${value}`]
  if (typeof value === 'string') return [writeText(value)]
  if (isList(value)) return value.flatMap((entry) => writeEntry(writeYaml(entry)))
  return Object.entries(value).flatMap(([key, own]) => {
    const lines = writeYaml(own)
    const isScalar = typeof own === 'string' || typeof own === 'boolean'
    return isScalar
      ? [`${key}: ${lines.join('')}`]
      : [`${key}:`, ...lines.map((line) => `  ${line}`)]
  })
}

function isList(value: Node): value is readonly Node[] {
  return Array.isArray(value)
}

function writeEntry([first = '', ...rest]: readonly string[]): readonly string[] {
  return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
}

/** In quotes, unless every reader of YAML takes it for a text without them. */
function writeText(text: string): string {
  const isPlain = /^[A-Za-z][\w./-]*$/.test(text) && kindOfPlain(text) === 'string'
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`
}
