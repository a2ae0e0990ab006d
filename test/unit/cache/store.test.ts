import { expect, test } from 'bun:test'

import { openTokenCache } from '../../../src/cache/store.ts'
import { BOOT, type FakeNode, fakeNode, processOn } from '../../support/boot.ts'
import { expectRejection } from '../../support/failures.ts'

const HOURS = 3_600_000

const TOKEN = { username: 'AWS', password: 'p', lifeMs: 12 * HOURS }

async function open(node: FakeNode, key = 'k', parts = {}) {
  return openTokenCache('/run/x', key, processOn(node, parts))
}

async function stored(): Promise<FakeNode> {
  const node = fakeNode()
  const cache = await open(node)
  cache.write(TOKEN)
  return node
}

async function readLater(node: FakeNode) {
  return (await open(node)).read()
}

test('read() gives what another run has written, with the life that is left', async () => {
  const node = await stored()
  node.uptimeMs += HOURS
  node.nowMs += HOURS
  expect(await readLater(node)).toEqual({ username: 'AWS', password: 'p', lifeMs: 11 * HOURS })
})

test.each([
  [0, true],
  [6 * HOURS - 1000, true],
  [6 * HOURS, false],
  [12 * HOURS, false],
  [-900, true],
  [-2000, false],
])('read() after %d ms of the boot clock: %p', async (ms, isThere) => {
  const node = await stored()
  node.uptimeMs += ms
  expect((await readLater(node)) !== undefined).toBe(isThere)
})

test.each([
  [-24 * 365 * 10 * HOURS, 11 * HOURS],
  [-24 * HOURS, 11 * HOURS],
  [-1, 11 * HOURS],
  [6 * HOURS - 1, 11 * HOURS],
  [6 * HOURS, undefined],
  [24 * 365 * 10 * HOURS, undefined],
])(
  'read() an hour later by the boot clock, and %d ms by the clock of the node, leaves %p',
  async (jumpMs, lifeMs) => {
    const node = await stored()
    node.nowMs += jumpMs
    node.uptimeMs += HOURS
    expect((await readLater(node))?.lifeMs).toBe(lifeMs)
  },
)

test.each([
  [99_500, 5 * HOURS, true],
  [200_000, 5 * HOURS, true],
  [200_000, 6 * HOURS, false],
  [200_000, 366 * HOURS, false],
  [1000, 5 * HOURS, false],
])(
  'read() when the boot clock began anew and is at %d ms, after %d ms of the clock of the node: %p',
  async (uptimeMs, laterMs, isThere) => {
    const node = await stored()
    node.uptimeMs = uptimeMs
    node.nowMs += laterMs
    expect((await readLater(node)) !== undefined).toBe(isThere)
  },
)

test.each([
  [0, 0],
  [1, 1],
])('write() of a token that lives for %p ms keeps %d', async (lifeMs, count) => {
  const node = fakeNode()
  const cache = await open(node)
  cache.write({ ...TOKEN, lifeMs })
  expect(node.files.size).toBe(count)
})

test('a run that took long to begin counts from when it has read the boot clock', async () => {
  const node = await stored()
  const startedAtMs = node.uptimeMs - 5000
  const cache = await open(node, 'k', { elapsedMs: () => node.uptimeMs - startedAtMs })
  expect(cache.read()).toEqual(TOKEN)
})

test('a token and a failure may be from a second ahead, and no more', async () => {
  const node = fakeNode()
  const cache = await open(node)
  cache.write(TOKEN)
  cache.noteFailure(3000)
  node.uptimeMs -= 1000
  expect(cache.read()).toEqual(TOKEN)
  expect(cache.failure()).toMatchObject({ ageMs: -1000, pauseMs: 3000 })
  node.uptimeMs -= 1
  expect([cache.read(), cache.failure()]).toEqual([undefined, undefined])
})

test('read() ignores what another boot has left, and another identity', async () => {
  const node = await stored()
  expect((await open(node, 'other')).read()).toBeUndefined()
  node.bootId = BOOT.replace(/1$/, '2')
  expect(await readLater(node)).toBeUndefined()
})

