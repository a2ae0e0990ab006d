import { expect, test } from 'bun:test'

import { findSso, hasSsoKeys, readSso } from '../../../src/credentials/sso_profile.ts'
import { expectFailure } from '../../support/failures.ts'
import { fakeConfig, fakeProfile } from '../../support/profiles.ts'

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
])('hasSsoKeys() of %j is %p', (values, expected) => {
  expect(hasSsoKeys(fakeProfile('p', values))).toBe(expected)
})

test.each([
  ['without a session', { ...PLACE, ...ROLE }, undefined],
  ['with a session', { sso_session: 's', ...ROLE }, 's'],
  ['with blanks around its session', { sso_session: ' s ', ...ROLE }, 's'],
  ['that repeats its session', { sso_session: 's', ...PLACE, ...ROLE }, 's'],
])('readSso() of a profile %s', (_, values, session) => {
  expect(readSso(fakeProfile('p', values), CONFIG)).toEqual({ ...FOUND, session })
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
])('findSso() and readSso() refuse a profile with %s', (_, values, reason) => {
  for (const read of [findSso, readSso]) {
    const message = expectFailure('profile_sso', () => read(fakeProfile('p', values), CONFIG))
    expect(message).toStartWith(`cannot use profile 'p': ${reason}`)
  }
})

test('findSso() leaves a region that is none to readSso()', () => {
  const profile = fakeProfile('p', { ...PLACE, ...ROLE, sso_region: 'evil.example/' })
  expect(findSso(profile, CONFIG).region.value).toBe('evil.example/')
  expect(expectFailure('config_value', () => readSso(profile, CONFIG))).toBe(
    "cannot use sso_region in '/c' line 1: it must be a region name such as us-east-1",
  )
})
