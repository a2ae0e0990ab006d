import { expect, test } from 'bun:test'

import { hasKeys, linkProfile } from '../../../src/credentials/profile.ts'
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
