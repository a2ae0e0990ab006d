import { expect } from 'bun:test'

import fc from 'fast-check'

import { parseIni } from '../../../src/config/ini.ts'
import { readIniAgain } from './second_ini.ts'
import { target } from './target.ts'

const word = fc.constantFrom(
  'a',
  'K',
  'ecr',
  'profile',
  'region',
  'credential_process',
  'é',
  '__proto__',
  '"',
  "'",
  '',
)
const blank = fc.constantFrom('', '', ' ', '\t', ' \t ', '\u00a0', '\v', '\u0085', '\uFEFF')
const comment = fc.constantFrom('', '', '', ' # c', '\t; d', '#e', ';f', ' ;"', '\r')
const separator = fc.constantFrom('=', '=', ':', ' = ', '==', ': =')
const value = fc.constantFrom(
  '',
  '',
  'v',
  '"v"',
  "'v'",
  '"',
  '""',
  `"v'`,
  '"a #b"',
  '"v" "w"',
  `"it's"`,
  'http://h:1/?a=b',
  'v w',
)
const words = fc.array(fc.oneof(word, blank), { maxLength: 4 }).map((parts) => parts.join(''))

const header = fc.oneof(
  fc.tuple(blank, fc.constant('['), words, fc.constantFrom(']', ']', ']', '', ']]'), comment),
  fc.tuple(
    fc.constantFrom('[profile a]', '[ a ]', '[default]', '[services\t x ]', '[sso-session a]'),
    comment,
  ),
)
const pair = fc.tuple(blank, word, comment, separator, value, comment)
const indented = fc.tuple(fc.constantFrom(' ', '\t', '  '), word, separator, value, comment)
const anything = fc.array(
  fc.oneof(fc.constantFrom('[', ']', '=', ':', '#', ';', ' ', '\t', '\r', '"', 'a'), fc.string()),
  { maxLength: 6 },
)
const line = fc
  .oneof(header, pair, indented, fc.tuple(blank, words, comment), anything)
  .map((parts) => parts.join(''))

/** Files with many lines of every kind, and a few of none. */
const iniFiles = fc
  .tuple(
    fc.constantFrom('', '', '', '\uFEFF'),
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\n', '\r\n'),
  )
  .map(([mark, lines, end]) => mark + lines.join(end))

function plain(sections: ReturnType<typeof readIniAgain>): object {
  return [...sections].map(([name, section]) => [
    name,
    [...section].map(([key, { nested, ...own }]) => [key, own.value, own.line, [...nested]]),
  ])
}

/** Whatever stands in a file, both readers see the same in it. */
export const INI = [
  target('parseIni() reads what a second reader of the grammar reads', {
    inputs: iniFiles,
    // White space beyond ASCII, quotes of an indented pair before its comment, a property without a name.
    found: ['[\u00a0a]\nk = \u0085v', '[a]\n k = "v" # c', '[a]\n k #c = v', '[a]\n=\n k = v'],
    judge: (text) => expect(plain(parseIni(text, '/c'))).toEqual(plain(readIniAgain(text))),
  }),
  target('parseIni() never throws, and never makes a line break in a key or a header', {
    inputs: fc.oneof(fc.string({ unit: 'binary' }), iniFiles),
    judge: (text) => {
      for (const [name, section] of parseIni(text, '/c')) {
        for (const each of [name, ...section.keys()]) expect(each).not.toContain('\n')
      }
    },
  }),
]
