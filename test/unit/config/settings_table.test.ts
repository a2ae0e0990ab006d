import { expect, test } from 'bun:test'

import { readSettings } from '../../../src/config/settings.ts'
import { SETTINGS } from '../../../src/config/settings_table.ts'
import { expectFailure } from '../../support/failures.ts'

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

test.each(['yes', '1', 'xtrue', 'truex', ' true', 'falsetto'])(
  'readSettings() refuses AWS_USE_FIPS_ENDPOINT=%s: it must not mean no in silence',
  (text) => {
    const settings = readSettings({ AWS_USE_FIPS_ENDPOINT: text }, undefined)
    expect(expectFailure('config_value', () => settings.get(SETTINGS.fips))).toBe(
      'cannot use AWS_USE_FIPS_ENDPOINT: it must be true or false',
    )
  },
)

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
