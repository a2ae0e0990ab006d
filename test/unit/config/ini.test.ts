import { expect, test } from 'bun:test'

import { parseIni, whyUnreadable } from '../../../src/config/ini.ts'

function plain(text: string): Record<string, Record<string, string>> {
  return Object.fromEntries(
    [...parseIni(text, '/c')].map(([name, section]) => [
      name,
      Object.fromEntries([...section].map(([key, { value }]) => [key, value])),
    ]),
  )
}

// The dialect of the AWS SDK for Go, rule by rule.
test.each([
  ['blank and comment lines', '\n \t\n# c\n  ; c\n[a]\nk = v', { a: { k: 'v' } }],
  ['indented header', '  [a] \nk=v', { a: { k: 'v' } }],
  ['header with comments behind', '[a] # x\n[b]; y\n[c]#;z', { a: {}, b: {}, c: {} }],
  ['header of two words', '[ profile \t x y ]', { 'profile x y': {} }],
  ['quotes in a header are part of the name', '[profile "x"]', { 'profile "x"': {} }],
  ['header cut by a comment sign is none', '[a#b]\nk=v', {}],
  ['header without its bracket is none', '[a\nk=v', {}],
  ['header without its first bracket is none', '[a]\nb]\nk = v', { a: { k: 'v' } }],
  [
    'a comment goes on to the end of its line, whatever is in it',
    '[a] # x\u2028]\nk = v # c\u2028d',
    { a: { k: 'v' } },
  ],
  ['case of names is kept', '[Default]\n[DEFAULT]', { Default: {}, DEFAULT: {} }],
  ['keys are lower-cased', '[a]\nAWS_Key = V', { a: { aws_key: 'V' } }],
  ['first separator of either kind', '[a]\nk = a:b\nl : a=b', { a: { k: 'a:b', l: 'a=b' } }],
  [
    'comment needs a blank before it',
    '[a]\nk = a#b;c\nl = a #b\nm = a\t;b',
    { a: { k: 'a#b;c', l: 'a', m: 'a' } },
  ],
  ['the hash is cut first, wherever it stands', '[a]\nk = a ;b #c', { a: { k: 'a' } }],
  [
    'one pair of quotes is taken off',
    `[a]\nk = "v"\nl = 'v'\nm = ""v""\nn = "v'`,
    { a: { k: 'v', l: 'v', m: '""v""', n: `"v'` } },
  ],
  [
    'quotes that are no pair around the whole stay',
    `[a]\nk = "v" "w"\nl = 'v' 'w'\nm = "it's"\n  n = "v" "w"`,
    { a: { k: '"v" "w"', l: `'v' 'w'`, m: `it's`, n: '"v" "w"' } },
  ],
  [
    'the quotes of a command are its own',
    `[a]\ncredential_process = "/x y"\n[b]\nCredential_Process : '/x'\n[c]\n  credential_process = "x" # c`,
    {
      a: { credential_process: '"/x y"' },
      b: { credential_process: `'/x'` },
      c: { credential_process: '"x"' },
    },
  ],
  ['quotes do not protect a comment sign', '[a]\nk = "a #b"', { a: { k: '"a' } }],
  [
    'quotes around a part are part of it',
    `[a]\nk = x"v"\nl = x'v'`,
    { a: { k: 'x"v"', l: `x'v'` } },
  ],
  ['empty key', '[a]\n= v', { a: { '': 'v' } }],
  ['empty value', '[a]\nk =', { a: { k: '' } }],
  ['line without separator', '[a]\nnonsense\nk = v', { a: { k: 'v' } }],
  ['before the first header', 'k = v\n[a]', { a: {} }],
  [
    'sections and keys of the same name',
    '[a]\nk = 1\n[b]\n[a]\nk = 2\nl = 3',
    { a: { k: '2', l: '3' }, b: {} },
  ],
  ['carriage returns', '[a]\r\nk = v\r\n', { a: { k: 'v' } }],
  ['continuation', '[a]\nk = v\n  w # x \n\ty', { a: { k: 'v\nw # x \ny' } }],
  ['continuation of an empty value', '[a]\nk =\n  w', { a: { k: '' } }],
  ['continuation without a property', '[a]\n  w', { a: {} }],
  ['a header ends a continuation', '[a]\nk = v\n[a]\n  w', { a: { k: 'v' } }],
  [
    'indented pair below a value is its own property',
    '[a]\nk = v\n  l = w # c',
    { a: { k: 'v', l: 'w' } },
  ],
  [
    'quotes of an indented pair are taken off before its comment',
    `[a]\n  k = "v" # c\n  l = 'v #c' # d`,
    { a: { k: '"v"', l: `'v` } },
  ],
  ['a property without a name has nothing to it', '[a]\n=\n  k = v', { a: { '': '', k: 'v' } }],
  ['white space beyond ASCII', '[\u00a0a\u2003]\nk\u00a0=\u0085v\u3000', { a: { k: 'v' } }],
  ['a line of Unicode is none', '[a]\nk = v\u2028w', { a: { k: 'v\u2028w' } }],
  ['indented pair without a property is its own', '[a]\n  l = w', { a: { l: 'w' } }],
  [
    'byte order marks are no text',
    '\uFEFF[a]\nk = v\n\uFEFF[b]\n\uFEFFk = v\uFEFF\n\uFEFF\uFEFF[c]\n\uFEFF# l = w',
    { a: { k: 'v' }, b: { k: 'v' }, c: {} },
  ],
  ['prototype names', '[__proto__]\n__proto__ = v', { ['__proto__']: { ['__proto__']: 'v' } }],
])('parseIni() %s', (_, text, expected) => {
  expect(plain(text)).toEqual(expected)
})

