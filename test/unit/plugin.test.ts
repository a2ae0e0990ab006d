import { expect, test } from 'bun:test'

import type { Options } from '../../src/kubelet/options.ts'
import { answerRequest } from '../../src/plugin.ts'
import { type FakeNode, fakeNode, processOn } from '../support/boot.ts'
import { expectRejection } from '../support/failures.ts'
import { answering, type FakeParts } from '../support/system.ts'
import { kubeletRequest } from '../world/plugin.ts'

const HOST = '123456789012.dkr.ecr.us-west-2.amazonaws.com'
const IMAGE = `${HOST}/team/app`
const ROLE = 'arn:aws:iam::123456789012:role/pod'
const OF_POD = {
  serviceAccountToken: 'SECRET-T',
  serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': ROLE },
}

/** Who is asked, by the port. */
const ASKED = new Map([
  [1, 'ecr'],
  [2, 'sts'],
  [80, 'imds'],
])
const ENV = {
  AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:2',
}
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'SECRET' }

interface Parts {
  readonly input?: string | undefined
  readonly env?: FakeParts['env']
  readonly options?: Partial<Options>
  readonly node?: FakeNode
  readonly system?: FakeParts
}

/** One run, with an ECR that gives a token for 12 hours, and an STS that refuses everything. */
function start(parts: Parts = {}) {
  const { input = kubeletRequest(IMAGE), env = KEYS, node = fakeNode() } = parts
  const asked: string[] = []
  const steps: string[] = []
  const data = { authorizationToken: btoa('AWS:password'), expiresAt: node.nowMs / 1000 + 43_200 }
  const system = processOn(node, {
    env: { ...ENV, ...env },
    step: (text) => void steps.push(text),
    connect: async ({ port }) => {
      const name = ASKED.get(port) ?? 'somebody'
      asked.push(name)
      return name === 'ecr'
        ? answering(JSON.stringify({ authorizationData: [data] }))
        : answering('<Code>AccessDenied</Code>', 403)
    },
    ...parts.system,
  })
  const options: Options = {
    command: 'get-credentials',
    images: [],
    mirrors: [],
    irsaRole: false,
    timeoutMs: 45_000,
    cacheDirectory: undefined,
    verbose: false,
    ...parts.options,
  }
  const answer = answerRequest(Promise.resolve(Buffer.from(input)), options, system)
  return { answer, asked, steps, node }
}

test('answerRequest() gives the one document, with the token of the registry that was asked for', async () => {
  const { answer, asked, steps, node } = start()
  expect(await answer).toBe(
    `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","cacheDuration":"21600s","auth":{"${HOST}":{"username":"AWS","password":"password"}}}\n`,
  )
  expect(asked).toEqual(['ecr'])
  expect(steps).toContain('signing with credentials: environment')
  // No cache was asked for.
  expect([steps.includes('opening the cache directory'), node.files.size]).toEqual([false, 0])
})

test.each([
  ['a request that is none', { input: '{}' }, 'request_form'],
  ['an image of another registry', { input: kubeletRequest('docker.io/app') }, 'not_ecr'],
  [
    'an annotation that is no role',
    {
      input: kubeletRequest(IMAGE, {
        ...OF_POD,
        serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': 'x' },
      }),
    },
    'annotation',
  ],
  // Whatever else is wrong.
  ['a request that is none, first', { input: '', env: { AWS_PROFILE: 'none' } }, 'request_empty'],
  ['a profile that is not there', { env: { AWS_PROFILE: 'none' } }, 'profile_missing'],
  ['a setting that is wrong', { env: { ...KEYS, AWS_MAX_ATTEMPTS: 'x' } }, 'config_value'],
] as const)('answerRequest() refuses %s, and asks nobody', async (_, parts, cause) => {
  const { answer, asked } = start(parts)
  await expectRejection(cause, answer)
  expect(asked).toEqual([])
})

test("answerRequest() asks as nobody else once a pod's own role is refused", async () => {
  const { answer, asked } = start({ input: kubeletRequest(IMAGE, OF_POD) })
  expect(await expectRejection('sts_denied', answer)).not.toContain('SECRET')
  // The connection to ECR is opened ahead, and nothing is sent on it.
  expect(asked.toSorted()).toEqual(['ecr', 'sts'])
})

const CACHED = { options: { cacheDirectory: '/cache' } }

test('answerRequest() asks once for all runs that share a cache', async () => {
  const first = start(CACHED)
  const answer = await first.answer
  expect(first.steps).toContain('opening the cache directory')
  const second = start({ ...CACHED, node: first.node })
  expect(await second.answer).toBe(answer)
  expect([first.asked, second.asked]).toEqual([['ecr'], []])
})

function fail(): never {
  throw Object.assign(new Error('no'), { code: 'EROFS' })
}

test('answerRequest() goes on without a cache that cannot be used, and says so', async () => {
  const { answer, asked, steps } = start({ ...CACHED, system: { openPrivateDirectory: fail } })
  expect(await answer).toContain('"password"')
  expect(asked).toEqual(['ecr'])
  expect(steps).toContain("cannot use the cache directory '/cache': its file system is read-only")
})

test("answerRequest() keeps nothing of a service account's role", async () => {
  const { answer, steps, node } = start({ ...CACHED, input: kubeletRequest(IMAGE, OF_POD) })
  await expectRejection('sts_denied', answer)
  expect(steps).toContain("not using the cache: it is for a service account's role")
  expect([node.files.size, node.claims.size]).toEqual([0, 0])
})

test('answerRequest() keeps nothing where only the instance knows the region', async () => {
  const { answer, asked, steps, node } = start({
    input: kubeletRequest('mirror.example/app'),
    options: { ...CACHED.options, mirrors: [{ host: 'mirror.example', region: undefined }] },
  })
  // Which is asked for it.
  await expectRejection('imds_disabled', answer)
  expect(asked).toEqual(['imds'])
  expect(steps).toContain('not using the cache: no region is configured')
  expect([node.files.size, node.claims.size]).toEqual([0, 0])
})
