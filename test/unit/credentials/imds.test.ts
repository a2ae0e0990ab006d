import { expect, test } from 'bun:test'

import {
  parseRegion,
  parseRoleCredentials,
  parseRoleName,
  parseSessionToken,
} from '../../../src/credentials/imds.ts'
import { answer } from '../../support/answers.ts'
import { expectFailure, expectRejection } from '../../support/failures.ts'
import { fakeRun, noAnswer } from '../../support/run.ts'

const KEYS = {
  Code: 'Success',
  AccessKeyId: 'a',
  SecretAccessKey: 's',
  Token: 't',
  Expiration: '2026-01-01T06:00:00Z',
}

test.each([
  [{}, 'http://169.254.169.254'],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }, 'http://[fd00:ec2::254]'],
  [{ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv4' }, 'http://169.254.169.254'],
  [
    {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1338/dropped/',
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6',
    },
    'http://127.0.0.1:1338',
  ],
  [{ AWS_EC2_METADATA_DISABLED: 'yes' }, 'http://169.254.169.254'],
])('fetchCredentials() with %j asks %s', async (env, endpoint) => {
  const { imds, requests } = fakeRun([answer('TOKEN=='), answer('node-role'), answer(KEYS)], {
    env,
  })
  expect(await imds.fetchCredentials('it is tested')).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    label: "instance role 'node-role'",
    expiresAtMs: Date.UTC(2026, 0, 1, 6),
  })
  const path = `${endpoint}/latest/meta-data/iam/security-credentials/`
  const headers = { 'x-aws-ec2-metadata-token': 'TOKEN==' }
  expect(requests).toEqual([
    {
      method: 'PUT',
      url: `${endpoint}/latest/api/token`,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
      isDirect: true,
      timeoutMs: 1000,
    },
    { method: 'GET', url: path, headers, isDirect: true, timeoutMs: 1000 },
    { method: 'GET', url: `${path}node-role`, headers, isDirect: true, timeoutMs: 1000 },
  ])
})

test.each(['true', 'TRUE'])('openImds() asks nothing when disabled by %s', async (text) => {
  const { imds, requests } = fakeRun([], { env: { AWS_EC2_METADATA_DISABLED: text } })
  const message = await expectRejection('imds_off', imds.fetchCredentials('it is tested'))
  expect(message).toContain(
    'cannot use IMDS: AWS_EC2_METADATA_DISABLED disables it; it is needed because it is tested',
  )
  expect(requests).toEqual([])
})

test.each([
  ['session token', []],
  ['role', [answer('T')]],
  ['credentials', [answer('T'), answer('r')]],
])('fetchCredentials() without an answer for the %s names the step', async (step, answers) => {
  const silence = noAnswer('nothing')
  const { imds } = fakeRun([...answers, silence], { requestMs: 1000 })
  const message = await expectRejection('connect_refused', imds.fetchCredentials('it is tested'))
  expect(message).toMatch(
    new RegExp(
      `^cannot get the ${step} from IMDS: nothing \\(3 attempts, [34].1 s; asked because it is tested\\)$`,
    ),
  )
})

test.each([
  [
    'no_route',
    'imds_no_route',
    'there is no route to 169.254.169.254 (asked because it is tested); hint: if this is no EC2 instance, set AWS_CONFIG_FILE or AWS_PROFILE',
  ],
  [
    'silent',
    'imds_silent',
    'connected to 169.254.169.254, but no answer in 1 s (asked because it is tested); hint: in a container the metadata hop limit must be 2',
  ],
  ['connect_silent', 'connect_silent', 'nothing (asked because it is tested)'],
] as const)('fetchRegion() knows what %s means of IMDS', async (cause, expected, words) => {
  const { imds } = fakeRun([{ ...noAnswer('nothing', false), cause }])
  const message = await expectRejection(expected, imds.fetchRegion('it is tested'))
  expect(message).toBe(`cannot get the session token from IMDS: ${words}`)
})

test('every step is tried three times, whatever AWS_MAX_ATTEMPTS says', async () => {
  const env = { AWS_MAX_ATTEMPTS: '1' }
  const answers = [
    answer('', 500),
    noAnswer('reset'),
    answer('T'),
    answer('', 503),
    answer('r'),
    answer('', 504),
    answer('', 502),
    answer(KEYS),
  ]
  const { imds, requests } = fakeRun(answers, { env })
  await imds.fetchCredentials('it is tested')
  expect(requests.length).toBe(8)
  const failing = fakeRun([answer('T'), answer('', 500)], { env })
  await expectRejection('status', failing.imds.fetchCredentials('it is tested'))
  expect(failing.requests.length).toBe(4)
})

