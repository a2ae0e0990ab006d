import { expect, test } from 'bun:test'

import {
  awaitFreshToken,
  readTokenFile,
  storeToken,
} from '../../../../src/credentials/sources/sso_file.ts'
import { expectRejection } from '../../../support/failures.ts'
import { fakeRun } from '../../../support/run.ts'
import { fakeSystem } from '../../../support/system.ts'

const FRESH = { accessToken: 'fresh', expiresAt: '2026-01-01T01:00:00Z' }
const STALE = { accessToken: 'stale', expiresAt: '2026-01-01T00:00:00Z' }

test('readTokenFile() gives the token with its expiry, and keeps fields that it does not know', async () => {
  const token = { ...FRESH, refreshToken: 'r', clientId: 'i', clientSecret: 's', region: 'x' }
  const system = fakeSystem({ files: { '/t': JSON.stringify(token) } })
  expect(await readTokenFile('/t', system)).toEqual({
    token,
    expiresAtMs: Date.UTC(2026, 0, 1, 1),
  })
})

test('readTokenFile() gives nothing when there is no file', async () => {
  expect(await readTokenFile('/t', fakeSystem())).toBeUndefined()
})

test.each([
  ['unreadable', { code: 'EACCES' }, 'permission denied'],
  ['too large', ' '.repeat(64 * 1024 + 1), 'larger than 65536 bytes'],
  ['no JSON', 'secret', 'it is not valid JSON'],
  ['without an access token', '{"expiresAt":"x"}', "'accessToken' is missing"],
  [
    'with a token that fits no header',
    JSON.stringify({ ...FRESH, accessToken: 'a\nb' }),
    "'accessToken' must be",
  ],
  ['without an expiry', '{"accessToken":"a"}', "'expiresAt' is missing"],
  [
    'with an expiry that is none',
    JSON.stringify({ ...FRESH, expiresAt: 'soon' }),
    'its expiry is not an RFC 3339 time',
  ],
  [
    'with an empty refresh token',
    JSON.stringify({ ...FRESH, refreshToken: '' }),
    "'refreshToken' is empty",
  ],
])('readTokenFile() refuses a file that is %s', async (_, file, reason) => {
  const message = await expectRejection(
    ['config_file', 'sso_file'],
    readTokenFile('/t', fakeSystem({ files: { '/t': file } })),
  )
  expect(message).toContain("the SSO token file '/t'")
  expect(message).toContain(reason)
  expect(message).not.toContain('secret')
})

/** Waits for a file that reads like this, one look after another; the last one again and again. */
async function wait(looks: readonly object[], deadlineMs = 45_000) {
  let count = 0
  const { run, waits } = fakeRun([], {
    deadlineMs,
    readFile: async () => {
      count += 1
      return Buffer.from(JSON.stringify(looks[count - 1] ?? looks.at(-1)))
    },
  })
  return { token: await awaitFreshToken('/t', run), waited: waits.length }
}

test.each([
  ['is there', [FRESH], 45_000, 'fresh', 0],
  ['comes in a moment', [STALE, STALE, FRESH], 45_000, 'fresh', 2],
  ['does not come within 2 s', [STALE], 45_000, undefined, 40],
  ['does not come before the deadline', [STALE], 120, undefined, 2],
])('awaitFreshToken() of a token that %s', async (_, looks, deadlineMs, token, waited) => {
  expect(await wait(looks, deadlineMs)).toEqual({ token, waited })
})

test('storeToken() replaces the file', async () => {
  const written: unknown[] = []
  const replaceFile = async (...call: [string, string]) => void written.push(call)
  await storeToken('/t', { accessToken: 'a' }, fakeRun([], { replaceFile }).run)
  expect(written).toEqual([['/t', '{"accessToken":"a"}']])
})

test('storeToken() fails when the file cannot be replaced', async () => {
  const { run } = fakeRun([], {
    replaceFile: async () => Promise.reject(Object.assign(new Error('secret'), { code: 'EACCES' })),
  })
  const promise = storeToken('/t', {}, run)
  expect(await expectRejection('sso_store', promise)).toBe(
    "cannot replace the SSO token file '/t': permission denied; hint: mend that, then run aws sso login",
  )
})
