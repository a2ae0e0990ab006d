import { expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'

import { mismatch, nameFailure } from '../../../src/host/refusals.ts'
import { issue, type Wish } from '../../world/issued.ts'

async function codeFor(host: string, names: Wish['names'] = []) {
  // The common name always is the host's: it must not count.
  const { pem } = await issue({ name: host, names })
  return mismatch(new X509Certificate(pem), host)
}

const REFUSED = { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }

test.each([
  ['h.example.com', 'h.example.com'],
  ['h.example.com', 'H.EXAMPLE.COM'],
  ['h.example.com', '*.example.com'],
])('mismatch() takes for %s a certificate for %s', async (host, value) => {
  expect(await codeFor(host, [{ type: 'dns', value }])).toBeUndefined()
})

test.each([
  ['h.example.com', 'other.example.com'],
  ['h.example.com', 'h*.example.com'],
  ['h.example.com', '*.com'],
  ['a.h.example.com', '*.example.com'],
  ['example.com', '*.example.com'],
  ['10.0.0.1', '10.0.0.1'],
])('mismatch() refuses for %s a certificate for the name %s', async (host, value) => {
  expect(await codeFor(host, [{ type: 'dns', value }])).toMatchObject(REFUSED)
})

test.each(['10.0.0.1', 'fd00::1'])('mismatch() compares the address %s', async (host) => {
  expect(await codeFor(host, [{ type: 'ip', value: host }])).toBeUndefined()
  expect(await codeFor(host, [{ type: 'ip', value: '10.0.0.2' }])).toMatchObject(REFUSED)
})

test('mismatch() takes no common name, and no certificate that is not there', async () => {
  expect(await codeFor('h.example.com')).toMatchObject(REFUSED)
  expect(mismatch(undefined, 'h.example.com')).toMatchObject(REFUSED)
  expect(mismatch(undefined, '10.0.0.1')).toMatchObject(REFUSED)
})

test.each(['127.0.0.1', '::1', '::ffff:7f00:1'])(
  'nameFailure() leaves a refusal by %s as it is: there is a way to it',
  async (hostname) => {
    const refusal = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    expect(await nameFailure({ hostname, port: 1 }, refusal)).toBe(refusal)
  },
)
