import { expect, test } from 'bun:test'

import { readTrustStore } from '../src/trust.ts'
import { expectRejection } from './failures.ts'
import { fakeSystem } from './system.ts'

const DEBIAN = '/etc/ssl/certs/ca-certificates.crt'
const FEDORA = '/etc/pki/tls/certs/ca-bundle.crt'

/** A PEM block around a DER SEQUENCE of 300 bytes that are all `fill`; only its outer shape is looked at. */
function pem(fill: number, length = 300): string {
  const der = new Uint8Array([
    0x30,
    0x82,
    length >> 8,
    length & 255,
    ...new Uint8Array(300).fill(fill),
  ])
  return `-----BEGIN CERTIFICATE-----\n${der.toBase64()}\n-----END CERTIFICATE-----`
}

/** Like `pem`, with these letters in it. */
function named(text: string): string {
  const der = new Uint8Array(304)
  der.set([0x30, 0x82, 1, 44])
  der.set(new TextEncoder().encode(text), 100)
  return `-----BEGIN CERTIFICATE-----\n${der.toBase64()}\n-----END CERTIFICATE-----`
}

async function read(files: Readonly<Record<string, string | { code: string }>>, env = {}) {
  return readTrustStore(undefined, fakeSystem({ files, env }))
}

test.each([
  DEBIAN,
  FEDORA,
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
])("readTrustStore() finds the distribution's bundle %s", async (path) => {
  expect(await read({ [path]: `# a comment\n${pem(1)}\n` })).toEqual({
    pem: pem(1),
    aws: undefined,
    name: `"${path}"`,
  })
})

test('readTrustStore() takes the first bundle only', async () => {
  expect((await read({ [DEBIAN]: pem(1), [FEDORA]: pem(2) })).pem).toBe(pem(1))
})

test('readTrustStore() adds SSL_CERT_FILE or SSL_CERT_DIR to the bundle, and puts both in its place', async () => {
  const files = { [DEBIAN]: pem(1), '/f.pem': pem(2), '/d/a.pem': pem(3), '/e/b.pem': pem(4) }
  expect((await read(files, { SSL_CERT_FILE: '/f.pem' })).pem).toBe([pem(2), pem(1)].join('\n'))
  expect((await read(files, { SSL_CERT_DIR: '/d:/e' })).pem).toBe(
    [pem(3), pem(4), pem(1)].join('\n'),
  )
  expect(await read(files, { SSL_CERT_FILE: '/f.pem', SSL_CERT_DIR: '/d' })).toEqual({
    pem: [pem(2), pem(3)].join('\n'),
    aws: undefined,
    name: '"/f.pem", "/d"',
  })
})

test('readTrustStore() skips what cannot be read, as Go does', async () => {
  const system = fakeSystem({
    files: { [DEBIAN]: { code: 'EACCES' }, [FEDORA]: pem(1) },
    env: { SSL_CERT_DIR: '/none' },
    listFiles: async () => Promise.reject(new Error('no')),
  })
  expect((await readTrustStore(undefined, system)).pem).toBe(pem(1))
  expect((await read({ [DEBIAN]: pem(1) }, { SSL_CERT_FILE: '/missing' })).pem).toBe(pem(1))
})

test('readTrustStore() leaves a host without any store to the built-in roots', async () => {
  expect(await read({})).toEqual({
    pem: undefined,
    aws: undefined,
    name: 'the built-in Mozilla roots',
  })
})

test('readTrustStore() never takes the built-in roots for a store that was named', async () => {
  for (const env of [{ SSL_CERT_FILE: '/typo' }, { SSL_CERT_DIR: '/typo' }]) {
    const message = await expectRejection('bad_config', read({}, env))
    expect(message).toBe('cannot verify any server: "/typo" hold no PEM certificate')
  }
  const both = { SSL_CERT_FILE: '/typo', SSL_CERT_DIR: '/none' }
  await expectRejection('bad_config', read({ [DEBIAN]: pem(1) }, both))
})

test('readTrustStore() takes damaged blocks out, since TLS would drop every certificate after one', async () => {
  const damaged = [
    pem(9, 299),
    pem(9).replace('MII', 'AII'),
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    pem(9).replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    '-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----',
  ]
  expect((await read({ [DEBIAN]: [pem(1), ...damaged, pem(2)].join('\n') })).pem).toBe(
    [pem(1), pem(2)].join('\n'),
  )
})

test('readTrustStore() takes a configured bundle alone', async () => {
  const system = fakeSystem({
    files: { [DEBIAN]: pem(1), '/own.pem': pem(2), '/f.pem': pem(3) },
    env: { SSL_CERT_FILE: '/f.pem' },
  })
  expect(await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, system)).toEqual({
    pem: pem(2),
    aws: undefined,
    name: '"/own.pem"',
  })
})

test.each([
  ['is missing', undefined, 'it does not exist'],
  ['cannot be read', { code: 'EACCES' }, 'permission denied'],
  ['is a directory', { code: 'EISDIR' }, 'it is a directory'],
  ['is empty', '', 'it holds no PEM certificate'],
  [
    'holds a key only',
    '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----',
    'it holds no PEM certificate',
  ],
])('readTrustStore() refuses a configured bundle that %s', async (_, file, reason) => {
  const files = file === undefined ? {} : { '/own.pem': file }
  const promise = readTrustStore(
    { value: '/own.pem', origin: 'AWS_CA_BUNDLE' },
    fakeSystem({ files }),
  )
  expect(await expectRejection('bad_config', promise)).toBe(
    `cannot use the CA bundle "/own.pem" (from AWS_CA_BUNDLE): ${reason}`,
  )
})

test('readTrustStore() tells which of a host’s certificates are AWS’s own', async () => {
  const own = ['Amazon Root CA 1', 'Starfield Services Root Certificate Authority - G2'].map(named)
  const others = ['Amazon', 'Starfield Class 2', 'Root CA'].map(named)
  const bundle = [pem(1), ...own, ...others].join('\n')
  const store = await read({ [DEBIAN]: bundle })
  expect([store.pem, store.aws]).toEqual([bundle, own.join('\n')])
})

test('readTrustStore() leaves a configured bundle whole', async () => {
  const system = fakeSystem({ files: { '/own.pem': named('Amazon Root CA 1') } })
  const store = await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, system)
  expect(store.aws).toBeUndefined()
})

test('readTrustStore() reads no more than 4 MiB of a file', async () => {
  const limits: number[] = []
  const readFile = async (_: string, maxBytes: number) => {
    limits.push(maxBytes)
    return new TextEncoder().encode(pem(1))
  }
  await readTrustStore(undefined, fakeSystem({ readFile }))
  await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, fakeSystem({ readFile }))
  expect(limits).toEqual([4_194_304, 4_194_304])
})

test('readTrustStore() leaves out a block without its end', async () => {
  const open = pem(9).replace('-----END CERTIFICATE-----', '')
  expect((await read({ [DEBIAN]: `${pem(1)}\n${open}` })).pem).toBe(pem(1))
})

test('readTrustStore() takes nothing for a certificate that has no beginning', async () => {
  const [, base64 = ''] = pem(3).split('\n')
  // As long as a beginning is, and one less.
  for (const junk of ['x'.repeat(27), 'x'.repeat(26), '']) {
    const stray = `${junk}${base64}\n-----END CERTIFICATE-----`
    expect((await read({ [DEBIAN]: `${stray}\n${pem(1)}\n${stray}` })).pem).toBe(pem(1))
  }
})
