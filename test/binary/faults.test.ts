import { expect, test } from 'bun:test'

import { CASES } from './scenarios/faults.ts'
import { play } from './scenarios/scenario.ts'

test.concurrent.each(CASES.map((scenario) => [scenario.name, scenario] as const))(
  'the compiled binary: %s',
  // With all that it can say, so that the search for secrets in it covers the steps, too.
  async (_, { args = [], ...scenario }) => play({ ...scenario, args: [...args, '--verbose'] }),
  60_000,
)

test('the matrix has every step and every fault, once each', () => {
  const names = new Set(CASES.map(({ name }) => name))
  expect(names.size).toBe(CASES.length)
  // In the order of the tables; at first and always, but for what does no harm and what has a name twice.
  expect(names.size).toBe(11 * (2 * (15 + 5 + 4 + 1 + 4 + 5 + 3) + 9) + 2 * 8)
})
