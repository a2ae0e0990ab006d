import { expect, test } from 'bun:test'

import { readSettings } from '../../../src/config/settings.ts'
import { SETTINGS } from '../../../src/config/settings_table.ts'
import type { Profile } from '../../../src/config/shared_files.ts'
import { readEnvironmentKeys } from '../../../src/credentials/environment.ts'
import { expectFailure } from '../../support/failures.ts'

function profile(values: Readonly<Record<string, string>>): Profile {
  const entries = Object.entries(values).map(
    ([key, value], index) =>
      [
        key,
        { value, line: index + 2, nested: new Map<string, string>(), file: '/h/config' },
      ] as const,
  )
  return { name: 'p', values: new Map(entries), partialKeysIn: undefined }
}

test('readSettings() takes the variable before the key, and an empty one for unset', () => {
  const p = profile({ ca_bundle: '/profile.pem' })
  expect(readSettings({ AWS_CA_BUNDLE: '/env.pem' }, p).get(SETTINGS.caBundle)).toEqual({
    value: '/env.pem',
    origin: 'AWS_CA_BUNDLE',
  })
  expect(readSettings({ AWS_CA_BUNDLE: '' }, p).get(SETTINGS.caBundle)).toEqual({
    value: '/profile.pem',
    origin: "ca_bundle in '/h/config' line 2",
  })
  expect(readSettings({}, profile({ ca_bundle: '' })).get(SETTINGS.caBundle)).toBeUndefined()
  expect(readSettings({}, undefined).get(SETTINGS.caBundle)).toBeUndefined()
})

test.each([
  ['https://h', 'https://h/'],
  ['HTTPS://H:8443', 'https://h:8443/'],
  ['http://h/pre', 'http://h/pre'],
  ['http://h/pre/', 'http://h/pre/'],
  ['http://[::1]:80/', 'http://[::1]/'],
])('readSettings() reads the service URL %s', (text, expected) => {
  expect(readSettings({ AWS_ENDPOINT_URL_ECR: text }, undefined).get(SETTINGS.ecr)?.value).toBe(
    expected,
  )
})

test.each([
  'h:80',
  '//h',
  'ftp://h',
  'https://',
  'https://u:SECRET@h',
  'https://h?SECRET',
  'https://h#x',
  'https://h /',
  'https://h:99999',
  'file:///x',
  'xhttps://h',
])('readSettings() refuses the service URL %s', (text) => {
  for (const [name, setting] of [
    ['AWS_ENDPOINT_URL', SETTINGS.endpoint],
    ['AWS_ENDPOINT_URL_ECR', SETTINGS.ecr],
    ['AWS_ENDPOINT_URL_ECR_PUBLIC', SETTINGS['ecr-public']],
    ['AWS_EC2_METADATA_SERVICE_ENDPOINT', SETTINGS.imdsEndpoint],
  ] as const) {
    const settings = readSettings({ [name]: text }, undefined)
    const message = expectFailure('config_value', () => settings.get(setting))
    expect(message).toStartWith(`cannot use ${name}: it must be an http or https URL`)
    expect(message).not.toContain('SECRET')
  }
})

test.each([
  ['true', true],
  ['TRUE', true],
  ['1', false],
  ['yes', false],
])('readSettings() AWS_EC2_METADATA_DISABLED=%s', (text, expected) => {
  expect(
    readSettings({ AWS_EC2_METADATA_DISABLED: text }, undefined).get(SETTINGS.imdsDisabled)?.value,
  ).toBe(expected)
})

test.each([
  ['IPv4', 'ipv4'],
  ['IPv6', 'ipv6'],
  [' ipV6 ', 'ipv6'],
] as const)('readSettings() endpoint mode %j', (text, expected) => {
  expect(
    readSettings({ AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: text }, undefined).get(SETTINGS.imdsMode)
      ?.value,
  ).toBe(expected)
})

test('readSettings() names file and line of a bad key, and what is accepted', () => {
  const message = expectFailure('config_value', () =>
    readSettings({}, profile({ region: 'x', ec2_metadata_service_endpoint_mode: 'SECRET' })).get(
      SETTINGS.imdsMode,
    ),
  )
  expect(message).toBe(
    "cannot use ec2_metadata_service_endpoint_mode in '/h/config' line 3: it must be IPv4 or IPv6",
  )
})

test.each([
  [{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }, ['a', 's', undefined]],
  [{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }, ['a', 's', 't']],
  [{ AWS_ACCESS_KEY: 'a', AWS_SECRET_KEY: 's', AWS_SECURITY_TOKEN: 't' }, ['a', 's', undefined]],
  [{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_KEY: 's', AWS_ACCESS_KEY: 'b' }, ['a', 's', undefined]],
  [
    { AWS_ACCESS_KEY_ID: '', AWS_ACCESS_KEY: 'b', AWS_SECRET_ACCESS_KEY: 's' },
    ['b', 's', undefined],
  ],
  [
    { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: '' },
    ['a', 's', undefined],
  ],
])('readEnvironmentKeys() %j', (env, expected) => {
  const keys = readEnvironmentKeys(env)
  expect([keys?.accessKeyId, keys?.secretAccessKey, keys?.sessionToken]).toEqual(expected)
})

test.each([
  {},
  { AWS_ACCESS_KEY_ID: 'a' },
  { AWS_SECRET_ACCESS_KEY: 's' },
  { AWS_ACCESS_KEY_ID: ' ', AWS_SECRET_ACCESS_KEY: 's' },
  { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: '\t' },
])('readEnvironmentKeys() finds no pair in %j', (env) => {
  expect(readEnvironmentKeys(env)).toBeUndefined()
})

test.each([
  ['true', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
])('readSettings() AWS_USE_FIPS_ENDPOINT=%s', (text, expected) => {
  expect(readSettings({ AWS_USE_FIPS_ENDPOINT: text }, undefined).get(SETTINGS.fips)?.value).toBe(
    expected,
  )
})

test.each(['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'xx-new-place-12'])(
  'readSettings() takes %s for a region',
  (text) => {
    expect(readSettings({ AWS_REGION: text }, undefined).get(SETTINGS.region)?.value).toBe(text)
  },
)

test.each([
  '-a',
  'a-',
  '.a',
  'a.',
  'a..b',
  'a.-b',
  'us_east_1',
  'a/b',
  'a b',
  'a',
  's3',
  'A1',
  'a.b',
  'US-EAST-1',
  'us-east-1a',
  'us-east-123',
  'a'.repeat(63),
])('readSettings() does not take %s for a region', (text) => {
  const message = expectFailure('config_value', () =>
    readSettings({ AWS_REGION: text }, undefined).get(SETTINGS.region),
  )
  expect(message).toBe('cannot use AWS_REGION: it must be a region name such as us-east-1')
})

test.each([
  ['1', 1],
  ['+5', 5],
  ['-9999', -9999],
  ['9999', 9999],
])('readSettings() AWS_MAX_ATTEMPTS=%s', (text, expected) => {
  expect(readSettings({ AWS_MAX_ATTEMPTS: text }, undefined).get(SETTINGS.maxAttempts)?.value).toBe(
    expected,
  )
})

test.each(['10000', 'x1', '1x', '+', '1.5', ' 1'])('readSettings() refuses %j attempts', (text) => {
  const settings = readSettings({ AWS_MAX_ATTEMPTS: text }, undefined)
  expectFailure('config_value', () => settings.get(SETTINGS.maxAttempts))
})
