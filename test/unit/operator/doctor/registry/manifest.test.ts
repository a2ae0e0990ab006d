import { expect, test } from 'bun:test'

import { parseManifest, shortDigest } from '../../../../../src/operator/doctor/registry/manifest.ts'
import { answer } from '../../../../support/answers.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

test('a manifest leads to its first layer, an index to images', () => {
  const layers = [{ digest: DIGEST, size: 1 }]
  expect(parseManifest(answer({ layers }))).toEqual({ blob: DIGEST, platforms: [] })
  expect(parseManifest(answer({ config: layers[0], layers: [] }))?.blob).toBe(DIGEST)
  const manifests = [{ digest: DIGEST, platform: { os: 'linux', architecture: 'arm64' } }]
  expect(parseManifest(answer({ manifests: [...manifests, { digest: DIGEST }] }))).toEqual({
    blob: undefined,
    platforms: [
      { digest: DIGEST, name: 'linux/arm64' },
      { digest: DIGEST, name: '' },
    ],
  })
})

test.each(['', '[]', '{}', '{"layers":[{"digest":"sha256:../../x"}]}', '{"layers":1}'])(
  'no manifest: %s',
  (body) => {
    expect(parseManifest(answer(body))).toBeUndefined()
  },
)

const header = (value: string) => answer('', 200, { 'docker-content-digest': value })

test('only a digest of the usual form is shown', () => {
  expect(shortDigest(header(DIGEST))).toBe('sha256:0123456789ab')
  expect(shortDigest(header(`${DIGEST}0`))).toBe('')
  expect(shortDigest(answer(''))).toBe('')
})