test('a token that IMDS no longer knows is renewed', async () => {
  const { imds, requests } = fakeRun([
    answer('OLD'),
    answer('', 401),
    answer('NEW'),
    answer('r'),
    answer(KEYS),
  ])
  await imds.fetchCredentials('it is tested')
  expect(
    requests.map(({ method, headers }) => [method, headers['x-aws-ec2-metadata-token']]),
  ).toEqual([
    ['PUT', undefined],
    ['GET', 'OLD'],
    ['PUT', undefined],
    ['GET', 'NEW'],
    ['GET', 'NEW'],
  ])
})

test('a token that is never accepted ends after three attempts', async () => {
  const answers = [
    answer('A'),
    answer('', 401),
    answer('B'),
    answer('', 401),
    answer('C'),
    answer('', 401),
  ]
  const { imds, requests } = fakeRun(answers)
  expect(await expectRejection('status', imds.fetchCredentials('it is tested'))).toContain(
    'cannot get the role from IMDS: HTTP status 401 from 169.254.169.254 (3 attempts',
  )
  expect(requests.length).toBe(6)
})

test.each([400, 403, 404, 405, 429])(
  'a token refused with %d is final, but for throttling',
  async (status) => {
    const { imds, requests } = fakeRun([answer('', status)])
    const cause = status === 403 ? 'imds_disabled' : status === 405 ? 'imds_no_v2' : 'status'
    await expectRejection(cause, imds.fetchCredentials('it is tested'))
    expect(requests.length).toBe(status === 429 ? 3 : 1)
  },
)

test('each request to IMDS is a step', async () => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  const { imds } = fakeRun([answer('T'), answer('r'), answer(KEYS)], { step })
  await imds.fetchCredentials('it is tested')
  expect(steps).toEqual([
    'asking IMDS for the role',
    'asking IMDS for the session token',
    'asking IMDS for the credentials',
  ])
})

test('fetchRegion() asks for the region of the placement', async () => {
  const { imds, requests } = fakeRun([answer('T'), answer('eu-west-1\n')])
  expect(await imds.fetchRegion('it is tested')).toBe('eu-west-1')
  expect(requests[1]?.url).toBe('http://169.254.169.254/latest/meta-data/placement/region')
})

test.each([400, 401, 403, 404, 405, 302, 500, 503, 204])(
  'HTTP status %d for the session token is refused: there is no IMDSv1',
  async (status) => {
    const { imds, requests } = fakeRun([answer('T', status)])
    const cause = status === 403 ? 'imds_disabled' : status === 405 ? 'imds_no_v2' : 'status'
    expect(await expectRejection(cause, imds.fetchCredentials('it is tested'))).toStartWith(
      `cannot get the session token from IMDS: HTTP status ${status} from 169.254.169.254`,
    )
    expect(requests.every(({ method }) => method === 'PUT')).toBe(true)
  },
)

test('fetchCredentials() takes HTTP status 404 of the list for no role', async () => {
  const { imds } = fakeRun([answer('T'), answer('<html>', 404)])
  expect(await expectRejection('imds_no_role', imds.fetchCredentials('it is tested'))).toBe(
    'cannot find AWS credentials: none is configured, and IMDS says that this instance has no role; hint: attach an instance profile',
  )
})

test.each([
  ['role', [answer('T'), answer('r', 403)], 403],
  ['credentials', [answer('T'), answer('r'), answer(KEYS, 404)], 404],
])('fetchCredentials() refuses another status for the %s', async (what, answers, status) => {
  const { imds } = fakeRun(answers)
  expect(
    await expectRejection(['imds_disabled', 'status'], imds.fetchCredentials('it is tested')),
  ).toStartWith(`cannot get the ${what} from IMDS: HTTP status ${status} from 169.254.169.254`)
})

test('fetchRegion() refuses another status', async () => {
  const { imds } = fakeRun([answer('T'), answer('us-west-2', 404)])
  expect(await expectRejection('status', imds.fetchRegion('it is tested'))).toBe(
    'cannot get the region from IMDS: HTTP status 404 from 169.254.169.254 (asked because it is tested)',
  )
})

const bytes = (body: unknown) => answer(body).body

// It becomes part of a host's name, and `sts.s3.amazonaws.com` may be anybody's.
test.each([
  '',
  'a b',
  '../x',
  'eu_west',
  '<html>',
  's3',
  'null',
  'us-east',
  'US-EAST-1',
  'us-east-1.evil.example',
  'evil.example/us-east-1',
  'evil.example#us-east-1',
])('parseRegion() refuses %j', (text) => {
  expect(expectFailure('answer_form', () => parseRegion(bytes(text)))).toBe(
    "cannot use IMDS's answer for the region: it is malformed",
  )
})

