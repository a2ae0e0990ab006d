import { expect, test } from 'bun:test'

import { Failure } from '../../../src/base/failure.ts'
import type { System } from '../../../src/base/system.ts'
import { type FetchToken, shareToken } from '../../../src/cache/single_flight.ts'
import { openTokenCache, type TokenCache } from '../../../src/cache/store.ts'
import type { RegistryToken } from '../../../src/ecr/token.ts'
import { type FakeNode, fakeNode, processOn } from '../../support/boot.ts'
import { expectRejection } from '../../support/failures.ts'
import { fakeRun } from '../../support/run.ts'

interface RunParts {
  readonly deadlineMs?: number
  readonly random?: number
  /** What happens at each wait, beside that time passes. */
  readonly onSleep?: (ms: number) => void
  /** Another cache than the node's own, to step in between. */
  readonly change?: (cache: TokenCache) => TokenCache
  /** How much the clock of AWS is ahead. */
  readonly skewMs?: number
  /** How long the run has been at work before it shares. */
  readonly spentMs?: number
  readonly system?: Partial<System>
}

/** One run on a node whose time is that of its own waits: the token, how long it waited, and what it said. */
async function runOn(node: FakeNode, fetchToken: FetchToken, parts: RunParts = {}) {
  const { deadlineMs = 45_000, random = 0.5, onSleep, change = (same) => same, skewMs = 0 } = parts
  const system = processOn(node, { random: () => random, ...parts.system })
  const { network } = fakeRun([], { deadlineMs }).run
  const cache = change(openTokenCache('/run/x', 'k', system))
  node.uptimeMs += parts.spentMs ?? 0
  const startMs = node.uptimeMs
  const steps: string[] = []
  const waiting = {
    ...system,
    step: (text: string) => void steps.push(text),
    sleep: async (ms: number) => {
      node.uptimeMs += ms
      onSleep?.(ms)
    },
    random: () => random,
  }
  const own = {
    ...network,
    remainingMs: () => deadlineMs - system.elapsedMs(),
    clock: { now: () => node.nowMs + skewMs, learn: () => false },
  }
  const token = await shareToken(cache, { system: waiting, network: own }, fetchToken)
  return { token, waitedMs: node.uptimeMs - startMs, steps }
}

const tokenOf = (password: string): RegistryToken => ({
  username: 'AWS',
  password,
  lifeMs: 3_600_000,
})

const failWith = (cause: Failure['cause']) => async () =>
  Promise.reject(new Failure(cause, 'a reason of the test'))

const fetchAlone = async () => tokenOf('alone')

const refuse = async () => Promise.reject(new Error('nobody was to ask'))

async function cacheOf(node: FakeNode): Promise<TokenCache> {
  return openTokenCache('/run/x', 'k', processOn(node))
}

/** What a run leaves that ECR has throttled: for so long from now, nobody is to ask. */
function throttle(node: FakeNode, pauseMs: number): void {
  node.files.set('k.failure', `throttled ${Math.round(node.uptimeMs) + pauseMs}`)
}

/** Runs that hang, one after the other, so that the claim is always young. */
function keepClaimed(node: FakeNode): () => void {
  const renew = () => void node.claims.set('k.claim', `1000 ${Math.round(node.uptimeMs) + 5000}`)
  renew()
  return renew
}

test('shareToken() asks once, and then never while the token is young', async () => {
  const node = fakeNode()
  const { token } = await runOn(node, async () => tokenOf('first'))
  expect(token.password).toBe('first')
  expect((await runOn(node, refuse)).token.password).toBe('first')
  expect(node.claims.size).toBe(0)
})

test('shareToken() waits for another run and takes its token', async () => {
  const node = fakeNode()
  const other = await cacheOf(node)
  other.claim()
  const waits: number[] = []
  const onSleep = (ms: number) => {
    waits.push(ms)
    if (waits.length === 6) other.write(tokenOf('other'))
  }
  const { token, steps } = await runOn(node, refuse, { onSleep })
  expect(token.password).toBe('other')
  // Three quarters of 20 ms, of half as much again each time, of no more than 100 ms.
  expect(waits).toEqual([15, 22.5, 33.75, 50.625, 75, 75])
  expect(steps).toEqual([
    ...waits.map(() => 'waiting for another run that asks for the same token'),
    'taking the token from the cache',
  ])
})

test('shareToken() takes over at once from a run that was killed', async () => {
  const node = fakeNode()
  node.claims.set('k.claim', '999 105000')
  const { token, waitedMs } = await runOn(node, async () => tokenOf('own'))
  expect(token.password).toBe('own')
  expect(waitedMs).toBeLessThan(100)
})

