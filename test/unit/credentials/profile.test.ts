import { expect, test } from 'bun:test'

import { findSso, hasKeys, linkProfile } from '../../../src/credentials/profile.ts'
import { selectSource } from '../../../src/credentials/select.ts'
import { expectFailure } from '../../support/failures.ts'
import { fakeConfig, fakeProfile } from '../../support/profiles.ts'

const KEYS = { aws_access_key_id: 'A', aws_secret_access_key: 'S' }

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Links profile `p`, the first of these sections. */
function link(sections: Sections) {
  return linkProfile(fakeProfile('p', sections['p'] ?? {}), fakeConfig(sections))
}

/** The names on the way from `p` to its source, each with a `*` if its role is assumed. */
function chainOf(sections: Sections): string {
  const names: string[] = []
  for (let at: ReturnType<typeof link> | undefined = link(sections); at; at = at.source)
    names.push(`${at.profile.name}${at.assumesRole ? '*' : ''}`)
  return names.join(' ')
}

test.each([
  ['an empty profile', { p: {} }, 'p*'],
  ['keys', { p: KEYS }, 'p*'],
  ['a link', { p: { role_arn: 'r', source_profile: 'q' }, q: KEYS }, 'p* q*'],
  [
    'two links',
    {
      p: { role_arn: 'r', source_profile: 'q' },
      q: { role_arn: 'r', source_profile: 'o' },
      o: { credential_process: 'c' },
    },
    'p* q* o*',
  ],
  [
    'keys that end the chain',
    {
      p: { role_arn: 'r', source_profile: 'q' },
      q: { ...KEYS, role_arn: 'r', source_profile: 'x' },
    },
    'p* q*',
  ],
  [
    'a profile that lends its keys to itself',
    { p: { ...KEYS, role_arn: 'r', source_profile: 'p' } },
    'p* p',
  ],
])('linkProfile() follows %s', (_, sections, chain) => {
  expect(chainOf(sections)).toBe(chain)
})

test.each([
  [
    'a key without its secret',
    { p: { aws_access_key_id: 'A' } },
    'has only one of aws_access_key_id',
  ],
  ['a secret without its key', { p: { aws_secret_access_key: 'S' } }, 'has only one of'],
  [
    'source_profile without a role',
    { p: { source_profile: 'q' }, q: KEYS },
    'source_profile requires',
  ],
  [
    'credential_source without a role',
    { p: { credential_source: 'Environment' } },
    'its credential_source requires role_arn',
  ],
  [
    'a token file without a role',
    { p: { web_identity_token_file: '/t' } },
    'its web_identity_token_file requires role_arn',
  ],
  [
    'two sources',
    { p: { role_arn: 'r', credential_source: 'Environment', credential_process: 'c' } },
    'only one of credential_source, credential_process may be set',
  ],
  [
    'a link to nowhere',
    { p: { role_arn: 'r', source_profile: 'x' } },
    "its source_profile 'x' does not exist",
  ],
  [
    'a link to a profile without credentials',
    { p: { role_arn: 'r', source_profile: 'q' }, q: { login_session: 'l' } },
    "its source_profile 'q' names no credentials",
  ],
  [
    'a loop without keys',
    { p: { role_arn: 'r', source_profile: 'p' } },
    "its source_profile 'p' names no credentials",
  ],
  ['half of SSO', { p: { sso_session: 's' } }, "there is no section [sso-session 's']"],
])('linkProfile() refuses %s', (_, sections: Sections, reason) => {
  const message = expectFailure(
    [
      'profile_half_keys',
      'profile_many_sources',
      'profile_no_role',
      'profile_source_empty',
      'profile_source_missing',
      'profile_sso',
    ],
    () => link(sections),
  )
  expect(message).toStartWith("cannot use profile 'p': ")
  expect(message).toContain(reason)
})

test('linkProfile() names the file that holds half a pair', () => {
  const profile = { ...fakeProfile('p', KEYS), partialKeysIn: '/h/.aws/config' }
  expect(expectFailure('profile_half_keys', () => linkProfile(profile, new Map()))).toBe(
    "cannot use profile 'p': '/h/.aws/config' has only one of aws_access_key_id and aws_secret_access_key",
  )
})

/** `p` and as many links as that, the last of them to keys. */
function linked(links: number): Sections {
  const names = ['p', ...Array.from({ length: links - 1 }, (_, index) => `q${index}`), 'keys']
  return Object.fromEntries(
    names.map((name, index) => [
      name,
      name === 'keys' ? KEYS : { role_arn: 'r', source_profile: names[index + 1] ?? '' },
    ]),
  )
}

