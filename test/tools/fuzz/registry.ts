import { expect } from 'bun:test'

import fc from 'fast-check'

import { parseRegistry } from '../../../src/ecr/host.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const ALLOWED =
  /^([0-9]{12}\.dkr[.-]ecr(-fips)?\.[a-z]{2,8}(-[a-z]+){1,3}-[0-9]{1,2}\.(amazonaws\.(com(\.cn)?|eu)|on\.(aws|aws\.ic\.gov|aws\.scloud|cloud-aws\.adc-e\.uk|aws\.hci\.ic\.gov|amazonwebservices\.(com\.cn|eu))|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)|public\.ecr\.aws|ecr-public\.aws\.com)$/

const piece = fc.constantFrom(
  '123456789012',
  '.dkr.ecr',
  '.dkr-ecr',
  '-fips',
  '.us-west-2',
  '.amazonaws.com',
  '.on.aws',
  '.cn',
  'public.ecr.aws',
  '/',
  ':443',
  '@',
  '.',
  'https://',
  '%',
  'A',
)
const host = fc
  .tuple(
    fc.constantFrom('', 'https://', 'user@', 'x.'),
    fc.constantFrom('123456789012', '123456789012', '12345678901', '12345678901a'),
    fc.constantFrom('.dkr.ecr', '.dkr-ecr', '.dkr.ecr-fips', '.dkr.ECR'),
    fc.oneof(
      fc.constantFrom('.us-west-2', '.cn-north-1', '.us-gov-east-1'),
      fc.stringMatching(/^\.[a-z]{1,3}(-[a-z]{1,4}){0,3}-?[0-9]{0,3}$/),
    ),
    fc.constantFrom('', '', '.evil', '.evil-', '.', '-'),
    fc.constantFrom('.amazonaws.com', '.on.aws', '.amazonaws.com.cn', '.api.aws', '.c2s.ic.gov'),
    fc.constantFrom('', ':443', '.', '.evil.io', '/x', '@evil.io/x', '/x@sha256:0'),
  )
  .map((parts) => parts.join(''))
const images = fc.oneof(
  fc.string(),
  fc
    .array(fc.oneof(piece, fc.string({ maxLength: 2 })), { maxLength: 9 })
    .map((parts) => parts.join('')),
  host,
)

/** No look-alike is ever taken for a host of ECR. */
export const REGISTRY = [
  target('parseRegistry() accepts no host outside the allowed suffixes, and reads its own twice', {
    inputs: images,
    judge: (image) => {
      const registry = acceptedBy(() => parseRegistry(image, []))
      if (registry === undefined) return
      expect(registry.host.replace(/:[0-9]+$/, '').toLowerCase()).toMatch(ALLOWED)
      expect(image.replace(/^https?:\/\//i, '')).toStartWith(registry.host)
      expect(parseRegistry(registry.host, [])).toEqual(registry)
    },
  }),
  target('parseRegistry() shows nothing of what may be a password', {
    inputs: fc.tuple(images, images).map(([front, back]) => `${front}:${SENTINEL}@${back}`),
    judge: (image) => acceptedBy(() => parseRegistry(image, [])),
  }),
]
