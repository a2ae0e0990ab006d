import { expect, test } from 'bun:test'

import { parseImage } from '../../../../../src/operator/doctor/registry/image.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

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
