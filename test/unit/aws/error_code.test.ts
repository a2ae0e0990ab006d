import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'

import { isEcho, readError, readJsonError, readXmlError } from '../../../src/aws/error_code.ts'
import { answer } from '../../support/answers.ts'
import jsonSuites from '../../vectors/protocol/json.json'
import querySuites from '../../vectors/protocol/query.json'
import restSuites from '../../vectors/protocol/rest-json-errors.json'

test.each([
  ['__type', { __type: 'AccessDeniedException' }, {}, 'AccessDeniedException'],
  ['namespace and URL around it', { __type: 'aws.x#FooError:http://y/' }, {}, 'FooError'],
  ['the header first', { __type: 'Body' }, { 'x-amzn-errortype': 'Header:http://x' }, 'Header'],
  ['__type behind an empty header', { __type: 'T' }, { 'x-amzn-errortype': '' }, 'T'],
  ['what is as long as a code may be', { code: 'A'.repeat(64) }, {}, 'A'.repeat(64)],
  ['code', { code: 'Code' }, {}, 'Code'],
  ['code that is a number', { code: 400 }, {}, undefined],
  ['__type before code', { code: 'Code', __type: 'Type' }, {}, 'Type'],
  ['nothing', {}, {}, undefined],
  ['no JSON', '<html>', {}, undefined],
  ['no object', 'null', {}, undefined],
  ['what is no code', { __type: 'the SECRET value' }, {}, undefined],
  ['what is too long', { __type: 'A'.repeat(65) }, {}, undefined],
])('readJsonError() reads %s', (_, body, headers, expected) => {
  expect(readJsonError(answer(body, 400, headers)).code).toBe(expected)
})

const messageOf = (body: unknown) => readJsonError(answer(body, 400)).message

test('readJsonError() gives the message, by either name, and an empty one where there is none', () => {
  expect(messageOf({ message: 'a', Message: 'b' })).toBe('a')
  expect(messageOf({ message: '', Message: 'b' })).toBe('b')
  expect(messageOf({ __type: 'T', message: 5 })).toBe('')
  expect(messageOf('<html>')).toBe('')
})

test('readError() reads XML from STS, and JSON from the others', () => {
  const xml = answer(error('<Code>AccessDenied</Code><Message>a</Message>'), 403)
  const json = answer({ __type: 'AccessDeniedException', message: 'a' }, 400)
  expect(readError('sts', xml)).toEqual({ code: 'AccessDenied', message: 'a' })
  expect(readError('sts', json)).toEqual({ code: undefined, message: '' })
  for (const service of ['ecr', 'ecr-public', 'sso', 'sso-oidc'] as const) {
    expect(readError(service, json)).toEqual({ code: 'AccessDeniedException', message: 'a' })
    expect(readError(service, xml)).toEqual({ code: undefined, message: '' })
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

// The SDKs' shared data.

interface ErrorCase {
  readonly id: string
  readonly errorCode: string
  readonly response: {
    readonly status_code: number
    readonly headers?: object
    readonly body?: string
  }
}

function errorCases(
  suites: readonly { readonly cases: readonly object[] }[],
): readonly ErrorCase[] {
  return suites
    .flatMap(({ cases }) => cases)
    .filter((each): each is ErrorCase => 'errorCode' in each)
}

const headersOf = ({ headers = {} }: ErrorCase['response']) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

test.each([...errorCases(jsonSuites), ...errorCases(restSuites)])(
  'readJsonError() reads $id',
  ({ errorCode, response }) => {
    expect(
      readJsonError(answer(response.body ?? '', response.status_code, headersOf(response))).code,
    ).toBe(errorCode)
  },
)

test.each(errorCases(querySuites))('readXmlError() reads $id', ({ errorCode, response }) => {
  expect(readXmlError(answer(response.body ?? '', response.status_code)).code).toBe(errorCode)
})

const VECTORS = `${import.meta.dir}/../../vectors/protocol`
const read = (file: string) => readFileSync(`${VECTORS}/${file}`, 'utf8')

test.each(readdirSync(`${VECTORS}/json-errors/errors`))('readJsonError() reads %s', (file) => {
  const expected: unknown = JSON.parse(read(`json-errors/expected/${file}`))
  expect(expected).toMatchObject({
    Error: { Code: readJsonError(answer(read(`json-errors/errors/${file}`), 400)).code },
  })
})

test('readXmlError() reads what STS sends', () => {
  const expected: unknown = JSON.parse(read('sts-xml/errors/sts-get-session-token.json'))
  const Code = readXmlError(answer(read('sts-xml/errors/sts-get-session-token.xml'), 403)).code
  expect(expected).toMatchObject({ Error: { Code } })
})

test.each([
  ['SECRETKEY', true],
  ['SECRETKE', true],
  ['SECRETK', false],
  ['SECRET', false],
  ['IQoJb3JpZ2luX2VjEAgaCXVzLWVhc3QtMSJ', true],
  ['XIQoJb3JpZ2luX2VjX', true],
  ['XIQoJb3JpZ2luX2VX', false],
  // Sixteen at the very end, and fifteen.
  ['XIQoJb3JpZ2luX2Vj', true],
  ['XXIQoJb3JpZ2luX2V', false],
  ['InvalidIdentityToken', false],
])('isEcho(%s)', (text, expected) => {
  const sent = 'SECRETKEY IQoJb3JpZ2luX2VjEAgaCXVzLWVhc3QtMSJ&WebIdentityToken='
  expect(isEcho(text, sent)).toBe(expected)
})