test('linkProfile() follows 64 links, not 65', () => {
  expect(chainOf(linked(64))).toEndWith(' q62* keys*')
  expect(expectFailure('profile_chain', () => link(linked(65)))).toBe(
    "cannot use profile 'q63': more than 64 profiles refer to one another",
  )
})

test.each([
  [KEYS, true],
  [{}, false],
  [{ aws_access_key_id: '' }, false],
])('hasKeys() of %j is %p', (values, expected) => {
  expect(hasKeys(fakeProfile('p', values))).toBe(expected)
})

const PLACE = { sso_start_url: 'https://s/', sso_region: 'us-east-1' }
const ROLE = { sso_account_id: '1', sso_role_name: 'r' }
const CONFIG = fakeConfig({ 'sso-session s': PLACE, 'sso-session empty': {} })
const FOUND = {
  profile: 'p',
  startUrl: 'https://s/',
  region: 'us-east-1',
  accountId: '1',
  roleName: 'r',
}

test.each([
  [{}, false],
  [{ sso_session: '' }, false],
  [{ region: 'us-east-1' }, false],
  [{ sso_session: 's' }, true],
  [{ sso_start_url: 'u' }, true],
  [{ sso_region: 'r' }, true],
  [{ sso_account_id: '1' }, true],
  [{ sso_role_name: 'r' }, true],
])('findSso() of %j finds something: %p', (values, expected) => {
  const find = () => findSso(fakeProfile('p', values), CONFIG)
  if (expected) expectFailure('profile_sso', find)
  else expect(find()).toBeUndefined()
})

test.each([
  ['without a session', { ...PLACE, ...ROLE }, undefined],
  ['with a session', { sso_session: 's', ...ROLE }, 's'],
  ['with blanks around its session', { sso_session: ' s ', ...ROLE }, 's'],
  ['that repeats its session', { sso_session: 's', ...PLACE, ...ROLE }, 's'],
])('selectSource() takes SSO from a profile %s', (_, values, session) => {
  const source = selectSource(fakeProfile('p', values), CONFIG, {})
  expect(source).toEqual({ kind: 'sso', sso: { ...FOUND, session } })
})

test.each([
  [
    'an unknown session',
    { sso_session: 't', ...PLACE, ...ROLE },
    "there is no section [sso-session 't']",
  ],
  [
    'another region than its session',
    { sso_session: 's', sso_region: 'us-west-2', ...ROLE },
    'its sso_region differs from that of its sso_session',
  ],
  [
    'another start URL than its session',
    { sso_session: 's', sso_start_url: 'https://t/', ...ROLE },
    'its sso_start_url differs from that of its sso_session',
  ],
  [
    'a region that its session lacks',
    { sso_session: 'empty', sso_region: 'us-east-1', ...ROLE },
    'its sso_region differs from that of its sso_session',
  ],
  ['an empty session', { sso_session: 'empty', ...ROLE }, 'it needs sso_start_url'],
  ['no start URL', { sso_region: 'us-east-1', ...ROLE }, 'it needs sso_start_url'],
  ['no region', { sso_start_url: 'u', ...ROLE }, 'it needs sso_region'],
  ['no account', { sso_session: 's', sso_role_name: 'r' }, 'it needs sso_account_id'],
  [
    'no role',
    { sso_session: 's', sso_account_id: '1', sso_role_name: '' },
    'it needs sso_role_name',
  ],
])('findSso() refuses a profile with %s, and so does selectSource()', (_, values, reason) => {
  const profile = fakeProfile('p', values)
  for (const read of [
    () => findSso(profile, CONFIG),
    () => selectSource(profile, CONFIG, {}),
    () => selectSource(profile, CONFIG, { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' }),
  ]) {
    expect(expectFailure('profile_sso', read)).toStartWith(`cannot use profile 'p': ${reason}`)
  }
})

test('findSso() leaves a region that is none to whoever selects it', () => {
  const profile = fakeProfile('p', { ...PLACE, ...ROLE, sso_region: 'evil.example/' })
  expect(findSso(profile, CONFIG)?.region.value).toBe('evil.example/')
  expect(expectFailure('config_value', () => selectSource(profile, CONFIG, {}))).toBe(
    "cannot use sso_region in '/c' line 1: it must be a region name such as us-east-1",
  )
})
