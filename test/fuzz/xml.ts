import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'

import fc from 'fast-check'

import { parseXml, type XmlElement } from '../../src/aws/xml.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const SUBJECT = { code: 'bad_response', name: 'the answer' } as const
const STS = readFileSync(
  new URL('../vectors/protocol/sts-xml/responses/sts-get-session-token.xml', import.meta.url),
)

const NAME = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,5}$/)
const TEXT = fc
  .string({ unit: 'binary' })
  .map((text) => text.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, ''))
const LEAF = fc.record(
  { name: NAME, text: TEXT, children: fc.constant<XmlElement[]>([]) },
  { noNullPrototype: true },
)
const ELEMENT = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    LEAF,
    fc.record(
      { name: NAME, text: TEXT, children: fc.array(tie('element'), { maxLength: 3 }) },
      { noNullPrototype: true },
    ),
  ),
})).element

/** One of the ways to write a character; `choice` decides which. */
function encode(character: string, choice: number): string {
  const code = character.codePointAt(0) ?? 0
  if (choice === 0 || /[<&>\r]/.test(character)) return `&#${code};`
  if (choice === 1) return `&#x${code.toString(16)};`
  return character
}

function serialise({ name, text, children }: XmlElement, choices: () => number): string {
  const useCdata = choices() === 0 && !text.includes(']]>')
  const written = useCdata
    ? `<![CDATA[${text}]]>`
    : Array.from(text)
        .map((character) => encode(character, choices()))
        .join('')
  const inside = children
    .map((child) => serialise(child, choices))
    .join(choices() === 1 ? '<!-- c -->' : '')
  return `<p:${name} a="b">${written}${inside}</p:${name}>`
}

const WHOLE = '<?xml version="1.0"?><r x="1"><a>v&amp;</a><![CDATA[c]]><!-- d --><b/></r>'
const piece = fc.constantFrom(
  SENTINEL,
  '<',
  '>',
  '/',
  '&',
  ';',
  '#',
  '"',
  "'",
  '=',
  '!',
  '-',
  '[CDATA[',
  ']]>',
  '?',
  ' ',
  'a',
  ':',
)
const texts = fc.oneof(
  fc.string(),
  fc.array(piece).map((parts) => parts.join('')),
  fc
    .tuple(fc.nat(WHOLE.length), fc.nat(WHOLE.length), piece)
    .map(([from, to, put]) => WHOLE.slice(0, from) + put + WHOLE.slice(to)),
)
const change = fc.tuple(fc.nat(STS.length - 1), fc.nat(255))

const parse = (text: string) => parseXml(new TextEncoder().encode(text), SUBJECT)

/** What is written is read, and what is not well-formed is refused without a word of it. */
export const XML = [
  target('parseXml() reads back what was written in any of the ways', {
    inputs: fc.tuple(ELEMENT, fc.array(fc.nat(3), { minLength: 1, maxLength: 97 })),
    judge: ([element, plan]) => {
      let turn = 0
      const choices = () => plan[turn++ % plan.length] ?? 3
      expect(parse(serialise(element, choices))).toEqual(element)
    },
  }),
  target('parseXml() throws nothing but a Failure', {
    inputs: texts,
    judge: (text) => acceptedBy(() => parse(text)),
  }),
  target('parseXml() throws nothing but a Failure when bytes of an answer of STS are changed', {
    inputs: fc.array(change, { minLength: 1, maxLength: 4 }),
    judge: (changes) => {
      const bytes = Uint8Array.from(STS)
      for (const [at, byte] of changes) bytes[at] = byte
      acceptedBy(() => parseXml(bytes, SUBJECT))
    },
  }),
]
