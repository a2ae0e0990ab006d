import { expect, test } from 'bun:test'

import { TARGETS } from './fuzz/targets.ts'

// Each property for a moment, with the cases that were found once; `npm run fuzz` has the patience.
test.each(TARGETS.map((each) => [each.name, each] as const))('%s', async (_, { run }) => {
  await run({ numRuns: 1000 })
})

test('every property has a name of its own', () => {
  expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length)
})
