import { expect, test } from 'bun:test'

import { serviceHost } from '../../../src/aws/endpoints.ts'
import { parseRegistry } from '../../../src/ecr/host.ts'
import { expectFailure } from '../../support/failures.ts'
import { PRIVATE_REGISTRIES } from '../../support/registries.ts'

// How the same image may be written, and the authentication key that the kubelet will look for.
const FORMS: readonly (readonly [
  form: string,
  image: (host: string) => string,
  key: (host: string) => string,
])[] = [
  ['repository', (host) => `${host}/team/app`, (host) => host],
  ['port', (host) => `${host}:443/app`, (host) => `${host}:443`],
  ['digest', (host) => `${host}/app@sha256:${'0'.repeat(64)}`, (host) => host],
  ['tag', (host) => `${host}/app:1.0`, (host) => host],
  ['scheme', (host) => `https://${host}/app`, (host) => host],
  ['scheme in upper case', (host) => `HTTPS://${host}/app`, (host) => host],
  ['upper case', (host) => `${host.toUpperCase()}/app`, (host) => host.toUpperCase()],
]

const CASES = PRIVATE_REGISTRIES.flatMap(([region, registry, api]) =>
  FORMS.map(([form, image, key]) => {
    const host = `123456789012.${registry}`
    return { form, image: image(host), key: key(host), region, api }
  }),
)

test.each(CASES)('parseRegistry() reads $image', ({ image, key, region, api }) => {
  const registry = parseRegistry(image, [])
  expect(registry).toMatchObject({ host: key, service: 'ecr', region })
  expect(serviceHost(registry.service, registry.region ?? '', registry)).toBe(api)
})

test('the table holds at least 200 images', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(200)
})

test.each([
  ['public.ecr.aws', 'api.ecr-public.us-east-1.amazonaws.com'],
  ['ecr-public.aws.com', 'ecr-public.us-east-1.api.aws'],
])('parseRegistry() reads the public registry %s', (host, api) => {
  for (const [, image, key] of FORMS) {
    const registry = parseRegistry(image(host), [])
    expect(registry).toMatchObject({ host: key(host), service: 'ecr-public', region: 'us-east-1' })
    expect(serviceHost(registry.service, registry.region ?? '', registry)).toBe(api)
  }
})

test.each([
  'docker.io/library/nginx',
  'registry.k8s.io/pause',
  'localhost/x',
  'localhost:5000/x',
  '10.0.0.1:5000/x',
  'amazonaws.com/x',
  'ecr.aws/x',
  'api.ecr.us-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com.evil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com./x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.co/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com.tw/x',
  '123456789012.dkr.ecr.us-west-2.evil.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.evil-amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.evilamazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.on.aws.evil.io/x',
  '123456789012.dkr-ecr.us-west-2.api.aws/x',
  '123456789012.dkr.ecr..amazonaws.com/x',
  '123456789012.dkr.ecr.-us-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2-.amazonaws.com/x',
  '123456789012.dkr.ecr.amazonaws.com/x',
  '123456789012.dkr.ecr.s3.amazonaws.com/x',
  '123456789012.dkr.ecr.s3-website-us-east-1.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west.amazonaws.com/x',
  '123456789012.dkr-ecr.lambda.on.aws/x',
  '123456789012.dkr.ecr.u-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr.aaaaaaaaa-b-1.amazonaws.com/x',
  '123456789012.dkr.ecr.us--2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-aaaaaaaaaaaaaaaaa-1.amazonaws.com/x',
  '123456789012.dkr.ecr.us-2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-a-b-c-d-1.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-123.amazonaws.com/x',
  '123456789012.dkr.ecrfips.us-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr-fips2.us-west-2.amazonaws.com/x',
  '123456789012.dkrxecr.us-west-2.amazonaws.com/x',
  '123456789012-dkr.ecr.us-west-2.amazonaws.com/x',
  'evil.123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  'evil.io/123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  '1234.dkr.ecr.x.amazonaws.com.evil.io/x',
  '1234.dkr.ecr.us-west-2.amazonaws.com/x',
  '1234567890123.dkr.ecr.us-west-2.amazonaws.com/x',
  '12345678901a.dkr.ecr.us-west-2.amazonaws.com/x',
  'evil.io/public.ecr.aws/x',
  'public.ecr.aws.evil.io/x',
  'evil-public.ecr.aws/x',
  'x.public.ecr.aws/x',
  'public.ecr.aws./x',
  'ecr-public.aws.com.evil.io/x',
  'xecr-public.aws.com/x',
  `123456789012.dkr.ecr.${'a'.repeat(64)}.amazonaws.com/x`,
])('parseRegistry() refuses %s', (image) => {
  expectFailure(['not_ecr', 'account_digits'], () => parseRegistry(image, []))
})

