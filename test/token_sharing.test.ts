import { expect, test } from 'bun:test'

import { Failure } from '../src/failure.ts'
import type { RegistryToken } from '../src/response.ts'
import { openTokenCache } from '../src/token_cache.ts'
import { shareToken } from '../src/token_sharing.ts'
import { type FakeNode, fakeNode, processOn } from './boot.ts'
import { fakeContext } from './context.ts'
import { expectRejection } from './failures.ts'

/** One run on a node whose time is that of its own waits. */
async function runOn(
  node: FakeNode,
  fetchToken: () => Promise<RegistryToken>,
  deadlineMs = 45_000,
) {
  const system = processOn(node)
  const { network } = fakeContext([], { deadlineMs }).context
  const cache = await openTokenCache('/run/x', 'k', system)
  const startMs = node.uptimeMs
  const surroundings = {
    system,
    network: {
      ...network,
      sleep: system.sleep,
      elapsedMs: system.elapsedMs,
      remainingMs: () => deadlineMs - system.elapsedMs(),
    },
  }
  const token = await shareToken(cache, surroundings, fetchToken)
  return { token, waitedMs: node.uptimeMs - startMs }
}

const tokenOf = (node: FakeNode, password: string) => ({
  username: 'AWS',
  password,
  expiresAtMs: node.nowMs + 3_600_000,
})

const throttled = async () => Promise.reject(new Failure('throttled', 'a reason of the test'))

const refuse = async () => Promise.reject(new Error('nobody was to ask'))

test('shareToken() asks once, and then never while the token is young', async () => {
  const node = fakeNode()
  const { token } = await runOn(node, async () => tokenOf(node, 'first'))
  expect(token.password).toBe('first')
  expect((await runOn(node, refuse)).token.password).toBe('first')
  expect(node.claims.size).toBe(0)
})

test('shareToken() waits for another run and takes its token', async () => {
  const node = fakeNode()
  const other = await openTokenCache('/run/x', 'k', processOn(node))
  other.claim()
  const system = processOn(node)
  const cache = await openTokenCache('/run/x', 'k', system)
  const { network } = fakeContext([]).context
  let waits = 0
  const sleep = async () => {
    waits += 1
    if (waits === 3) other.write(tokenOf(node, 'other'), node.nowMs)
  }
  const token = await shareToken(cache, { system, network: { ...network, sleep } }, refuse)
  expect([token.password, waits]).toEqual(['other', 3])
})

test('shareToken() takes over at once from a run that was killed', async () => {
  const node = fakeNode()
  node.claims.set('k.claim', '999 100000')
  const { token, waitedMs } = await runOn(node, async () => tokenOf(node, 'own'))
  expect(token.password).toBe('own')
  expect(waitedMs).toBeLessThan(100)
})

test('shareToken() takes over after five seconds from a run that hangs', async () => {
  const node = fakeNode()
  node.claims.set('k.claim', '1000 100000')
  const { waitedMs } = await runOn(node, async () => tokenOf(node, 'own'))
  expect(waitedMs).toBeGreaterThan(4000)
  expect(waitedMs).toBeLessThan(5500)
})

test('shareToken() asks alone when it could wait no longer, or when the directory fails', async () => {
  const node = fakeNode()
  let renewals = 0
  // One run after the other takes the claim, and none ever has an answer.
  const system = processOn(node)
  const cache = await openTokenCache('/run/x', 'k', system)
  const { network } = fakeContext([]).context
  const sleep = async (ms: number) => {
    node.uptimeMs += ms
    node.claims.set('k.claim', `1000 ${node.uptimeMs}`)
    renewals += 1
  }
  node.claims.set('k.claim', `1000 ${node.uptimeMs}`)
  const surroundings = {
    system,
    network: {
      ...network,
      sleep,
      elapsedMs: system.elapsedMs,
      remainingMs: () => 45_000 - system.elapsedMs(),
    },
  }
  const token = await shareToken(cache, surroundings, async () => tokenOf(node, 'alone'))
  expect([token.password, renewals > 100]).toEqual(['alone', true])
  // Fifteen seconds are left for asking.
  expect(node.uptimeMs - 100_000).toBeLessThanOrEqual(30_000)
  node.isBroken = true
  expect((await runOn(node, async () => tokenOf(node, 'alone'))).waitedMs).toBe(0)
})

test('shareToken() leaves no claim behind when it fails, and no pause unless it was throttled', async () => {
  const node = fakeNode()
  for (const code of ['refused', 'unreachable', 'bad_config'] as const) {
    const failing = async () => Promise.reject(new Failure(code, 'a reason of the test'))
    // eslint-disable-next-line no-await-in-loop
    await expectRejection(code, runOn(node, failing))
  }
  expect([node.claims.size, node.files.size]).toEqual([0, 0])
})

test('shareToken() holds all runs of the node back once ECR has throttled one', async () => {
  const node = fakeNode()
  await expectRejection('throttled', runOn(node, throttled))
  const { waitedMs } = await runOn(node, async () => tokenOf(node, 'later'))
  expect(waitedMs).toBeGreaterThanOrEqual(1000)
  expect(waitedMs).toBeLessThan(4200)
})