test('parseIni() keeps the indented pairs below an empty value with that property', () => {
  const section = parseIni(
    '[services x]\necr =\n  Endpoint_URL = "https://h" # kept\n\n  other : 1\nk = v',
    '/c',
  ).get('services x')
  expect(section?.get('ecr')?.nested).toEqual(
    new Map([
      ['endpoint_url', '"https://h" # kept'],
      ['other', '1'],
    ]),
  )
  expect(section?.get('k')).toEqual({ value: 'v', file: '/c', line: 6, nested: new Map() })
})

test('parseIni() counts lines from 1', () => {
  expect(parseIni('\n[a]\n\nk = v', '/c').get('a')?.get('k')?.line).toBe(4)
})

test('parseIni() reads a long run of blanks in one go', () => {
  const value = `v${' '.repeat(1024 * 1024)}w`
  expect(plain(`[a]\nk = ${value}`)).toEqual({ a: { k: value } })
})

test.each([
  ['', undefined],
  ['# only a comment\n\n', undefined],
  ['[a]\nk = v\r\nl = [\n', undefined],
  ['[a]\nk = \u{FFFD}', undefined],
  ['[a]\u{FEFF}\nk = v', undefined],
  ['\u{FEFF}\u{FEFF}', undefined],
  ['\u{FFFD}\u{FFFD}[\0a\0]\0', 'is UTF-16: save it as UTF-8'],
  ['[\0a\0]\0', 'is UTF-16: save it as UTF-8'],
  ['\0[\0a\0]', 'is UTF-16: save it as UTF-8'],
  ['k\u{FFFD}\u{FFFD}', 'is not text in UTF-8'],
  ['[a]\nk = \0', 'is not text in UTF-8'],
  ['[a]\rk = v\r', 'ends lines with CR alone: save it with LF'],
  ['\n\nk = v', 'has text, but no line is a [section]'],
  ['[a]\n[b # c\n[d]', 'has a [ without its ] in line 2'],
])('whyUnreadable() of %j is %j', (text, expected) => {
  expect(whyUnreadable(text, parseIni(text, '/c'))).toBe(expected)
})