test('shareToken() takes over after five seconds from a run that hangs', async () => {
  const node = fakeNode()
  node.claims.set('k.claim', '1000 105000')
  const { waitedMs } = await runOn(node, async () => tokenOf('own'))
  expect(waitedMs).toBeGreaterThan(5000)
  expect(waitedMs).toBeLessThan(5500)
})

test.each([
  // Not together: the first after three quarters of ten seconds.
  [45_000, 0.999, 7502.5],
  [45_000, 0, 10_000],
  // No more than half of the time, where there is little.
  [8000, 0, 4000],
])(
  'shareToken() of %d ms waits for runs that hang no longer than it may (chance %d: %d ms), and keeps what it gets',
  async (deadlineMs, random, expected) => {
    const node = fakeNode()
    const onSleep = keepClaimed(node)
    const { token, waitedMs } = await runOn(node, fetchAlone, { deadlineMs, random, onSleep })
    expect(token.password).toBe('alone')
    expect(waitedMs).toBeCloseTo(expected, 3)
    expect((await cacheOf(node)).read()?.password).toBe('alone')
  },
)

test('shareToken() counts its wait from when it begins', async () => {
  const node = fakeNode()
  const onSleep = keepClaimed(node)
  const parts = { spentMs: 5000, random: 0, onSleep }
  expect((await runOn(node, fetchAlone, parts)).waitedMs).toBeCloseTo(10_000, 3)
})

test('shareToken() asks alone, and waits for nobody, when the directory fails', async () => {
  const node = fakeNode()
  node.isBroken = true
  const attempts: unknown[] = []
  const { token, waitedMs } = await runOn(node, async (yields) => {
    attempts.push(yields)
    return tokenOf('alone')
  })
  expect([token.password, waitedMs, attempts]).toEqual(['alone', 0, [false]])
})

test('shareToken() does not queue behind failures: once another run has failed for all, it asks', async () => {
  const node = fakeNode()
  const other = await cacheOf(node)
  other.claim()
  const onSleep = () => other.release('failed')
  const asked: unknown[] = []
  const fetchToken: FetchToken = async (yields) => {
    // Beside all the others that have waited.
    asked.push([yields, node.claims.size])
    return tokenOf('own')
  }
  const { token, waitedMs } = await runOn(node, fetchToken, { onSleep })
  expect([token.password, asked]).toEqual(['own', [[false, 0]]])
  expect(waitedMs).toBeLessThan(100)
})

test('shareToken() minds no failure from before it began, and leaves no claim when it fails', async () => {
  const node = fakeNode()
  for (const cause of ['refused', 'silent', 'config_value'] as const) {
    node.uptimeMs += 1000
    await expectRejection(cause, runOn(node, failWith(cause)))
    expect(node.claims.size).toBe(0)
  }
  // At once, and it is no reason for others to wait.
  expect(node.uptimeMs).toBe(103_000)
  node.uptimeMs += 1000
  const renew = keepClaimed(node)
  const { waitedMs } = await runOn(node, async () => tokenOf('own'), { onSleep: renew })
  expect(waitedMs).toBeGreaterThan(5000)
})

test('shareToken() waits when ECR throttles it, with all the node, and then asks once at a time', async () => {
  for (const random of [0, 0.999]) {
    const node = fakeNode()
    const attempts: unknown[] = []
    const startMs = node.uptimeMs
    const askedAtMs: number[] = []
    const fetchToken: FetchToken = async (yields) => {
      attempts.push(yields)
      askedAtMs.push(node.uptimeMs - startMs)
      expect(node.claims.size).toBe(1)
      if (attempts.length < 3) throw new Failure('throttled', 'a reason of the test')
      return tokenOf('later')
    }
    const { token } = await runOn(node, fetchToken, { random })
    expect([token.password, attempts, node.claims.size]).toEqual(['later', [false, true, true], 0])
    const pauses = askedAtMs.slice(1).map((atMs, index) => atMs - (askedAtMs[index] ?? 0))
    for (const pause of pauses) {
      expect(pause).toBeGreaterThanOrEqual(random === 0 ? 1000 : 3990)
      expect(pause).toBeLessThan(random === 0 ? 1200 : 4200)
    }
  }
})

test('shareToken() asks once when its time ends before a pause does, however little before', async () => {
  const node = fakeNode()
  throttle(node, 2101)
  node.uptimeMs += 100
  const attempts: unknown[] = []
  const fetchToken: FetchToken = async (yields) => {
    attempts.push(yields)
    return tokenOf('own')
  }
  const { waitedMs } = await runOn(node, fetchToken, { deadlineMs: 4000, random: 0 })
  expect([waitedMs, attempts]).toEqual([2000, [true]])
})