test.each([
  '/x',
  'https:///x',
  'ftp://123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  'xhttps://123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  'user:hunter2@123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com@evil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com:latest/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com:/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com:123456/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com\\.evil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com?evil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com#evil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com%2eevil.io/x',
  '123456789012.dkr.ecr.us-west-2.amazonaws.com\n/x',
  ' 123456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  '123456789012.dkr.ecr.us_west_2.amazonaws.com/x',
  '123456789012.dkr.ecr.us-west-2.\u0430mazonaws.com/x',
  '\u0661\u0662\u0663456789012.dkr.ecr.us-west-2.amazonaws.com/x',
  '[::1]:5000/x',
])('parseRegistry() cannot read a host from %j', (image) => {
  const message = expectFailure('request_image', () => parseRegistry(image, []))
  expect(message).not.toContain('hunter2')
})

const MIRRORS = [
  { host: 'mirror.example', region: 'eu-west-1' },
  { host: 'other.example:5000', region: undefined },
]

test.each([
  ['mirror.example/app', 'mirror.example', 'eu-west-1'],
  ['MIRROR.example:8443/app', 'MIRROR.example:8443', 'eu-west-1'],
  ['other.example:5000/app', 'other.example:5000', undefined],
])('parseRegistry() takes %s for a mirror', (image, host, region) => {
  const form = { service: 'ecr', fips: false, dualStack: false } as const
  expect(parseRegistry(image, MIRRORS)).toEqual({ host, region, ...form })
})

test.each([
  'mirror.example.evil.io/x',
  'xmirror.example/x',
  'other.example/x',
  'other.example:5001/x',
])('parseRegistry() does not take %s for a mirror', (image) => {
  expect(expectFailure('not_ecr', () => parseRegistry(image, MIRRORS))).toContain('--mirror')
})

test('parseRegistry() takes any host for a mirror with *, a named one first, and a host of ECR for none', () => {
  const mirrors = [{ host: '*', region: 'us-east-2' }, ...MIRRORS]
  expect(parseRegistry('docker.io/library/nginx', mirrors).region).toBe('us-east-2')
  expect(parseRegistry('mirror.example/app', mirrors).region).toBe('eu-west-1')
  expect(parseRegistry('public.ecr.aws/x', mirrors).service).toBe('ecr-public')
  expect(parseRegistry('123456789012.dkr.ecr.ap-south-1.amazonaws.com/x', mirrors).region).toBe(
    'ap-south-1',
  )
})

test.each(['aa-b-1', 'aaaaaaaa-b-1', 'us-aaaaaaaaaaaaaaaa-1', 'us-a-b-c-1', 'us-west-12'])(
  'parseRegistry() knows a region by its form: %s',
  (region) => {
    expect(parseRegistry(`123456789012.dkr.ecr.${region}.amazonaws.com/x`, []).region).toBe(region)
  },
)

test.each(['1', '65535'])('parseRegistry() reads the port %s', (port) => {
  expect(parseRegistry(`public.ecr.aws:${port}/x`, []).host).toBe(`public.ecr.aws:${port}`)
})

test.each([
  ['12345.dkr.ecr.us-west-2.amazonaws.com', 5],
  ['1234567890123.dkr-ecr.us-west-2.on.aws', 13],
])('parseRegistry() counts the digits of the account in %s', (host, digits) => {
  expect(expectFailure('account_digits', () => parseRegistry(`${host}/app`, []))).toBe(
    `cannot get credentials for '${host}': the account number in it has ${digits} digits, and 12 are needed`,
  )
})

test.each(['dkr.ecr.us-west-2.amazonaws.com', '12345.dkr.ecr.us-west-2.amazonaws.com.evil.io'])(
  'parseRegistry() counts no digits in %s',
  (host) => {
    expect(expectFailure('not_ecr', () => parseRegistry(`${host}/app`, []))).toContain(
      'matchImages',
    )
  },
)