test.each(['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'me-central-12'])(
  'parseRegion() takes %s',
  (text) => {
    expect(parseRegion(bytes(`${text}\n`))).toBe(text)
  },
)

test.each(['', 'a b', 'a\nb', '\u00e9', '<html></html> ', 'x'.repeat(1025)])(
  'parseSessionToken() refuses %j',
  (text) => {
    expect(expectFailure('answer_form', () => parseSessionToken(bytes(text)))).toBe(
      "cannot use IMDS's answer for the session token: it is malformed",
    )
  },
)

test.each([
  ['role', 'role'],
  ['r', 'r'],
  ['role\nother', 'role'],
  ['role\r\nother\r\n', 'role'],
  ['role\r', 'role'],
  ['role\nother\r', 'role'],
  ['r+=,.@-_1', 'r+=,.@-_1'],
  ['x'.repeat(64), 'x'.repeat(64)],
])('parseRoleName() reads %j', (text, expected) => {
  expect(parseRoleName(bytes(text))).toBe(expected)
})

test.each(['~', 'x'.repeat(1024)])('parseSessionToken() takes %s', (token) => {
  expect(parseSessionToken(bytes(token))).toBe(token)
})

test('parseRoleName() tells an instance without a role', () => {
  expectFailure('imds_no_role', () => parseRoleName(bytes('')))
  expectFailure('imds_no_role', () => parseRoleName(bytes('\nrole')))
})

test.each([
  '../x',
  'a/b',
  'a b',
  'a\rb',
  'a\r\r\nb',
  '<html>',
  'a?b',
  '{"SECRET"}',
  'x'.repeat(65),
])('parseRoleName() refuses %j', (text) => {
  expect(expectFailure('answer_form', () => parseRoleName(bytes(text)))).toBe(
    "cannot use IMDS's answer for the role list: it holds no role name",
  )
})

test('parseRoleCredentials() takes any case of Success, and an expiry in the past', () => {
  const keys = parseRoleCredentials(
    bytes({ ...KEYS, Code: 'success', Expiration: '2001-01-01T00:00:00Z', Type: 'AWS-HMAC' }),
    'r',
  )
  expect(keys).toEqual({
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: 't',
    label: "instance role 'r'",
    expiresAtMs: Date.UTC(2001, 0, 1),
  })
})

test.each([
  ['AssumeRoleUnauthorizedAccess', "it answered AssumeRoleUnauthorizedAccess for role 'r'"],
  ['X', "it answered X for role 'r'"],
  ['X'.repeat(64), `it answered ${'X'.repeat(64)} for role 'r'`],
  ['X'.repeat(65), "it answered not Success for role 'r'"],
  ['SECRET value', "it answered not Success for role 'r'"],
])('parseRoleCredentials() refuses the code %s', (Code, expected) => {
  expect(
    expectFailure('imds_role', () => parseRoleCredentials(bytes({ Code, Message: 'SECRET' }), 'r')),
  ).toBe(
    `cannot get credentials from IMDS: ${expected}; hint: the role must still exist and trust ec2.amazonaws.com`,
  )
})

test.each([
  ['HTML', '<html>SECRET</html>'],
  ['nothing', ''],
  ['null', 'null'],
  ['an array', []],
  ['no code', { ...KEYS, Code: undefined }],
  ['an empty code', { ...KEYS, Code: '' }],
  ['no AccessKeyId', { ...KEYS, AccessKeyId: undefined }],
  ['an empty AccessKeyId', { ...KEYS, AccessKeyId: '' }],
  ['no SecretAccessKey', { ...KEYS, SecretAccessKey: undefined }],
  ['an empty SecretAccessKey', { ...KEYS, SecretAccessKey: '' }],
  ['no Token', { ...KEYS, Token: undefined }],
  ['an empty Token', { ...KEYS, Token: '' }],
  ['a Token that is no string', { ...KEYS, Token: { SECRET: 1 } }],
  ['no Expiration', { ...KEYS, Expiration: undefined }],
  ['an Expiration that is no time', { ...KEYS, Expiration: 'SECRET' }],
  ['another case of a name', { ...KEYS, AccessKeyId: undefined, accessKeyId: 'a' }],
])('parseRoleCredentials() refuses %s', (_, body) => {
  expect(expectFailure('answer_form', () => parseRoleCredentials(bytes(body), 'r'))).toMatch(
    /^cannot use IMDS's answer for the credentials: it is not (?!.*SECRET)/,
  )
})
