import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

import { readXmlError } from '../../../src/aws/error_code.ts'
import { parseRoleKeys } from '../../../src/aws/sts.ts'
import { answer } from '../../support/answers.ts'
import { expectFailure } from '../../support/failures.ts'

const KEYS =
  '<AccessKeyId>ID</AccessKeyId><SecretAccessKey>KEY</SecretAccessKey><SessionToken>TOKEN</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>'
const READ = {
  accessKeyId: 'ID',
  secretAccessKey: 'KEY',
  sessionToken: 'TOKEN',
  expiresAtMs: Date.UTC(2030, 0, 1),
}

test.each([
  ['nothing but the keys', KEYS],
  ['a time without a zone', KEYS.replace('00Z', '00')],
  [
    'a declaration, comments and prefixes elsewhere',
    `<?xml version="1.0"?><n:R><!-- a -->${KEYS}</n:R>`,
  ],
  [
    'names that begin like those of the keys',
    `<AccessKeyIdentifier>a</AccessKeyIdentifier>${KEYS}`,
  ],
  ['an entity in what is not asked for', `<Audience>a &amp; b</Audience>${KEYS}`],
])('parseRoleKeys() reads %s', (_, text) => {
  expect(parseRoleKeys(answer(text))).toEqual(READ)
})

test.each([
  ['nothing', '', 'AccessKeyId'],
  ['HTML', '<html>SENTINEL</html>', 'AccessKeyId'],
  ['an element missing', KEYS.replace(/<SessionToken>.*?<.SessionToken>/, ''), 'SessionToken'],
  ['an element without text', KEYS.replace('>KEY<', '><'), 'SecretAccessKey'],
  ['an element twice', `${KEYS}<AccessKeyId>SENTINEL</AccessKeyId>`, 'AccessKeyId'],
  ['an element twice, the second empty', `${KEYS}<SecretAccessKey/>`, 'SecretAccessKey'],
  ['an element twice, the second without end', `${KEYS}<Expiration>`, 'Expiration'],
  [
    'an element twice, the second with an attribute',
    `${KEYS}<SessionToken a="">b</SessionToken>`,
    'SessionToken',
  ],
  [
    'an element twice, the first in a comment',
    `<!--<AccessKeyId>a</AccessKeyId>-->${KEYS}`,
    'AccessKeyId',
  ],
  ['one of the five entities', KEYS.replace('KEY<', '&amp;<'), 'SecretAccessKey'],
  ['a character reference', KEYS.replace('ID<', '&#73;<'), 'AccessKeyId'],
  ['CDATA', KEYS.replace('TOKEN<', '<![CDATA[TOKEN]]><'), 'SessionToken'],
  ['an element in an element', KEYS.replace('TOKEN<', '<b>TOKEN</b><'), 'SessionToken'],
  ['a comment in an element', KEYS.replace('KEY<', 'K<!-- -->EY<'), 'SecretAccessKey'],
  [
    'an entity of the document type',
    `<!DOCTYPE r [<!ENTITY e "SENTINEL">]>${KEYS.replace('KEY<', '&e;<')}`,
    'SecretAccessKey',
  ],
  ['prefixed names', KEYS.replace(/<(\/?)/g, '<$1n:'), 'AccessKeyId'],
  ['names in another case', KEYS.toLowerCase(), 'AccessKeyId'],
  ['an end tag with a blank', KEYS.replace('</AccessKeyId>', '</AccessKeyId >'), 'AccessKeyId'],
  ['UTF-16', KEYS.replace(/./g, '$&\0'), 'AccessKeyId'],
])('parseRoleKeys() refuses %s', (_, text, name) => {
  expect(expectFailure('answer_form', () => parseRoleKeys(answer(text)))).toBe(
    `cannot use STS's answer: it is not as documented: it must hold '${name}' once, as plain text`,
  )
})

test('parseRoleKeys() refuses an answer that is cut off before the end of the last of its keys', () => {
  const whole = readFileSync(
    new URL('../../vectors/protocol/sts-xml/responses/sts-get-session-token.xml', import.meta.url),
    'utf8',
  )
  const end = whole.indexOf('</AccessKeyId>') + '</AccessKeyId>'.length
  expect(parseRoleKeys(answer(whole.slice(0, end))).accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE')
  for (let length = 0; length < end; length += 1) {
    expectFailure('answer_form', () => parseRoleKeys(answer(whole.slice(0, length))))
  }
})

const error = (code: string) => `<ErrorResponse><Error>${code}</Error></ErrorResponse>`

test.each([
  ['the code', error('<Code>AccessDenied</Code>'), 'AccessDenied'],
  [
    'the code, beside a message with entities',
    error('<Message>&lt;Code&gt;</Message><Code>AccessDenied</Code>'),
    'AccessDenied',
  ],
  ['the longest code', error(`<Code>${'A'.repeat(64)}</Code>`), 'A'.repeat(64)],
  ['no code in nothing', '', undefined],
  ['no code in HTML', '<html><code>AccessDenied</code></html>', undefined],
  ['neither of two codes', error('<Code>AccessDenied</Code><Code>ExpiredToken</Code>'), undefined],
  ['no code with an entity', error('<Code>Access&#68;enied</Code>'), undefined],
  ['no code in CDATA', error('<Code><![CDATA[AccessDenied]]></Code>'), undefined],
  ['no code with a prefix', error('<n:Code>AccessDenied</n:Code>'), undefined],
  ['no code that is too long', error(`<Code>${'A'.repeat(65)}</Code>`), undefined],
  ['no code with a blank around it', error('<Code> AccessDenied</Code>'), undefined],
  ['no code of other text', error('<Code>SECRET value</Code>'), undefined],
])('readXmlError() reads %s', (_, text, expected) => {
  expect(readXmlError(answer(text, 403)).code).toBe(expected)
})
