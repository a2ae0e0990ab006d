import { expect, test } from 'bun:test'

import { MAX_LIFE_MS } from '../../../src/ecr/token.ts'
import { cacheDuration, formatResponse } from '../../../src/kubelet/response.ts'

test.each([
  [12 * 3600 * 1000, '21600s'],
  [12 * 3600 * 1000 - 1, '21599s'],
  [3999, '1s'],
  [2000, '1s'],
  [1999, '0s'],
  [0, '0s'],
])('cacheDuration() of a token that lives for %d ms is %p', (lifeMs, expected) => {
  expect(cacheDuration(lifeMs)).toBe(expected)
})

test('no life longer than twelve hours is counted on', () => {
  expect(MAX_LIFE_MS).toBe(43_200_000)
})

test('formatResponse() is one line of JSON with the fields that the kubelet knows', () => {
  const token = { username: 'AWS', password: 'p"\n', lifeMs: 60_000 }
  const text = formatResponse('credentialprovider.kubelet.k8s.io/v1beta1', 'HOST:443', token)
  expect(text).toBe(
    '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1beta1","cacheKeyType":"Registry","cacheDuration":"30s","auth":{"HOST:443":{"username":"AWS","password":"p\\"\\n"}}}\n',
  )
})
