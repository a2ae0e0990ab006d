import { expect, test } from 'bun:test'

import {
  readContainer,
  readEnvironmentKeys,
  readEnvironmentWebIdentity,
  sayUnpaired,
} from '../../../src/credentials/environment.ts'
import { expectFailure } from '../../support/failures.ts'

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
  expect([keys?.label, keys?.expiresAtMs]).toEqual(['environment', undefined])
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

function unpairedIn(env: Readonly<Record<string, string>>): readonly string[] {
  const said: string[] = []
  sayUnpaired({ env, step: (text) => void said.push(text) })
  return said
}

test.each([
  [
    { AWS_ACCESS_KEY_ID: 'SECRET' },
    ['AWS_ACCESS_KEY_ID: it means nothing without AWS_SECRET_ACCESS_KEY or AWS_SECRET_KEY'],
  ],
  [
    { AWS_ACCESS_KEY: 'SECRET', AWS_SECRET_ACCESS_KEY: ' ' },
    ['AWS_ACCESS_KEY: it means nothing without AWS_SECRET_ACCESS_KEY or AWS_SECRET_KEY'],
  ],
  [
    { AWS_SECRET_KEY: 'SECRET', AWS_SESSION_TOKEN: 'SECRET' },
    [
      'AWS_SECRET_KEY: it means nothing without AWS_ACCESS_KEY_ID or AWS_ACCESS_KEY',
      'AWS_SESSION_TOKEN: it means nothing without AWS_ACCESS_KEY_ID or AWS_ACCESS_KEY',
    ],
  ],
  [
    { AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '' },
    ['AWS_ROLE_ARN: it means nothing without AWS_WEB_IDENTITY_TOKEN_FILE'],
  ],
  [{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_KEY: 's', AWS_SESSION_TOKEN: 't' }, []],
  [{ AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_SECRET_KEY: '\t' }, []],
  // A session name alone says nothing, and neither does its absence.
  [{ AWS_ROLE_SESSION_NAME: 'n' }, []],
])('sayUnpaired() of %j', (env, names) => {
  expect(unpairedIn(env)).toEqual(names.map((text) => `passing over ${text}`))
})

test.each([
  [{}, undefined],
  [{ AWS_ROLE_ARN: 'r', AWS_ROLE_SESSION_NAME: 'n' }, undefined],
  [{ AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '' }, undefined],
  [
    { AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '/t' },
    { tokenFile: '/t', arn: 'r', sessionName: undefined },
  ],
  [
    { AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_SESSION_NAME: 'n' },
    { tokenFile: '/t', arn: 'r', sessionName: 'n' },
  ],
])('readEnvironmentWebIdentity() %j', (env, expected) => {
  expect(readEnvironmentWebIdentity(env)).toEqual(expected)
})

test('readEnvironmentWebIdentity() refuses a token file without a role', () => {
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: '' }
  expect(expectFailure('config_alone', () => readEnvironmentWebIdentity(env))).toBe(
    'cannot use AWS_WEB_IDENTITY_TOKEN_FILE: AWS_ROLE_ARN is not set',
  )
})

const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'

// The fixed address is that of the ECS agent.
test.each([
  [{}, undefined],
  [{ [RELATIVE]: '', [FULL]: '' }, undefined],
  [{ [RELATIVE]: '/' }, ['http://169.254.170.2/', RELATIVE]],
  [
    { [RELATIVE]: '/v2/credentials/1?a=~' },
    ['http://169.254.170.2/v2/credentials/1?a=~', RELATIVE],
  ],
  [{ [RELATIVE]: '/a', [FULL]: 'https://h/' }, ['http://169.254.170.2/a', RELATIVE]],
  [{ [RELATIVE]: '', [FULL]: 'http://h' }, ['http://h/', FULL]],
  [{ [FULL]: 'HTTPS://H:443/a?b#c' }, ['https://h/a?b#c', FULL]],
])('readContainer() %j', (env, expected) => {
  const found = readContainer(env)
  expect(found === undefined ? undefined : [found.value, found.origin]).toEqual(expected)
})

// Without its slash it would go on with the host's name, as in `169.254.170.2.evil.example`.
test.each([
  '.SECRET.example/',
  'a',
  '@h/',
  ':80/',
  '//h b',
  '/a b',
  '/\u007f',
  '/\u00e9',
  '/a\n',
  ' /a',
])('readContainer() refuses the relative URI %j', (text) => {
  const env = { [RELATIVE]: text, [FULL]: 'https://h/' }
  expect(expectFailure('config_value', () => readContainer(env))).toBe(
    'cannot use AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it must be a path that begins with /',
  )
})

test.each([
  '/a',
  'h/a',
  'ftp://h/',
  'xhttp://h/',
  'https:',
  'https://SECRET@h/',
  'http://:SECRET@h/',
])('readContainer() refuses the full URI %j', (text) => {
  expect(expectFailure('config_value', () => readContainer({ [FULL]: text }))).toBe(
    'cannot use AWS_CONTAINER_CREDENTIALS_FULL_URI: it must be an http or https URL without user information',
  )
})
