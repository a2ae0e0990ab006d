import { expect, test } from 'bun:test'

import { type Note, openClaim } from '../../../src/cache/claim.ts'
import { BOOT, type FakeNode, fakeNode, processOn } from '../../support/boot.ts'
import type { FakeParts } from '../../support/system.ts'

/** The claim of process 1000 for the key `k`, opened when the node had been up for 100,000 ms. */
function openOn(node: FakeNode, parts: FakeParts = {}) {
  const system = processOn(node, parts)
  const clock = { bootId: BOOT, uptimeMs: () => node.uptimeMs }
  return openClaim(system.openPrivateDirectory('/run/x'), clock, 'k', system)
}

test('claim() gives the turn to the first run, for five seconds, and makes the second one wait', async () => {
  const node = fakeNode()
  const first = openOn(node)
  const second = openOn(node, { processId: 1001 })
  expect([first.claim(), second.claim()]).toEqual(['mine', 'taken'])
  expect([...node.claims]).toEqual([['k.claim', '1000 105000']])
})

test('claim() keeps the keys apart', async () => {
  const node = fakeNode()
  node.claims.set('other.claim', '1000 105000')
  expect(openOn(node).claim()).toBe('mine')
})

// In each case the first answer is `taken`: whoever removes a claim that is over looks again.
test.each([
  ['1000 105000', 'of a run that is at work', 'taken'],
  ['1000 100000', 'that ends now', 'taken'],
  ['1000 106000', 'whose clock is one second ahead', 'taken'],
  ['1000 99999', 'of a run that hangs', 'mine'],
  ['1001 105000', 'of a process that is gone', 'mine'],
  ['1000 106001', 'of an earlier boot', 'mine'],
  ['', 'without a text', 'mine'],
  ['1000', 'without an end', 'mine'],
  ['1000 105000 ', 'with more than it may hold', 'mine'],
  ['-1 105000', 'without a process number', 'mine'],
] as const)('claim() after the claim %j %s is %s in the end', async (text, _, turn) => {
  const node = fakeNode()
  node.claims.set('k.claim', text)
  const { claim } = openOn(node)
  expect([claim(), claim()]).toEqual(['taken', turn])
})

test.each([
  ['failed 100000', 'alone'],
  ['failed 100001', 'alone'],
  ['failed 99999', 'mine'],
  ['failed 106001', 'mine'],
  ['throttled 104000', 'throttled'],
  ['throttled 100000', 'throttled'],
  ['throttled 99999', 'mine'],
  ['throttled 106001', 'mine'],
  ['refused 104000', 'mine'],
  ['', 'mine'],
] as const)('claim() after the note %j is %s', async (text, turn) => {
  const node = fakeNode()
  node.files.set('k.failure', text)
  expect(openOn(node).claim()).toBe(turn)
})

test('claim() is not for a run alone that has opened later than the failure', async () => {
  const node = fakeNode()
  const waiting = openOn(node)
  node.uptimeMs += 10
  node.files.set('k.failure', 'failed 100010')
  node.uptimeMs += 10
  const later = openOn(node)
  expect([waiting.claim(), later.claim()]).toEqual(['alone', 'mine'])
})

test.each([
  [undefined, 0.5, []],
  ['failed', 0.5, [['k.failure', 'failed 100000']]],
  ['throttled', 0, [['k.failure', 'throttled 101000']]],
  ['throttled', 0.5, [['k.failure', 'throttled 102500']]],
  ['throttled', 0.75, [['k.failure', 'throttled 103250']]],
] as const)(
  'release(%p) with the chance %d ends the claim and leaves %j',
  async (note: Note | undefined, random, files) => {
    const node = fakeNode()
    const { claim, release } = openOn(node, { random: () => random })
    claim()
    release(note)
    expect([node.claims.size, [...node.files]]).toEqual([
      0,
      files.map(([name, text]) => [name, text]),
    ])
  },
)

test('release() leaves the claim of a run that has taken over', async () => {
  const node = fakeNode()
  const { claim, release } = openOn(node)
  claim()
  node.claims.set('k.claim', '1001 109000')
  release()
  expect([...node.claims]).toEqual([['k.claim', '1001 109000']])
})

test('release() of a run that has no claim removes none', async () => {
  const node = fakeNode()
  node.claims.set('k.claim', '1000 105000')
  openOn(node).release()
  expect(node.claims.size).toBe(1)
})

test('claim() and release() throw what the directory does', async () => {
  const node = fakeNode()
  const { claim, release } = openOn(node)
  node.isBroken = true
  for (const use of [claim, release]) {
    expect(() => use()).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  }
})
