import { expect, test } from 'bun:test'

import type { Connection } from '../../../src/base/system.ts'
import { hostOf, portOf, secureWith, serverNameOf } from '../../../src/net/direct.ts'
import { answering } from '../../support/system.ts'

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

test.each([
  ['https://h.example/', 'h.example', 'h.example', 443],
  ['http://h.example/', 'h.example', 'h.example', 80],
  ['https://h.example.:8443/', 'h.example.', 'h.example', 8443],
  ['https://[fd00::1]/', 'fd00::1', 'fd00::1', 443],
  ['http://10.0.0.1:443/', '10.0.0.1', '10.0.0.1', 443],
])(
  'of %s the host is %j, the name in its certificate %j, the port %d',
  (text, host, name, port) => {
    const url = new URL(text)
    expect([hostOf(url), serverNameOf(url), portOf(url)]).toEqual([host, name, port])
  },
)
