import { expect, test } from 'bun:test'

import { targetOf } from '../../../../../src/operator/doctor/registry/layer.ts'

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
