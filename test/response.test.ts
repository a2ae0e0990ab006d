import { expect, test } from 'bun:test'

import { cacheDuration, formatResponse } from '../src/response.ts'

const NOW = Date.UTC(2026, 0, 1)

test.each([
  [NOW + 12 * 3600 * 1000, '21600s'],
  [NOW + 12 * 3600 * 1000 - 1, '21599s'],
  [NOW + 3999, '1s'],
  [NOW + 2000, '1s'],
  [NOW + 1999, '0s'],
  [NOW, '0s'],
  [NOW - 1, '0s'],
  [NOW - 12 * 3600 * 1000, '0s'],
  [Date.UTC(9999, 11, 31), '9223372036s'],
  [undefined, '0s'],
])('cacheDuration() of a token that expires at %p is %p', (expiresAtMs, expected) => {
  expect(cacheDuration(expiresAtMs, NOW)).toBe(expected)
})

test('formatResponse() is one line of JSON with the fields that the kubelet knows', () => {
  const text = formatResponse({
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1beta1',
    authKey: 'HOST:443',
    token: { username: 'AWS', password: 'p"\n', expiresAtMs: NOW + 60_000 },
    nowMs: NOW,
  })
  expect(text).toBe(
    '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","cacheKeyType":"Registry","cacheDuration":"30s","auth":{"HOST:443":{"username":"AWS","password":"p\\"\\n"}}}\n',
  )
})
