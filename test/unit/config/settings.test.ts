import { expect, test } from 'bun:test'

import { readSettings } from '../../../src/config/settings.ts'
import { SETTINGS } from '../../../src/config/settings_table.ts'
import type { Profile } from '../../../src/config/shared_files.ts'
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
