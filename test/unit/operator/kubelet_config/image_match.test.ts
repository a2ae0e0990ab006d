import { expect, test } from 'bun:test'

import {
  matchesImage,
  splitReference,
} from '../../../../src/operator/kubelet_config/image_match.ts'

test.each([
  // k8s.io/kubernetes, pkg/credentialprovider/keyring_test.go, TestURLsMatch.
  ['*.kubernetes.io', 'prefix.kubernetes.io', true],
  ['prefix.*.io', 'prefix.kubernetes.io', true],
  ['prefix.kubernetes.*', 'prefix.kubernetes.io', true],
  ['*-good.kubernetes.io', 'prefix-good.kubernetes.io', true],
  ['*.kubernetes.io/blah', 'prefix.kubernetes.io/blah', true],
  ['prefix.*.io/foo', 'prefix.kubernetes.io/foo/bar', true],
  ['*.kubernetes.io:1111/blah', 'prefix.kubernetes.io:1111/blah', true],
  ['prefix.*.io:1111/foo', 'prefix.kubernetes.io:1111/foo/bar', true],
  ['kubernetes.io', 'kubernetes.com', false],
  ['k*.io', 'quay.io', false],
  ['kubernetes.io:1234', 'kubernetes.io', false],
  ['kubernetes.io', 'kubernetes.io:1234', false],
  ['kubernetes.io:5678', 'kubernetes.io:1234', false],
  ['*.kubernetes.io', 'kubernetes.io', false],
  ['*.kubernetes.io/test', 'prefix.kubernetes.io/not-test', false],
  ['*.*.kubernetes.io', 'prefix.kubernetes.io', false],
  ['kubernetes.io/a', 'kubernetes.io/ab', true],
  // Where a glob is not what it looks like.
  ['*', 'kubernetes.io', false],
  ['https://kubernetes.io', 'kubernetes.io', false],
  ['kubernetes.i?', 'kubernetes.io', false],
  ['kubernetes.io/*', 'kubernetes.io/app', false],
  ['kubernetes.io:443', 'kubernetes.io', false],
  ['Kubernetes.io', 'kubernetes.io', false],
  ['user@kubernetes.io', 'kubernetes.io', true],
  ['k+.io', 'kkk.io', false],
  // Parts of a glob overlap in no character, and are found where a later one would do too.
  ['a*a.io', 'a.io', false],
  ['a*a.io', 'aa.io', true],
  ['*ab*b.io', 'ab.io', false],
  ['*ab*b.io', 'xabab.io', true],
  ['*a*b*.io', 'ba.io', false],
  ['**.io', 'a.io', true],
  // Takes hours with a regular expression.
  [`${'*a'.repeat(60)}.io`, `${'a'.repeat(60)}b.io`, false],
])('%s against %s: %p', (pattern, image, expected) => {
  expect(matchesImage(pattern, image)).toBe(expected)
})

test.each([
  'a b.io',
  'a[bc].io',
  'a.io:x',
  'a.io:1:2',
  '[::1',
  'a\\.io',
  'a.io/%zz',
  'a\n.io',
  '{a}.io',
])('the kubelet refuses %p', (pattern) => expect(splitReference(pattern)).toBeUndefined())
