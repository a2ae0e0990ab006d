import { expect, test } from 'bun:test'

import type { HttpAnswer } from '../../../../src/net/network.ts'
import { kindOf } from '../../../../src/operator/doctor/network.ts'
import { parseImage } from '../../../../src/operator/doctor/registry/image.ts'
import { targetOf } from '../../../../src/operator/doctor/registry/layer.ts'
import { parseManifest, shortDigest } from '../../../../src/operator/doctor/registry/manifest.ts'
import { explainRefusal, tryAgain } from '../../../../src/operator/doctor/registry/refusal.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

const answer = (
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): HttpAnswer => ({
  kind: 'answer',
  status,
  headers: new Headers(headers),
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
})

test.each([
  ['h/a', ['h', 'a', 'latest', 'h/a', 'a:latest']],
  ['h:443/a/b_c.d-e:V1.0', ['h:443', 'a/b_c.d-e', 'V1.0', 'h:443/a/b_c.d-e', 'b_c.d-e:V1.0']],
  [`h/a@${DIGEST}`, ['h', 'a', DIGEST, 'h/a', 'a@sha256:0123456789ab']],
  [`h/a:1@${DIGEST}`, ['h', 'a', DIGEST, 'h/a', 'a@sha256:0123456789ab']],
])('the image %s', (text, parts) => {
  const { host, repository, reference, plain, short } = parseImage(text)
  expect([host, repository, reference, plain, short]).toEqual(parts)
})

test.each([
  'a',
  'nginx:1',
  'h/',
  'h/A',
  'h//a',
  'h/a:',
  'h/a@sha256:12',
  'https://h/a',
  'user:sentinel@h/a',
  'h/a?x=sentinel',
  'h/../a',
  'h/a b',
])('no image: %s', (text) => {
  expect(() => parseImage(text)).toThrow(/^((?!sentinel).)*$/)
})

const LONG = `${'a'.repeat(63)}.`.repeat(5)

test.each([
  [307, 'https://bucket.s3.amazonaws.com/x?y=z', 'https://bucket.s3.amazonaws.com/x?y=z'],
  [302, '/other', 'https://h/other'],
  [307, 'http://bucket.s3.amazonaws.com/', undefined],
  [307, 'http://169.254.169.254/latest/', undefined],
  [307, 'file:///etc/shadow', undefined],
  [307, 'https://user@h/', undefined],
  [307, `https://${LONG}com/`, undefined],
  [200, 'https://h/', undefined],
])('a redirect by %i to %s', (status, location, target) => {
  const headers = new Headers({ location })
  expect(targetOf({ status, headers }, 'https://h/v2/a/blobs/b')?.href).toBe(target)
})

test('a manifest leads to its first layer, an index to images', () => {
  const layers = [{ digest: DIGEST, size: 1 }]
  expect(parseManifest(answer(200, { layers }))).toEqual({ blob: DIGEST, platforms: [] })
  expect(parseManifest(answer(200, { config: layers[0], layers: [] }))?.blob).toBe(DIGEST)
  const manifests = [{ digest: DIGEST, platform: { os: 'linux', architecture: 'arm64' } }]
  expect(parseManifest(answer(200, { manifests: [...manifests, { digest: DIGEST }] }))).toEqual({
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
    expect(parseManifest(answer(200, body))).toBeUndefined()
  },
)

test('only a digest of the usual form is shown', () => {
  const header = (value: string) => answer(200, '', { 'docker-content-digest': value })
  expect(shortDigest(header(DIGEST))).toBe('sha256:0123456789ab')
  expect(shortDigest(header(`${DIGEST}0`))).toBe('')
  expect(shortDigest(answer(200, ''))).toBe('')
})

const IMAGE = parseImage('222222222222.dkr.ecr.us-west-2.amazonaws.com/team/app:1')
const ASKED = { image: IMAGE, region: 'us-west-2', who: "instance role 'r'" }
const WHO = 'User: arn:aws-us-gov:sts::111111111111:assumed-role/r/i is not authorized to perform: '
const said = (status: number, code: string, message?: string) =>
  explainRefusal(answer(status, { errors: [{ code, message }] }), ASKED)

test.each([
  [
    `${WHO}ecr:BatchGetImage on resource: r because no resource-based policy allows the ecr:BatchGetImage action`,
    'registry_denied_repository',
  ],
  [
    `${WHO}ecr:BatchGetImage on resource: r because no identity-based policy allows the ecr:BatchGetImage action`,
    'registry_denied_identity',
  ],
  [
    `${WHO}ecr:BatchGetImage because no permissions boundary allows the ecr:BatchGetImage action`,
    'registry_denied_identity',
  ],
  [
    `${WHO}ecr:BatchGetImage because no VPC endpoint policy allows the ecr:BatchGetImage action`,
    'registry_denied_endpoint',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in a service control policy`,
    'registry_denied_organization',
  ],
  [
    `${WHO}ecr:BatchGetImage because no resource control policy allows the ecr:BatchGetImage action`,
    'registry_denied_organization',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in a permissions boundary`,
    'registry_denied_explicit',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x`,
    'registry_denied_explicit',
  ],
  ['sentinel', 'registry_denied'],
])('%s', (message, cause) => {
  const reason = said(403, 'DENIED', message)
  expect(reason.cause).toBe(cause)
  expect(JSON.stringify(reason)).not.toContain('sentinel')
  if (cause !== 'registry_denied')
    expect(reason.summary).toContain(': this identity may not ecr:BatchGetImage, ')
})

test('who must allow whom', () => {
  const { fix } = said(
    403,
    'DENIED',
    `${WHO}ecr:BatchGetImage because no resource-based policy allows`,
  )
  expect(fix).toContain("its account 222222222222 must allow the node's account 111111111111: ")
})

test.each([
  [404, 'NAME_UNKNOWN', 'registry_repository'],
  [404, 'MANIFEST_UNKNOWN', 'registry_image'],
  [404, 'sentinel', 'registry_image'],
  [401, 'UNAUTHORIZED', 'registry_password'],
  [429, 'TOOMANYREQUESTS', 'registry_status'],
])('status %i %s', (status, code, cause) => {
  const reason = said(status, code, 'sentinel')
  expect(reason.cause).toBe(cause)
  expect(JSON.stringify(reason)).not.toContain('sentinel')
})

test('what is no error of a registry is no reason to fail', () => {
  expect(explainRefusal(answer(502, '<html>sentinel'), ASKED)).toEqual({
    cause: 'registry_status',
    summary: `HTTP status 502 from ${IMAGE.host} for the manifest of team/app`,
    fix: tryAgain(),
  })
})

test.each([
  ['10.0.3.17', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['100.128.0.1', 'public'],
  ['fd12::1', 'private'],
  ['2600:1f14::1', 'public'],
  ['52.46.1.1', 'public'],
  ['127.0.0.1', 'this machine'],
  ['::1', 'this machine'],
] as const)('%s is %s', (address, kind) => {
  expect(kindOf(address)).toBe(kind)
})
