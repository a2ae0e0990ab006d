import { expect, test } from 'bun:test'

import type { Options } from '../../src/kubelet/options.ts'
import { warm } from '../../src/warm.ts'
import { fakeNode, processOn } from '../support/boot.ts'
import { expectRejection } from '../support/failures.ts'
import { answering, type FakeParts, fakeSystem } from '../support/system.ts'

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const OTHER = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app'
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'SECRET' }
const OPTIONS: Options = {
  command: 'warm',
  images: [IMAGE],
  mirrors: [],
  irsaRole: false,
  timeoutMs: 45_000,
  cacheDirectory: '/cache',
  verbose: false,
}

/** Warms against an ECR that gives a token which is valid for 12 hours, or does not say how long. */
async function warmed(options: Partial<Options>, { env = {}, saysHowLong = true } = {}) {
  const node = fakeNode()
  const expiresAt = saysHowLong ? node.nowMs / 1000 + 43_200 : undefined
  const data = { authorizationToken: btoa('AWS:password'), expiresAt }
  let calls = 0
  const system = processOn(node, {
    env: { ...KEYS, AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:1', ...env },
    connect: async () => {
      calls += 1
      return answering(JSON.stringify({ authorizationData: [data] }))
    },
  })
  await warm({ ...OPTIONS, ...options }, system)
  return { calls, files: node.files.size }
}

test.each<[string, string[], Record<string, string>, number]>([
  ['an image', [IMAGE], {}, 1],
  ['two images of one registry', [IMAGE, `${IMAGE}:latest`], {}, 1],
  ['images of two registries', [IMAGE, OTHER], {}, 2],
  ['no image, but a region', [], { AWS_REGION: 'eu-west-1' }, 1],
])('warm() keeps the tokens for %s', async (_, images, env, expected) => {
  expect(await warmed({ images }, { env })).toEqual({ calls: expected, files: expected })
})

test('warm() fails where it cannot keep the token', async () => {
  expect(await expectRejection('cache_life', warmed({}, { saysHowLong: false }))).toBe(
    'cannot keep the token: ECR did not say how long it is valid',
  )
})

const NO_REGION =
  'cannot cache a token without a region of its own; hint: set it with --mirror HOST=REGION or AWS_REGION'

test.each<[string, Partial<Options>, FakeParts, string]>([
  [
    'a setting of the last registry that is wrong',
    { images: [IMAGE, 'public.ecr.aws/a/b'] },
    { env: { ...KEYS, AWS_ENDPOINT_URL_ECR_PUBLIC: 'no URL' } },
    'AWS_ENDPOINT_URL_ECR_PUBLIC',
  ],
  [
    'a setting of the registry of the node that is wrong',
    { images: [] },
    { env: { ...KEYS, AWS_ENDPOINT_URL_ECR: 'no URL' } },
    'AWS_ENDPOINT_URL_ECR',
  ],
  [
    'a mirror without a region',
    { images: ['m.example/x'], mirrors: [{ host: 'm.example', region: undefined }] },
    { env: KEYS },
    NO_REGION,
  ],
])('warm() asks nobody when there is %s', async (_, options, parts, expected) => {
  const asked: string[] = []
  const connect = async ({ hostname }: { readonly hostname: string }) => {
    asked.push(hostname)
    return answering('')
  }
  const system = fakeSystem({ ...parts, connect })
  const message = await expectRejection(
    ['cache_region', 'config_value'],
    warm({ ...OPTIONS, ...options }, system),
  )
  expect(message).toContain(expected)
  expect(asked).toEqual([])
})

test('warm() refuses an image of no ECR registry', async () => {
  const warming = warm({ ...OPTIONS, images: [IMAGE, 'docker.io/x'] }, fakeSystem({ env: KEYS }))
  expect(await expectRejection('not_ecr', warming)).toStartWith(
    "cannot get credentials for 'docker.io'",
  )
})
