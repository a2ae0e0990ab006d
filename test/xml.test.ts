import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

import { parseXml, textAt } from '../src/aws/xml.ts'
import { expectFailure } from './failures.ts'

const SUBJECT = { code: 'bad_response', name: 'the answer' } as const
const MESSAGE = 'the answer is not valid XML'
const parse = (text: string) => parseXml(new TextEncoder().encode(text), SUBJECT)

test.each([
  ['plain text', '<r><a>v</a></r>', 'v'],
  [
    'a declaration, comments and processing instructions',
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- < & --><r><?pi <a>?><!-- no --><a>v<!-- - -->w</a></r>\n<!-- end -->',
    'vw',
  ],
  [
    'namespaces and attributes',
    '<n:r xmlns:n="https://x/" b = \'>\' ><n:a c="1" d="&amp;">v</n:a ></n:r>',
    'v',
  ],
  ['the five entities', '<r><a>&lt;&gt;&amp;&quot;&apos;</a></r>', '<>&"\''],
  ['character references', '<r><a>&#65;&#x42;&#x1F600;&#10;</a></r>', 'AB\u{1F600}\n'],
  ['CDATA', '<r><a>1<![CDATA[<&amp;]] >]]>2</a></r>', '1<&amp;]] >2'],
  ['the end of CDATA where none began', '<r><a>1]]>2</a></r>', '1]]>2'],
  ['the longest reference', '<r><a>&#x10FFFF;&#1114111;</a></r>', '\u{10FFFF}\u{10FFFF}'],
  ['as deep as is allowed', `<r><a>v</a>${'<b>'.repeat(31)}${'</b>'.repeat(31)}</r>`, 'v'],
  ['as many as are allowed', `<r><a>v</a>${'<b/>'.repeat(998)}</r>`, 'v'],
  ['white space as it stands', '<r><a> v\n\tw </a></r>', ' v\n\tw '],
  ['an empty element', '<r><a/></r>', ''],
  ['an empty element with attributes', '<r><a b="1" /></r>', ''],
  ['an element without text', '<r><a></a></r>', ''],
  ['text around other elements', '<r><a>1<b>x</b>2</a></r>', '12'],
  ['the first of two', '<r><a>1</a><a>2</a></r>', '1'],
  ['names in another case', '<R><A>v</A></R>', 'v'],
  ['a byte order mark', '\uFEFF<r><a>v</a></r>', 'v'],
  ['no such element', '<r><b>v</b></r>', undefined],
  ['no such element, as it is nested', '<r><b><a>v</a></b></r>', undefined],
])('textAt() reads %s', (_, text, expected) => {
  expect(textAt(parse(text), ['a'])).toBe(expected)
})

test.each([
  ['nothing', ''],
  ['text', 'SECRET'],
  ['HTML that is not XML', '<html><br></html>'],
  ['a document type', '<!DOCTYPE r [<!ENTITY e "SECRET">]><r>&e;</r>'],
  ['a document type without entities', '<!DOCTYPE r><r/>'],
  ['an unknown entity', '<r>&nbsp;</r>'],
  ['an entity without an end', '<r>&amp</r>'],
  ['a bare ampersand', '<r>a & b</r>'],
  ['reference to character 0', '<r>&#0;</r>'],
  ['reference to a surrogate', '<r>&#xD800;</r>'],
  ['reference beyond Unicode', '<r>&#x110000;</r>'],
  ['an empty reference', '<r>&#;</r>'],
  ['a negative reference', '<r>&#-1;</r>'],
  ['an end missing', '<r><a></r>'],
  ['ends crossed', '<r><a><b></a></b></r>'],
  ['an end of another prefix', '<n:r></m:r>'],
  ['an end too much', '<r/></r>'],
  ['two roots', '<r/><r/>'],
  ['text behind the root', '<r/>SECRET'],
  ['text before the root', 'SECRET<r/>'],
  ['CDATA beside the root', '<r/><![CDATA[ ]]>'],
  ['a reference beside the root', '&#32;<r/>'],
  ['a second byte order mark', '\uFEFF\uFEFF<r/>'],
  ['a control character', '<r>SECRET\u0001</r>'],
  ['character 0', '<r>\0</r>'],
  ['no character of Unicode', '<r>\uFFFE</r>'],
  ['truncation in a tag', '<r><a>v</a'],
  ['truncation in a comment', '<r><!-- '],
  ['truncation in CDATA', '<r><![CDATA[x'],
  ['an attribute without quotes', '<r a=1/>'],
  ['an attribute without a value', '<r a/>'],
  ['attributes without a blank between', '<r a="1"b="2"/>'],
  ['an unknown entity in an attribute', '<r a="&nbsp;"/>'],
  ['-- in a comment', '<r><!-- a -- b --></r>'],
  ['< in an attribute', '<r a="<"/>'],
  ['an attribute without an end', '<r a="1>'],
  ['attributes in an end tag', '<r></r a="1">'],
  ['a name that begins with a digit', '<1r/>'],
  ['a blank before a name', '< r/>'],
  ['too deep', '<a>'.repeat(33) + '</a>'.repeat(33)],
  ['too many', `<r>${'<a/>'.repeat(1000)}</r>`],
])('parseXml() refuses %s', (_, text) => {
  expect(expectFailure('bad_response', () => parse(text))).toBe(MESSAGE)
})

test('parseXml() refuses bytes that are not UTF-8', () => {
  const bytes = new Uint8Array([
    ...new TextEncoder().encode('<r>'),
    0xff,
    ...new TextEncoder().encode('</r>'),
  ])
  expectFailure('bad_response', () => parseXml(bytes, SUBJECT))
})

const STS = readFileSync(
  new URL('vectors/protocol/sts-xml/responses/sts-get-session-token.xml', import.meta.url),
)

test('textAt() reads the keys that STS sends', () => {
  const root = parseXml(STS, SUBJECT)
  const read = (name: string) => textAt(root, ['GetSessionTokenResult', 'Credentials', name])
  expect(root.name).toBe('GetSessionTokenResponse')
  expect(read('SecretAccessKey')).toBe('wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY')
  expect(read('accesskeyid')).toBe('AKIAIOSFODNN7EXAMPLE')
  expect(read('Expiration')).toBe('2011-07-11T19:55:29.611Z')
  expect(read('Missing')).toBeUndefined()
  expect(textAt(root, [])).toBe(root.text)
})

test('parseXml() refuses an answer of STS that is cut off anywhere', () => {
  const whole = STS.toString().trimEnd()
  for (let end = 0; end < whole.length; end += 1) {
    expect(expectFailure('bad_response', () => parse(whole.slice(0, end)))).toBe(MESSAGE)
  }
})