test('read() ignores a broken file, and write() replaces it', async () => {
  const whole = (await stored()).files.get('k.token') ?? ''
  const cuts = Array.from({ length: whole.length }, (_, end) => whole.slice(0, end))
  const broken = [
    ...cuts,
    '[]',
    'null',
    `${whole}x`,
    whole.replace('"lifeMs":43200000', '"lifeMs":"43200000"'),
    whole.replace('"lifeMs":43200000', '"lifeMs":43200001'),
    whole.replace('"lifeMs":43200000', '"lifeMs":1317600000'),
    whole.replace('"lifeMs":43200000', '"lifeMs":-1'),
    whole.replace('"storedAtWallMs":', '"storedAtWallMs":1e999,"x":'),
    whole.replace('"storedAtWallMs":', '"x":'),
    whole.replace('"password":"p"', '"password":""'),
    whole.replace('"storedAtMs":', '"storedAtMs":1e999,"x":'),
  ]
  for (const text of broken) {
    const node = fakeNode()
    node.files.set('k.token', text)
    // eslint-disable-next-line no-await-in-loop
    const cache = await open(node)
    // eslint-disable-next-line no-await-in-loop
    expect([text, cache.read()]).toEqual([text, undefined])
    // eslint-disable-next-line no-await-in-loop
    cache.write(TOKEN)
    // eslint-disable-next-line no-await-in-loop
    expect(cache.read()).toBeDefined()
  }
})

test('claim() is one run at a time, until it is released', async () => {
  const node = fakeNode()
  const [first, second] = [await open(node), await open(node)]
  expect([first.claim(), second.claim()]).toEqual(['mine', 'taken'])
  first.release()
  expect(second.claim()).toBe('mine')
})

test.each<[string, (node: FakeNode) => void]>([
  ['was killed', (node) => node.running.clear()],
  ['has held it for more than five seconds', (node) => (node.uptimeMs += 5100)],
  ['made it before this boot', (node) => (node.uptimeMs -= 50_000)],
  ['is nobody', (node) => node.claims.set('k.claim', 'x')],
  ['is no link', (node) => node.claims.set('k.claim', '')],
])('claim() passes on when whoever has it %s', async (_, happen) => {
  const node = fakeNode()
  const owner = await open(node)
  owner.claim()
  happen(node)
  const cache = await open(node)
  expect([cache.claim(), cache.claim()]).toEqual(['taken', 'mine'])
})

test('claim() stands while its owner lives and is young', async () => {
  const node = fakeNode()
  const owner = await open(node)
  owner.claim()
  // Another process may have the boot clock a little earlier.
  for (const ageMs of [-1000, 0, 5000]) {
    node.uptimeMs = 100_000 + ageMs
    expect([owner.claim(), owner.claim()]).toEqual(['taken', 'taken'])
  }
})

test.each([
  ['7 3000', 'taken'],
  ['1234567890 3000', 'taken'],
  ['1000 5', 'taken'],
  ['1000 000000000003000', 'taken'],
  ['12345678901 3000', 'mine'],
  ['1000 0000000000003000', 'mine'],
  [' 3000', 'mine'],
  ['1000 ', 'mine'],
  ['x1000 3000', 'mine'],
  ['1000 3000x', 'mine'],
] as const)('claim() judges a claim that reads %j: the next is %s', async (text, next) => {
  // Of a node that has just been started, and whose processes have every number.
  const node = { ...fakeNode(), uptimeMs: 3000 }
  node.claims.set('k.claim', text)
  const cache = await open(node, 'k', { isRunning: () => true })
  expect([cache.claim(), cache.claim()]).toEqual(['taken', next])
})

test('release() leaves the claim of a run that took over', async () => {
  const node = fakeNode()
  const slow = await open(node)
  slow.claim()
  node.uptimeMs += 6000
  const next = await open(node, 'k', { processId: 1001 })
  next.claim()
  next.claim()
  slow.release()
  expect(node.claims.get('k.claim')).toStartWith('1001 ')
})

