import { expect, test } from 'bun:test'

import { readSharedConfig } from '../../../src/config/shared_files.ts'
import { selectProfile, selectSource } from '../../../src/credentials/select.ts'
import { expectFailure } from '../../support/failures.ts'
import { fakeConfig, fakeProfile } from '../../support/profiles.ts'
import { fakeSystem } from '../../support/system.ts'

const KEYS = { aws_access_key_id: 'A', aws_secret_access_key: 'S' }
const ENV_KEYS = { AWS_ACCESS_KEY_ID: 'E', AWS_SECRET_ACCESS_KEY: 'F' }
const ENV_IDENTITY = { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'r' }
const CONTAINER = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/c' }
const SSO = { sso_start_url: 'u', sso_region: 'us-east-1', sso_account_id: '1', sso_role_name: 'r' }
const PROCESS = { credential_process: 'c' }

type Values = Readonly<Record<string, string>>

/** The source of profile `p`, beside a profile `keys`. */
function select(values: Values, env: Values = {}) {
  return selectSource(fakeProfile('p', values), fakeConfig({ keys: KEYS }), env)
}

test.each([
  ['of the environment first', KEYS, { ...ENV_KEYS, ...ENV_IDENTITY, ...CONTAINER }, 'keys'],
  ['of the web identity in the environment next', KEYS, ENV_IDENTITY, 'web_identity'],
  ['of the profile before the container', PROCESS, CONTAINER, 'process'],
  ['of the container before the instance', {}, CONTAINER, 'container'],
  ['of the instance last', {}, {}, 'instance'],
  [
    'named by the profile',
    { role_arn: 'r', credential_source: 'Ec2InstanceMetadata' },
    CONTAINER,
    'role',
  ],
  ['of the profile: keys before SSO', { ...KEYS, ...SSO }, {}, 'keys'],
  [
    'of the profile: a token file before SSO',
    { role_arn: 'r', web_identity_token_file: '/t', ...SSO },
    {},
    'web_identity',
  ],
  ['of the profile: SSO before a process', { ...PROCESS, ...SSO }, {}, 'sso'],
])('selectSource() takes that %s', (_, values, env, kind) => {
  expect(select(values, env)).toMatchObject({ kind })
})

test.each([
  ['Ec2InstanceMetadata', {}, { kind: 'instance', reason: "profile 'p' names it" }],
  ['EcsContainer', CONTAINER, { kind: 'container', url: { value: 'http://169.254.170.2/c' } }],
])('selectSource() puts the role on %s', (credentialSource, env, base) => {
  const source = select({ role_arn: 'r', credential_source: credentialSource }, env)
  expect(source).toMatchObject({ kind: 'role', role: { arn: 'r' }, base })
})

test('selectSource() assumes the role of a profile with the keys of another', () => {
  const values = { role_arn: 'r', source_profile: 'keys', role_session_name: 'n', external_id: 'x' }
  expect(select(values)).toEqual({
    kind: 'role',
    role: { arn: 'r', sessionName: 'n', externalId: 'x', durationSeconds: 900 },
    base: {
      kind: 'keys',
      keys: {
        accessKeyId: 'A',
        secretAccessKey: 'S',
        sessionToken: undefined,
        label: "profile 'keys'",
        expiresAtMs: undefined,
      },
    },
  })
})

test.each([
  ['', 900],
  ['900', 900],
  ['959', 900],
  ['960', 960],
  ['43200', 43_200],
  ['-1', 900],
  ['1e4', 900],
  ['9999999999', 900],
])('selectSource() takes duration_seconds %j for %d', (text, durationSeconds) => {
  const values = { role_arn: 'r', source_profile: 'keys', duration_seconds: text }
  expect(select(values)).toMatchObject({ role: { durationSeconds } })
})

test.each([
  ['login_session', { login_session: 'l' }, 'its login_session is not supported'],
  ['mfa_serial', { role_arn: 'r', source_profile: 'keys', mfa_serial: 'm' }, 'its mfa_serial asks'],
  [
    'a container outside one',
    { role_arn: 'r', credential_source: 'EcsContainer' },
    'its credential_source is EcsContainer, but',
  ],
  [
    'an environment without keys',
    { role_arn: 'r', credential_source: 'Environment' },
    'its credential_source is Environment, but',
  ],
  [
    'an unknown source',
    { role_arn: 'r', credential_source: 'environment' },
    'its credential_source must be',
  ],
])('selectSource() refuses a profile with %s', (_, values, reason) => {
  expect(
    expectFailure(['profile_credential_source', 'profile_login_session', 'profile_mfa'], () =>
      select(values),
    ),
  ).toStartWith(`cannot use profile 'p': ${reason}`)
})

test('selectSource() refuses a profile that breaks a rule even when the environment wins', () => {
  const message = expectFailure('profile_no_role', () =>
    select({ source_profile: 'keys' }, ENV_KEYS),
  )
  expect(message).toBe("cannot use profile 'p': its source_profile requires role_arn")
})

test.each([
  ["there is no profile 'default'", undefined],
  ["profile 'p' names no source", fakeProfile('p', {})],
])('selectSource() says that nothing but the instance is left, since %s', (state, profile) => {
  expect(selectSource(profile, new Map(), {})).toEqual({
    kind: 'instance',
    reason: `the environment has no keys, ${state}, and there is no container endpoint`,
  })
})

test.each([
  [{}, 'default'],
  [{ AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'b' }, 'b'],
  [{ AWS_DEFAULT_PROFILE: 'missing' }, undefined],
  [{ AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' }, 'a'],
])('selectProfile() with %j is %p', (env, name) => {
  expect(selectProfile(fakeConfig({ default: {}, a: {}, b: {} }), env)?.name).toBe(name)
})

test('selectProfile() refuses an AWS_PROFILE that does not exist', () => {
  const env = { AWS_PROFILE: 'no\nsuch', AWS_DEFAULT_PROFILE: 'b' }
  expect(
    expectFailure('profile_missing', () => selectProfile(fakeConfig({ b: {} }), env)),
  ).toStartWith("cannot find profile 'no?such' (from AWS_PROFILE)")
})

test('selectProfile() knows a section that lacks the word profile', async () => {
  const files = { '/h/.aws/config': '[hybrid]\nregion = us-west-2\n[empty]\n' }
  const system = fakeSystem({ env: { HOME: '/h' }, files })
  const config = await readSharedConfig(system)
  expect(
    expectFailure('profile_header', () => selectProfile(config, { AWS_PROFILE: 'hybrid' })),
  ).toBe(
    "cannot find profile 'hybrid' (from AWS_PROFILE): '/h/.aws/config' has it as [hybrid]; hint: write [profile hybrid] there, no restart is needed",
  )
  expect(
    expectFailure('profile_header', () => selectProfile(config, { AWS_PROFILE: 'empty' })),
  ).toStartWith("cannot find profile 'empty' (from AWS_PROFILE): the config file has it as [empty]")
  expect(
    expectFailure('profile_missing', () => selectProfile(config, { AWS_PROFILE: 'other' })),
  ).toBe(
    "cannot find profile 'other' (from AWS_PROFILE): neither the config nor the credentials file has it",
  )
})
