import { expect, test } from 'bun:test'

import { TARGETS } from './targets.ts'

// Each property for a moment, from the same seed each time, with the cases that were found once: a test that fails now and
// then says nothing about the change at hand. `npm run fuzz` has the patience, and the chance.
test.each(TARGETS.map((each) => [each.name, each] as const))('%s', async (_, { run }) => {
  await run({ numRuns: 1000, seed: 1 })
})

test('every property has a name of its own', () => {
  expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length)
})