test.each([0, 10, 1500])(
  'shareToken() that begins %d ms after another run was throttled heeds its pause, and asks once',
  async (lateMs) => {
    const node = fakeNode()
    throttle(node, 2000)
    node.uptimeMs += lateMs
    const attempts: unknown[] = []
    const { waitedMs } = await runOn(node, async (yields) => {
      attempts.push(yields)
      return tokenOf('later')
    })
    expect(waitedMs).toBeGreaterThanOrEqual(2000 - lateMs)
    expect(attempts).toEqual([true])
  },
)

test('shareToken() asks as often as usual when a throttle is long ago', async () => {
  const node = fakeNode()
  throttle(node, 2000)
  node.uptimeMs += 60_000
  const attempts: unknown[] = []
  await runOn(node, async (yields) => {
    attempts.push(yields)
    return tokenOf('later')
  })
  expect(attempts).toEqual([false])
})

test('shareToken() fails as the last attempt does, when ECR throttles to the end', async () => {
  const node = fakeNode()
  await expectRejection('throttled', runOn(node, failWith('throttled'), { random: 0 }))
  expect(node.uptimeMs - 100_000).toBeCloseTo(30_000, 3)
  expect(node.claims.size).toBe(0)
})

test('shareToken() waits for a throttled node with all but fifteen seconds of its time', async () => {
  const node = fakeNode()
  throttle(node, 4000)
  const onSleep = () => throttle(node, 4000)
  const { waitedMs } = await runOn(node, async () => tokenOf('x'), { onSleep, random: 0 })
  expect(waitedMs).toBeCloseTo(30_000, 3)
})

test('shareToken() heeds what happens between its look and its claim', async () => {
  const node = fakeNode()
  const other = await cacheOf(node)
  const change = (cache: TokenCache) => ({
    ...cache,
    claim: () => {
      other.write(tokenOf('other'))
      return cache.claim()
    },
  })
  const { token, waitedMs } = await runOn(node, refuse, { change })
  expect([token.password, waitedMs]).toEqual(['other', 0])
  expect(node.claims.size).toBe(0)
})

test('shareToken() gives what is left of a life, whatever it has learned of the clock', async () => {
  for (const skewMs of [0, 48 * 3_600_000, -48 * 3_600_000]) {
    const node = fakeNode()
    const { token } = await runOn(node, async () => tokenOf('p'), { skewMs })
    expect(token.lifeMs).toBe(3_600_000)
    node.uptimeMs += 1_799_000
    expect((await runOn(node, refuse, { skewMs })).token.lifeMs).toBe(1_801_000)
    node.uptimeMs += 1000
    expect((await cacheOf(node)).read()).toBeUndefined()
  }
})

test('shareToken() gives up its claim on a signal, and cares for none once it is done', async () => {
  const node = fakeNode()
  const cleanUps = new Set<() => void>()
  const onSignal = (cleanUp: () => void) => {
    cleanUps.add(cleanUp)
    return () => void cleanUps.delete(cleanUp)
  }
  const fetchToken = async () => {
    expect([node.claims.size, cleanUps.size]).toEqual([1, 1])
    for (const cleanUp of cleanUps) cleanUp()
    expect(node.claims.size).toBe(0)
    return tokenOf('x')
  }
  await runOn(node, fetchToken, { system: { onSignal } })
  expect(cleanUps.size).toBe(0)
})

test('shareToken() waits for the last moment of a pause', async () => {
  const node = fakeNode()
  throttle(node, 15)
  const askedAtMs: number[] = []
  await runOn(node, async () => {
    askedAtMs.push(node.uptimeMs)
    return tokenOf('own')
  })
  // The looks are after 15 and 37.5 ms.
  expect(askedAtMs).toEqual([100_037.5])
})

const forgetful = (cache: TokenCache): TokenCache => ({
  ...cache,
  write: () => undefined,
  release: () => undefined,
})

test('shareToken() waits out its own claim when its pause cannot be noted', async () => {
  const node = fakeNode()
  let asked = 0
  const fetchToken = async () => {
    asked += 1
    throw new Failure('throttled', 'a reason of the test')
  }
  await expectRejection('throttled', runOn(node, fetchToken, { change: forgetful, random: 0 }))
  // Every five seconds, for thirty.
  expect(asked).toBeLessThanOrEqual(7)
})
