import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

import { resolveSource } from '../../../../src/credentials/resolve.ts'
import { parseRoleKeys } from '../../../../src/credentials/sources/sts.ts'
import { answer } from '../../../support/answers.ts'
import { expectFailure, expectRejection } from '../../../support/failures.ts'
import { fakeRun } from '../../../support/run.ts'

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

const VECTORS = `${import.meta.dir}/../../../vectors/protocol/sts-xml/responses`
const read = (file: string) => readFileSync(`${VECTORS}/${file}`, 'utf8')

test('parseRoleKeys() reads what STS sends, with the line breaks of its token', () => {
  const keys = parseRoleKeys(answer(read('sts-get-session-token.xml')))
  const Credentials = {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    SessionToken: keys.sessionToken,
    Expiration: new Date(keys.expiresAtMs ?? 0).toISOString(),
  }
  const expected: unknown = JSON.parse(read('sts-get-session-token.json'))
  expect(expected).toMatchObject({ Credentials })
})

test('parseRoleKeys() refuses an answer that is cut off before the end of the last of its keys', () => {
  const whole = read('sts-get-session-token.xml')
  const end = whole.indexOf('</AccessKeyId>') + '</AccessKeyId>'.length
  expect(parseRoleKeys(answer(whole.slice(0, end))).accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE')
  for (let length = 0; length < end; length += 1) {
    expectFailure('answer_form', () => parseRoleKeys(answer(whole.slice(0, length))))
  }
})

const SOURCE = {
  kind: 'web_identity',
  identity: { tokenFile: '/t', arn: 'arn:r', sessionName: 'n' },
} as const
const ANSWER = answer(
  '<AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration>',
)

test.each([
  ['a.b.c', 'a.b.c'],
  ['a.b.c\n', 'a.b.c%0A'],
])('resolveSource() of a web identity sends the token %j as it stands', async (token, sent) => {
  const { run, imds, requests } = fakeRun([ANSWER], { files: { '/t': token } })
  const credentials = await resolveSource(SOURCE, 'us-west-2', imds, run)
  expect([credentials.accessKeyId, credentials.label]).toEqual(['A', "role 'arn:r'"])
  expect(requests.map(({ body }) => body)).toEqual([
    `Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Ar&RoleSessionName=n&Version=2011-06-15&WebIdentityToken=${sent}`,
  ])
})

test.each([
  ['missing', { code: 'ENOENT' }, 'it does not exist'],
  ['unreadable', { code: 'EACCES' }, 'permission denied'],
  ['empty', '', 'it is empty'],
  ['too large', 'a'.repeat(64 * 1024 + 1), 'it is larger than 65536 bytes'],
])('resolveSource() of a web identity asks nobody when the file is %s', async (_, file, reason) => {
  const { run, imds, requests } = fakeRun([ANSWER], { files: { '/t': file } })
  const promise = resolveSource(SOURCE, 'us-west-2', imds, run)
  expect(await expectRejection('config_file', promise)).toBe(
    `cannot read the web identity token file '/t': ${reason}`,
  )
  expect(requests).toEqual([])
})

test('resolveSource() of a web identity fails when STS refuses the token', async () => {
  const refusal = answer('<Code>ExpiredTokenException</Code>', 400)
  const { run, imds } = fakeRun([refusal], { files: { '/t': 'secret' } })
  const message = await expectRejection(
    'token_expired',
    resolveSource(SOURCE, 'us-west-2', imds, run),
  )
  expect(message).toContain('ExpiredTokenException')
  expect(message).not.toContain('secret')
})
