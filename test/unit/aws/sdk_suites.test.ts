import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'

import { callAws } from '../../../src/aws/call.ts'
import { serviceUrl } from '../../../src/aws/endpoints.ts'
import { readJsonError, readXmlError } from '../../../src/aws/error_code.ts'
import { parseRoleKeys } from '../../../src/aws/sts.ts'
import { parseTimestamp, refuseAnswer } from '../../../src/base/decode.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { mergeProfiles, toProfile } from '../../../src/config/shared_files.ts'
import { answer } from '../../support/answers.ts'
import { fakeContext } from '../../support/context.ts'
import clockSkew from '../../vectors/clock-skew/clock-skew-test-cases.json'
import configured from '../../vectors/endpoints/configured-endpoint-urls.json'
import jsonSuites from '../../vectors/protocol/json.json'
import querySuites from '../../vectors/protocol/query.json'
import restSuites from '../../vectors/protocol/rest-json-errors.json'
import times from '../../vectors/time/parse-tests.json'

// The SDKs' shared data. Where this program differs the case is named, with the reason.

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

const refuse = refuseAnswer('the time')

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

test('parseRoleKeys() reads what STS sends, with the line breaks of its token', () => {
  const keys = parseRoleKeys(answer(read('sts-xml/responses/sts-get-session-token.xml')))
  const Credentials = {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    SessionToken: keys.sessionToken,
    Expiration: new Date(keys.expiresAtMs ?? 0).toISOString(),
  }
  const expected: unknown = JSON.parse(read('sts-xml/responses/sts-get-session-token.json'))
  expect(expected).toMatchObject({ Credentials })
  const error: unknown = JSON.parse(read('sts-xml/errors/sts-get-session-token.json'))
  const Code = readXmlError(answer(read('sts-xml/errors/sts-get-session-token.xml'), 403)).code
  expect(error).toMatchObject({ Error: { Code } })
})

// Year 1 to 9999; this program reads times of now, to the millisecond.
test.each(times.parse_date_time.filter(({ error }) => !error))(
  'parseTimestamp() reads $smithy_format_value',
  (each) => {
    const expected =
      Number(each.canonical_seconds) * 1000 + Math.trunc(each.canonical_nanos / 1_000_000)
    expect(parseTimestamp(each.smithy_format_value, refuse)).toBe(expected)
  },
)

// The suite's S3 and DynamoDB stand for ECR and STS.
const SERVICES = new Map([
  ['s3', 'ecr'],
  ['dynamodb', 'sts'],
] as const)
const rename = (text: string) => text.replace('_S3', '_ECR').replace('_DYNAMODB', '_STS')
const [suite] = configured.testSuites
const sections: Readonly<Record<string, object>> = suite?.services ?? {}
const environments: Readonly<Record<string, object>> = suite?.environments ?? {}
const profiles: Readonly<Record<string, object>> = suite?.profiles ?? {}

const KEYS = new Map([
  ['s3', 'ecr'],
  ['dynamodb', 'sts'],
])

function propertiesOf(values: object) {
  return new Map(
    Object.entries(values).map(([key, value]: [string, unknown]) => {
      const inside: [string, unknown][] =
        typeof value === 'object' ? Object.entries({ ...value }) : []
      const nested = new Map(inside.map(([name, text]) => [name, String(text)]))
      const property = {
        value: typeof value === 'string' ? value : '',
        file: 'config',
        line: 1,
        nested,
      }
      return [KEYS.get(key) ?? key, property] as const
    }),
  )
}

const ENDPOINT_CASES = (suite?.endpointUrlTests ?? []).filter(
  (each) => each.client_config === 'default',
)

test.each(ENDPOINT_CASES)('serviceUrl() $name', ({ profile, environment, service, output }) => {
  const kind = SERVICES.get(service === 's3' ? 's3' : 'dynamodb') ?? 'ecr'
  const config = mergeProfiles(
    new Map([
      ['default', toProfile('default', propertiesOf(profiles[profile] ?? {}))],
      ...Object.entries(sections).map(
        ([name, values]) => [`services ${name}`, toProfile(name, propertiesOf(values))] as const,
      ),
    ]),
    new Map(),
  )
  const env = Object.fromEntries(
    Object.entries(environments[environment] ?? {}).map(([name, value]) => [
      rename(name),
      String(value),
    ]),
  )
  const settings = readSettings(env, config.get('default'))
  const own = {
    ecr: 'https://api.ecr.fake-region-10.amazonaws.com/',
    sts: 'https://sts.fake-region-10.amazonaws.com/',
  }
  // Where configured endpoints are ignored the suite expects the service's own.
  const isOwn = /fake-region-10/.test(output.endpointUrl)
  const expected = isOwn ? own[kind] : new URL(output.endpointUrl).href
  expect(serviceUrl({ service: kind, region: 'fake-region-10' }, { settings, config })).toBe(
    expected,
  )
})

test('the suite of configured endpoints has cases', () => {
  expect(ENDPOINT_CASES.length).toBeGreaterThan(15)
})

// The suite's client keeps what it learns over many operations; a run of this program is the first of them.
const FIRST_OPERATIONS = clockSkew.tests.flatMap(({ description, operations: [operation] }) =>
  operation === undefined || (operation.initialClientSkew ?? 0) !== 0
    ? []
    : [{ description, ...operation }],
)

test.each(FIRST_OPERATIONS)('callAws() clock skew: $description', async (operation) => {
  const { attempts, expectedOutcome } = operation
  const outcomes = attempts.map(({ response }) => {
    const code = 'errorCode' in response ? response.errorCode : undefined
    return answer(
      code === undefined ? '{}' : { __type: code },
      response.statusCode,
      headersOf({ status_code: response.statusCode, headers: response.headers }),
    )
  })
  const maxAttempts = 'maxAttempts' in operation ? String(operation.maxAttempts) : ''
  const start = Date.parse(attempts[0]?.clientTimeAtSend ?? '')
  const requestMs = Date.parse(attempts[0]?.clientTimeAtReceive ?? '') - start
  const { context, requests } = fakeContext(outcomes, {
    env: { AWS_MAX_ATTEMPTS: maxAttempts },
    now: () => start,
    requestMs,
    deadlineMs: 1e9,
  })
  const credentials = {
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: undefined,
    label: 'test',
    expiresAtMs: undefined,
  }
  const call = callAws(
    {
      subject: 'cannot do it',
      request: { method: 'POST', url: 'https://h/', headers: {}, body: '{}' },
      service: 'ecr',
      credentials,
    },
    context,
  )
  expect(
    await call.then(
      () => 'success',
      () => 'error',
    ),
  ).toBe(expectedOutcome)
  const signed = requests.map(({ headers }) => headers['x-amz-date'])
  expect(signed).toEqual(
    attempts.map(({ expectedSigningTime }) => expectedSigningTime.replaceAll(/[-:]/g, '')),
  )
})

test('the suite of clock skew has cases', () => {
  expect(FIRST_OPERATIONS.length).toBeGreaterThan(7)
})