test('failure() tells when another run has failed, and how long ECR wants to be left alone', async () => {
  const node = fakeNode()
  const owner = await open(node)
  expect(owner.failure()).toBeUndefined()
  owner.noteFailure(3000)
  node.uptimeMs += 1000
  const later = await open(node)
  expect(later.failure()).toEqual({ ageMs: 1000, isThrottled: true, pauseMs: 2000 })
  node.uptimeMs += 5000
  expect((await open(node)).failure()).toEqual({ ageMs: 6000, isThrottled: true, pauseMs: 0 })
  owner.noteFailure(0)
  expect((await open(node)).failure()).toMatchObject({ isThrottled: false, pauseMs: 0 })
})

test('failure() is of the same identity', async () => {
  const node = fakeNode()
  ;(await open(node)).noteFailure(3000)
  expect((await open(node, 'other')).failure()).toBeUndefined()
})

test.each([
  ['5', 5],
  ['000000000100000', 100_000],
])('failure() believes one that was noted at %s', async (at, uptimeMs) => {
  const node = { ...fakeNode(), uptimeMs }
  node.files.set('k.failure', `${BOOT} ${at} 9999`)
  expect((await open(node)).failure()?.pauseMs).toBeGreaterThan(9000)
})

test.each([
  '',
  'x',
  `x${BOOT} 100000 1000`,
  `${BOOT} 100000`,
  `${BOOT} 100000 `,
  `${BOOT}  1000`,
  `${BOOT} 0000000000100000 1000`,
  `${BOOT} 100000 12345`,
  `${BOOT} 100000 -1`,
  `${BOOT} 999999999 1000`,
  `${BOOT.replace(/1$/, '2')} 100000 1000`,
  `${BOOT} 100000 1000 `,
])('failure() believes nothing that was not noted in this boot: %j', async (text) => {
  const node = fakeNode()
  node.files.set('k.failure', text)
  expect((await open(node)).failure()).toBeUndefined()
})

test('no member throws when the directory fails', async () => {
  const node = await stored()
  const steps: string[] = []
  const cache = await open(node, 'k', { step: (text: string) => void steps.push(text) })
  node.isBroken = true
  expect([cache.read(), cache.claim(), cache.failure()]).toEqual([undefined, 'broken', undefined])
  cache.write(TOKEN)
  cache.noteFailure(1000)
  cache.sweep()
  cache.release()
  expect(steps).toHaveLength(7)
  expect(new Set(steps)).toEqual(new Set(['the cache directory fails: ENOSPC']))
})

test('read() says when there is something that it cannot use', async () => {
  const node = fakeNode()
  const steps: string[] = []
  const cache = await open(node, 'k', { step: (text: string) => void steps.push(text) })
  cache.read()
  node.files.set('k.token', '{')
  cache.read()
  expect(steps).toEqual(['the cached token cannot be read'])
})

test.each([
  ['EACCES', 'permission denied'],
  ['ELOOP', 'too many symbolic links'],
  ['ENOTDIR', 'it is no directory'],
  ['ENOENT', 'its parent does not exist'],
])('openTokenCache() refuses a directory that gives %s', async (code, reason) => {
  const openPrivateDirectory = async () => Promise.reject(Object.assign(new Error('x'), { code }))
  expect(await expectRejection('bad_config', open(fakeNode(), 'k', { openPrivateDirectory }))).toBe(
    `cannot use the cache directory "/run/x": ${reason}; it must be a directory of this user, no link, with no access for others`,
  )
})

test.each([
  ['/proc/uptime', ''],
  ['/proc/uptime', '-1.00 1'],
  ['/proc/sys/kernel/random/boot_id', ''],
  ['/proc/sys/kernel/random/boot_id', 'x'],
  ['/proc/sys/kernel/random/boot_id', `x${BOOT}`],
  ['/proc/sys/kernel/random/boot_id', `${BOOT}x`],
])('openTokenCache() refuses a kernel whose %s is %j', async (path, text) => {
  const files = {
    '/proc/sys/kernel/random/boot_id': BOOT,
    '/proc/uptime': '1.00 1.00',
    [path]: text,
  }
  await expectRejection('bad_config', open(fakeNode(), 'k', { readFile: fakeFiles(files) }))
})

function fakeFiles(files: Readonly<Record<string, string>>) {
  return async (path: string) => new TextEncoder().encode(files[path] ?? '')
}
