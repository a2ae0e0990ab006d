import { expect, test } from 'bun:test'

import { codeOf } from '../../../src/base/failure.ts'
import type { Connection } from '../../../src/base/system.ts'
import { openNames, secureWith } from '../../../src/net/direct.ts'
import { answering } from '../../support/system.ts'

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

const STORE = {
  forms: ['some', '', 'all', 'parsable'].map((ca) => () => ({ ca, allowsIntermediates: false })),
  name: 'x',
}

/** With which certificates a server is tried, when the first ones are refused for these reasons. */
async function triedWith(...codes: readonly string[]): Promise<readonly string[]> {
  const tried: string[] = []
  const connection: Connection = {
    ...answering(''),
    secure: async ({ ca }) => {
      tried.push(ca)
      const code = codes[tried.length - 1]
      if (code !== undefined) throw Object.assign(new Error('x'), { code })
      return connection
    },
  }
  const open = async () => connection
  await secureWith(STORE, { host: 'h', sni: 'h' }, open).catch((error: unknown) => {
    tried.push(error instanceof Error && 'code' in error ? String(error.code) : 'no code')
  })
  return tried
}

test.each([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_BORINGSSL',
])('secureWith() tries the next form of the store after %s, once', async (code) => {
  expect(await triedWith(code)).toEqual(['some', 'all'])
  expect(await triedWith(code, code)).toEqual(['some', 'all', 'parsable'])
  expect(await triedWith('A_B', 'C_D', code)).toEqual(['some', 'all', 'parsable', code])
})

test.each(['ECONNRESET', 'EPROTO', 'EPIPE', 'ENOHANDSHAKE', 'ETIMEDOUT'])(
  'secureWith() does not take %s for a verdict on the certificate',
  async (code) => {
    expect(await triedWith()).toEqual(['some'])
    expect(await triedWith(code)).toEqual(['some', code])
  },
)
