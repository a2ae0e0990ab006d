/** One small change of a source text. */
export interface Mutant {
  /** From 1. */
  readonly line: number
  /** The line as it was, without its indentation. */
  readonly code: string
  readonly from: string
  readonly to: string
  /** The whole text with this change. */
  readonly text: string
}

interface Edit {
  readonly at: number
  readonly from: string
  readonly to: string
}

interface Token {
  readonly kind: string
  readonly text: string
  readonly at: number
}

/** Enough of TypeScript to tell code from comments, and strings and patterns from operators, in code that `bun fmt` wrote. */
const TOKEN = new RegExp(
  [
    /(?<comment>\/\/.*|\/\*[^]*?\*\/)/,
    /(?<template>`(?:[^`\\]|\\[^])*`)/,
    /(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/,
    /(?<pattern>(?<=[(,=:[!&|?{};>]\s*|(?:\n|return)\s*)\/(?![*/\s])(?:\[(?:\\.|[^\]\\\n])*\]|\\.|[^/\\\n[])+\/[a-z]*)/,
    /(?<word>(?:Math\.)?[A-Za-z_$][\w$]*)/,
    /(?<number>[0-9][\w.]*)/,
    /(?<operator>[=!]==|=>|\?\?|\?\.|&&|\|\||<=|>=|[-+*]=|\*\*|(?<= )[-+*/<>](?= )|[^\s])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

const SWAPS: ReadonlyMap<string, readonly string[]> = new Map([
  ['===', ['!==']],
  ['!==', ['===']],
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['&&', ['||']],
  ['||', ['&&']],
  ['??', ['&&']],
  ['!', ['']],
  ['+', ['-']],
  ['-', ['+']],
  ['*', ['/']],
  ['/', ['*']],
  ['**', ['*']],
  ['+=', ['-=']],
  ['-=', ['+=']],
  ['true', ['false']],
  ['false', ['true']],
  ['every', ['some']],
  ['some', ['every']],
  ['Math.min', ['Math.max']],
  ['Math.max', ['Math.min']],
])

const transpiler = new Bun.Transpiler({ loader: 'ts' })

/** Every mutant of a source text that is a program, and another one: changes of types and of syntax are left out. */
export function mutantsOf(source: string): readonly Mutant[] {
  const original = transpiler.transformSync(source)
  return editsOf(source).flatMap(({ at, from, to }) => {
    const text = source.slice(0, at) + to + source.slice(at + from.length)
    const line = source.slice(0, at).split('\n').length
    const code = (source.split('\n')[line - 1] ?? '').trim()
    return isAnother(text, original) ? [{ line, code, from, to, text }] : []
  })
}

function isAnother(text: string, original: string): boolean {
  try {
    return transpiler.transformSync(text) !== original
  } catch {
    return false
  }
}

function editsOf(source: string): readonly Edit[] {
  const tokens = tokensOf(source, 0)
  const inStatements = tokens.flatMap(({ text }, index) => {
    if (text === 'if') return editCondition(tokens.slice(index + 1), source)
    return text === 'return' ? editReturn(tokens.slice(index + 1), source) : []
  })
  return [...tokens.flatMap(editToken), ...inStatements, ...editCalls(source)].toSorted(
    (a, b) => a.at - b.at,
  )
}

function tokensOf(source: string, offset: number): readonly Token[] {
  return [...source.matchAll(TOKEN)].map(({ 0: text, index, groups = {} }) => {
    const [kind = ''] = Object.entries(groups).find(([, found]) => found !== undefined) ?? []
    return { kind, text, at: offset + index }
  })
}

function editToken({ kind, text, at }: Token): readonly Edit[] {
  switch (kind) {
    case 'string':
      return [{ at, from: text, to: text.length > 2 ? "''" : "'x'" }]
    case 'template':
      return [{ at, from: text, to: '``' }, ...editInsertions(text, at)]
    case 'number':
      return ['+', '-'].map((sign) => ({ at, from: text, to: `(${text} ${sign} 1)` }))
    case 'pattern':
      return editPattern(text).map((to) => ({ at, from: text, to }))
    default:
      return (SWAPS.get(text) ?? []).map((to) => ({ at, from: text, to }))
  }
}

function editInsertions(template: string, offset: number): readonly Edit[] {
  return [...template.matchAll(/(?<=\$\{)[^{}]+(?=\})/g)].flatMap(({ 0: code, index }) =>
    tokensOf(code, offset + index).flatMap(editToken),
  )
}

/** Without an anchor, without its flags, with each number of a quantifier one more and one less. */
function editPattern(pattern: string): readonly string[] {
  const parts = /(?<=^\/|[(|])\^|\$(?=[/|)])|(?<=\/)[a-z]+$|(?<=\{(?:\d+,)?)\d+(?=(?:,\d*)?\})/g
  return [...pattern.matchAll(parts)].flatMap(({ 0: part, index }) => {
    const others = /\d/.test(part) ? [Number(part) + 1, Number(part) - 1] : ['']
    return others.map(
      (to) => `${pattern.slice(0, index)}${to}${pattern.slice(index + part.length)}`,
    )
  })
}

/** A condition negated, and one that never holds: its statement is gone. */
function editCondition(tokens: readonly Token[], source: string): readonly Edit[] {
  const at = (tokens[0]?.at ?? 0) + 1
  const from = source.slice(
    at,
    endOf(tokens.slice(1), () => false),
  )
  return [
    { at, from, to: `!(${from})` },
    { at, from, to: 'false' },
  ]
}

function editReturn(tokens: readonly Token[], source: string): readonly Edit[] {
  const at = tokens[0]?.at ?? source.length
  const before = source.slice(0, at)
  const indent = /^ */.exec(before.slice(before.lastIndexOf('\n') + 1))?.[0].length ?? 0
  const from = source.slice(
    at,
    endOf(tokens, (token) => isNext(token, { source, indent })),
  )
  return [{ at, from: from.trimEnd(), to: 'undefined' }]
}

/** Whether a token begins the statement after one with this indentation. */
function isNext({ at }: Token, { source, indent }: { source: string; indent: number }): boolean {
  const blanks = source.slice(source.lastIndexOf('\n', at) + 1, at)
  return blanks.trim() === '' && blanks.length <= indent
}

/** Where the bracket around the tokens closes, or the first token stands at their own depth that `stops`. */
function endOf(tokens: readonly Token[], stops: (token: Token) => boolean): number {
  let depth = 0
  for (const token of tokens) {
    const closes = [')', ']', '}'].includes(token.text)
    if (depth === 0 && (closes || stops(token))) return token.at
    if (['(', '[', '{'].includes(token.text)) depth += 1
    if (closes) depth -= 1
  }
  return tokens.at(-1)?.at ?? 0
}

/** What a mutant changes, with a little of what stands around it. */
export function describeChange({ from, to }: Pick<Mutant, 'from' | 'to'>): string {
  let same = 0
  while (same < from.length && from[same] === to[same]) same += 1
  const start = Math.max(0, same - 8)
  const cut = (text: string) => text.slice(start, start + 40).replace(/\s+/g, ' ')
  return `${cut(from)} -> ${to === '' ? '(nothing)' : cut(to)}`
}

/** A call that is a statement of its own, left out. */
function editCalls(source: string): readonly Edit[] {
  return [...source.matchAll(/(?<=^ +)(?:await )?(?!if|for|while|switch)[\w.]+\(.*\)$/gm)].map(
    ({ 0: from, index }) => ({ at: index, from, to: 'void 0' }),
  )
}
