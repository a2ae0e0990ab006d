import { expect, test } from 'bun:test'

import { codeOf } from '../../../src/base/failure.ts'
import { openNames } from '../../../src/net/names.ts'

/** What two look-ups of a name give when the resolver answers like this, one after the other. */
async function lookUp(answers: readonly (string | readonly string[])[], remainingMs = 60_000) {
  const left = [...answers]
  let elapsedMs = 0
  const find = openNames(() => remainingMs, {
    elapsedMs: () => elapsedMs,
    sleep: async (ms) => {
      elapsedMs += ms
    },
    lookUp: async () => {
      const answer = (left.length > 1 ? left.shift() : left[0]) ?? 'ENOTFOUND'
      if (typeof answer === 'string') throw Object.assign(new Error('x'), { code: answer })
      return answer
    },
  })
  const ask = async () => find('h.example').catch(codeOf)
  return { found: [await ask(), await ask()], elapsedMs }
}

test.each(['EAI_AGAIN', 'ESERVFAIL', 'ECONNREFUSED', 'ETIMEOUT', 'EREFUSED', 'anything'])(
  'openNames() asks a resolver that is not ready (%s) again',
  async (code) => {
    const { found } = await lookUp([code, code, ['10.0.0.1']])
    expect(found).toEqual([['10.0.0.1'], ['10.0.0.1']])
  },
)

test.each([
  [60_000, 5000],
  [5000, 5000],
  [2000, 2000],
  [0, 0],
])(
  'openNames() with %d ms left waits %d ms for a resolver, in all its attempts together',
  async (remainingMs, expected) => {
    const { found, elapsedMs } = await lookUp(['ESERVFAIL'], remainingMs)
    expect([...found, elapsedMs]).toEqual(['EAI_AGAIN', 'EAI_AGAIN', expected])
  },
)

test.each([['ENOTFOUND'], [[]]])('openNames() does not ask again after %j', async (answer) => {
  const { found, elapsedMs } = await lookUp([answer, ['10.0.0.1']])
  expect([...found, elapsedMs]).toEqual(['ENOTFOUND', 'ENOTFOUND', 0])
})

test('openNames() looks a name up once a run', async () => {
  const { found } = await lookUp([['10.0.0.1'], ['10.9.9.9']])
  expect(found).toEqual([['10.0.0.1'], ['10.0.0.1']])
})

const refuse = async () => Promise.reject(new Error('asked'))

test.each(['10.0.0.1', '169.254.169.254', '::1', 'fd00:ec2::254'])(
  'openNames() asks nobody about the address %s',
  async (address) => {
    const find = openNames(() => 0, { elapsedMs: () => 0, sleep: refuse, lookUp: refuse })
    expect(await find(address)).toEqual([address])
  },
)
