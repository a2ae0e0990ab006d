import { expect, test } from 'bun:test'
import fs, { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'

import type { Cause } from '../../../src/base/failure.ts'
import { openTokenCache, sweep } from '../../../src/cache/store.ts'
import { openPrivateDirectory as openOnDisk } from '../../../src/host/disk.ts'
import { BOOT, type FakeNode, fakeNode, processOn } from '../../support/boot.ts'
import { expectRejection } from '../../support/failures.ts'
import type { FakeParts } from '../../support/system.ts'

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

test('a token and a claim may be from a second ahead, and no more', async () => {
  const node = fakeNode()
  const cache = await open(node)
  cache.write(TOKEN)
  cache.claim()
  node.uptimeMs -= 1000
  expect(cache.read()).toEqual(TOKEN)
  expect([cache.claim(), cache.claim()]).toEqual(['taken', 'taken'])
  node.uptimeMs -= 1
  expect(cache.read()).toBeUndefined()
  expect([cache.claim(), cache.claim()]).toEqual(['taken', 'mine'])
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
    const cache = await open(node)
    expect([text, cache.read()]).toEqual([text, undefined])
    cache.write(TOKEN)
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
  ['claim', '7 3000', 'taken'],
  ['claim', '1234567890 3000', 'taken'],
  ['claim', '1000 8000', 'taken'],
  ['claim', '1000 9000', 'taken'],
  ['claim', '1000 000000000003000', 'taken'],
  ['failure', 'throttled 3000', 'throttled'],
  ['failure', 'throttled 9000', 'throttled'],
  ['failure', 'failed 3000', 'alone'],
  ['failure', 'failed 9000', 'alone'],
] as const)('claim() believes a %s that reads %j: %s', async (kind, text, turn) => {
  // Of a node that has just been started, and whose processes have every number.
  const node = { ...fakeNode(), uptimeMs: 3000 }
  const into = kind === 'claim' ? node.claims : node.files
  into.set(`k.${kind}`, text)
  const cache = await open(node, 'k', { isRunning: () => true })
  expect([cache.claim(), cache.claim()]).toEqual([turn, turn])
})

test('claim() of a node that has been up for milliseconds is believed', async () => {
  const node = { ...fakeNode(), uptimeMs: 0 }
  node.claims.set('k.claim', '1000 5')
  const cache = await open(node)
  expect([cache.claim(), cache.claim()]).toEqual(['taken', 'taken'])
})

test('claim() leaves a claim alone that was released and made anew between its two looks', async () => {
  const node = fakeNode()
  const directory = processOn(node).openPrivateDirectory('/run/x')
  const removed: string[] = []
  const openPrivateDirectory = () => ({
    ...directory,
    claim: () => false,
    claimant: () => undefined,
    remove: (name: string) => void removed.push(name),
  })
  expect((await open(node, 'k', { openPrivateDirectory })).claim()).toBe('taken')
  expect(removed).toEqual([])
})

test.each([
  '1000 2999',
  '1000 9001',
  '12345678901 3000',
  '1000 0000000000003000',
  ' 3000',
  '1000 ',
  'x1000 3000',
  '1000 3000x',
])('claim() removes a claim that is over, or none of this boot: %j', async (text) => {
  const node = { ...fakeNode(), uptimeMs: 3000 }
  node.claims.set('k.claim', text)
  const cache = await open(node, 'k', { isRunning: () => true })
  expect([cache.claim(), cache.claim()]).toEqual(['taken', 'mine'])
})

test.each([
  '',
  'x',
  'failed',
  'failed ',
  'failed 2999',
  'failed 9001',
  'xfailed 3000',
  'failed 3000x',
  'failed 0000000000003000',
  'throttled 2999',
  'throttled 9001',
  'throttled -1',
  'throttled  3000',
  'throttled1 3000',
  'other 3000',
  `${BOOT} 3000 1000`,
])('claim() minds no note that is old, or none of this boot: %j', async (text) => {
  const node = { ...fakeNode(), uptimeMs: 3000 }
  node.files.set('k.failure', text)
  const cache = await open(node)
  expect(cache.claim()).toBe('mine')
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

test('release() leaves a note that sends those who waited to ask alone, and nobody who comes later', async () => {
  const node = fakeNode()
  const [owner, waiting] = [await open(node), await open(node)]
  owner.claim()
  node.uptimeMs += 3000
  expect(waiting.claim()).toBe('taken')
  owner.release('failed')
  // As finely as the boot clock tells.
  node.uptimeMs += 10
  const later = await open(node)
  expect([waiting.claim(), waiting.claim()]).toEqual(['alone', 'alone'])
  expect([later.claim(), waiting.claim()]).toEqual(['mine', 'alone'])
})

test.each([
  [0, 1000],
  [0.999, 3997],
])('release() after a throttle (chance %d) lets nobody ask for %d ms', async (chance, pauseMs) => {
  const node = fakeNode()
  const owner = await open(node, 'k', { random: () => chance })
  owner.claim()
  owner.release('throttled')
  // Not even once that run has ended.
  node.running.clear()
  const cache = await open(node)
  node.uptimeMs += pauseMs
  expect([cache.claim(), owner.claim(), (await open(node, 'other')).claim()]).toEqual([
    'throttled',
    'throttled',
    'mine',
  ])
  node.uptimeMs += 1
  expect(cache.claim()).toBe('mine')
})

test('release() with a note is heard by those who wait for a run that took over', async () => {
  for (const note of ['failed', 'throttled'] as const) {
    const node = fakeNode()
    const [slow, next] = [await open(node), await open(node, 'k', { processId: 1001 })]
    node.running.add(1001)
    slow.claim()
    node.uptimeMs += 6000
    next.claim()
    next.claim()
    slow.release(note)
    next.release()
    expect(slow.claim()).toBe(note === 'failed' ? 'alone' : 'throttled')
  }
})

test('no member throws when the directory fails', async () => {
  const node = await stored()
  const steps: string[] = []
  const cache = await open(node, 'k', { step: (text: string) => void steps.push(text) })
  node.isBroken = true
  expect([cache.read(), cache.claim()]).toEqual([undefined, 'alone'])
  cache.write(TOKEN)
  cache.sweep()
  cache.release()
  expect(steps).toHaveLength(5)
  expect(new Set(steps)).toEqual(
    new Set(["cannot use the cache directory '/run/x': no space is left in its file system"]),
  )
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

/** Why the cache cannot be opened on a system of which a part fails. */
async function refusal(cause: Cause, parts: FakeParts): Promise<string> {
  return expectRejection(cause, open(fakeNode(), 'k', parts))
}

function failingWith(parts: Readonly<Record<string, unknown>>) {
  return () => {
    throw Object.assign(new Error('x'), parts)
  }
}

test.each([
  ['EACCES', 'permission denied'],
  ['ELOOP', 'too many symbolic links'],
  ['ENOTDIR', 'it is no directory'],
  ['ENOENT', 'its parent does not exist'],
])('openTokenCache() refuses a directory that gives %s', async (code, reason) => {
  expect(await refusal('cache_directory', { openPrivateDirectory: failingWith({ code }) })).toBe(
    `cannot use the cache directory '/run/x': ${reason}; hint: it must be a directory of this user, no link, with no access for others`,
  )
})

test.each([
  [
    'cache_mode',
    { uid: 0, mode: 0o755 },
    'its mode is 0755, so others may use it; hint: it must be 0700',
  ],
  [
    'cache_mode',
    { uid: 7, mode: 0o2770 },
    'its mode is 2770, so others may use it; hint: it must be 0700',
  ],
  [
    'cache_mode',
    { uid: 0, mode: 0o701 },
    'its mode is 0701, so others may use it; hint: it must be 0700',
  ],
  ['cache_owner', { uid: 7, mode: 0o700 }, 'it belongs to another user (7)'],
  ['cache_full', { code: 'ENOSPC' }, 'no space is left in its file system'],
  ['cache_full', { code: 'EDQUOT' }, 'no space is left in its file system'],
  ['cache_read_only', { code: 'EROFS' }, 'its file system is read-only'],
] as const)('openTokenCache() says %s of %j', async (cause, parts, words) => {
  const openPrivateDirectory = failingWith({ code: 'EACCES', ...parts })
  expect(await refusal(cause, { openPrivateDirectory })).toBe(
    `cannot use the cache directory '/run/x': ${words}`,
  )
})

test('openTokenCache() refuses a kernel without a boot clock', async () => {
  for (const code of ['EACCES', undefined]) {
    await refusal('cache_directory', { bootClock: failingWith({ code }) })
  }
})

const NOW = Date.UTC(2026, 0, 1)
const KEY = '0123456789abcdef'.repeat(4)
const UUID = 'cc0e2b3c-9c4e-4a5b-8f36-0f8c2d1a7e55'

function isRemoved(name: string, ageMs: number): boolean {
  const removed: string[] = []
  const list = () => [{ name, changedAtMs: NOW - ageMs }]
  sweep({ list, remove: (each) => void removed.push(each) }, NOW)
  return removed.includes(name)
}

test.each([
  [`${KEY}.token`, 12 * HOURS],
  [`${KEY}.failure`, 12 * HOURS],
  [`${KEY}.claim`, 12 * HOURS],
  [`${KEY}.token.${UUID}.tmp`, 60_000],
  [`${KEY}.failure.${UUID}.tmp`, 60_000],
])('sweep() removes %s after %d ms by the clock of the node, forth or back', (name, limitMs) => {
  for (const ageMs of [0, limitMs, -limitMs]) {
    expect([ageMs, isRemoved(name, ageMs)]).toEqual([ageMs, false])
  }
  for (const ageMs of [limitMs + 1, -limitMs - 1, NOW]) {
    expect([ageMs, isRemoved(name, ageMs)]).toEqual([ageMs, true])
  }
})

test.each([
  '',
  'token',
  '.token',
  'notes.txt',
  KEY,
  `${KEY}.token.bak`,
  `${KEY}.tokens`,
  `${KEY}_token`,
  `${KEY}.TOKEN`,
  `${KEY.toUpperCase()}.token`,
  `${KEY.slice(1)}.token`,
  `0${KEY}.token`,
  `x/${KEY}.token`,
  `${KEY}.claim.${UUID}.tmp`,
  `${KEY}.token.${UUID}`,
  `${KEY}.token.${UUID}.tmp~`,
  `${KEY}.token.${UUID.slice(1)}.tmp`,
  `${KEY}.token.0${UUID}.tmp`,
  `${KEY}.tokenx${UUID}.tmp`,
  `${KEY}.token${UUID}.tmp`,
  `x${KEY}.token.${UUID}.tmp`,
])('sweep() leaves %j, which is no name of ours', (name) => {
  expect(isRemoved(name, NOW)).toBe(false)
})

/** Killed before the new file takes the place of the old one: nothing after that happens. */
function die(): never {
  throw new Error('killed')
}

test('sweep() knows what a run leaves that is killed while it writes', () => {
  const path = mkdtempSync(`${tmpdir()}/sweep-`)
  const killed = openOnDisk(path, { ...fs, renameSync: die, rmSync: () => undefined })
  for (const name of [`${KEY}.token`, `${KEY}.failure`]) {
    expect(() => killed.replace(name, 'x')).toThrow('killed')
  }
  const left = readdirSync(path)
  expect(left).toHaveLength(2)
  const files = openOnDisk(path, fs)
  sweep(files, Date.now())
  expect(readdirSync(path)).toEqual(left)
  for (const name of left) utimesSync(`${path}/${name}`, 1, 1)
  sweep(files, Date.now())
  expect(readdirSync(path)).toEqual([])
  rmSync(path, { recursive: true })
})
