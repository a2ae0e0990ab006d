import { expect, test } from 'bun:test'

import { AMAZON_IN_BASE64 } from '../../../src/net/certificates.ts'
import { readTrustStore } from '../../../src/net/trust.ts'
import { expectRejection } from '../../support/failures.ts'
import { type FakeParts, fakeSystem } from '../../support/system.ts'

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
  return certificate(der)
}

/** Like `pem`, with these letters in it. */
function named(text: string, at = 100): string {
  const der = new Uint8Array(304)
  der.set([0x30, 0x82, 1, 44])
  der.set(new TextEncoder().encode(text), at)
  return certificate(der)
}

type Files = Readonly<Record<string, string | { code: string }>>

/** The store's name and its forms: the Amazon roots, all, and what can be parsed. */
async function read(files: Files, env = {}, parts: FakeParts = {}) {
  const { name, forms } = await readTrustStore(undefined, fakeSystem({ files, env, ...parts }))
  const [amazonRoots = '', all = '', parsable = ''] = forms.map((form) => form().ca)
  return { name, amazonRoots, all, parsable }
}

const certificate = (der: Uint8Array) => {
  const lines = der.toBase64().match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----`
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
    amazonRoots: '',
    all: pem(1),
    parsable: '',
    name: `"${path}"`,
  })
})

test('readTrustStore() takes the first bundle only', async () => {
  expect((await read({ [DEBIAN]: pem(1), [FEDORA]: pem(2) })).all).toBe(pem(1))
})

test('readTrustStore() adds SSL_CERT_FILE or SSL_CERT_DIR to the bundle, and puts both in its place', async () => {
  const files = { [DEBIAN]: pem(1), '/f.pem': pem(2), '/d/a.pem': pem(3), '/e/b.pem': pem(4) }
  expect((await read(files, { SSL_CERT_FILE: '/f.pem' })).all).toBe([pem(2), pem(1)].join('\n'))
  expect((await read(files, { SSL_CERT_DIR: '/d:/e' })).all).toBe(
    [pem(3), pem(4), pem(1)].join('\n'),
  )
  expect(await read(files, { SSL_CERT_FILE: '/f.pem', SSL_CERT_DIR: '/d' })).toMatchObject({
    all: [pem(2), pem(3)].join('\n'),
    name: '"/f.pem", "/d"',
  })
})

test.each<[string, Files, Record<string, string>, string]>([
  ['a file that is missing', {}, { SSL_CERT_FILE: '/x' }, 'there are no certificates in "/x"'],
  [
    'a file that cannot be read',
    { '/x': { code: 'EACCES' } },
    { SSL_CERT_FILE: '/x' },
    'cannot use the certificates in "/x": permission denied',
  ],
  [
    'a file without certificates',
    { '/d/x': 'none' },
    { SSL_CERT_DIR: '/d' },
    'cannot use the certificates in "/d/x": it holds no PEM certificate',
  ],
])('readTrustStore() passes over %s beside a bundle, and says so', async (_, files, env, said) => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  expect((await read({ [DEBIAN]: pem(1), ...files }, env, { step })).all).toBe(pem(1))
  expect(steps).toEqual([said])
})

test('readTrustStore() passes over a directory that is missing, and says so', async () => {
  const steps: string[] = []
  const parts: FakeParts = {
    step: (text) => void steps.push(text),
    listFiles: async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOENT' })),
  }
  expect((await read({ [DEBIAN]: pem(1) }, { SSL_CERT_DIR: '/none' }, parts)).all).toBe(pem(1))
  expect(steps).toEqual(['cannot list the certificates in "/none": it does not exist'])
})

test.each([
  [{ code: 'EACCES' }, 'permission denied'],
  [{ code: 'EISDIR' }, 'it is a directory'],
  [{ code: 'EIO' }, 'EIO'],
  ['', 'it holds no PEM certificate'],
  ['\n# all of it is gone\n', 'it holds no PEM certificate'],
])('readTrustStore() refuses a bundle of the host that is %j', async (file, reason) => {
  // Neither the next place nor the Mozilla roots take its place, and nothing that is added to it.
  for (const env of [{}, { SSL_CERT_FILE: '/f.pem' }, { SSL_CERT_DIR: '/d' }]) {
    const files = { [FEDORA]: file, '/etc/ssl/cert.pem': pem(1), '/f.pem': pem(2), '/d/e': pem(3) }
    const message = await expectRejection('bad_config', read(files, env))
    expect(message).toBe(`cannot use the certificates in "${FEDORA}": ${reason}`)
  }
})

test('readTrustStore() leaves a host without any store to the built-in roots, explicitly', async () => {
  const store = await readTrustStore(undefined, fakeSystem())
  expect(store.name).toBe('the built-in Mozilla roots')
  expect(store.forms.map((form) => form().ca)).toEqual(['built-in roots'])
})

test('readTrustStore() never takes the built-in roots for a store that was named', async () => {
  for (const env of [{ SSL_CERT_FILE: '/typo' }, { SSL_CERT_DIR: '/typo' }]) {
    const message = await expectRejection('bad_config', read({}, env))
    expect(message).toBe('cannot use the certificates in "/typo": there are none')
  }
  const both = { SSL_CERT_FILE: '/typo', SSL_CERT_DIR: '/none' }
  await expectRejection('bad_config', read({ [DEBIAN]: pem(1) }, both))
})

test('readTrustStore() reads no file twice', async () => {
  const reads: string[] = []
  const readFile = async (path: string) => {
    reads.push(path)
    return new TextEncoder().encode(pem(1))
  }
  const store = await read({}, { SSL_CERT_FILE: DEBIAN }, { readFile })
  expect([store.name, store.all, ...reads]).toEqual([`"${DEBIAN}"`, pem(1), DEBIAN])
})

/** A SEQUENCE of so many bytes, with its length in the shortest form, or in one that is longer. */
function sequence(length: number, form: readonly number[]): string {
  return certificate(new Uint8Array([0x30, ...form, ...new Uint8Array(length)]))
}

test.each([
  [0, [0]],
  [127, [127]],
  [128, [0x81, 128]],
  [200, [0x81, 200]],
  [255, [0x82, 0, 255]],
  [256, [0x82, 1, 0]],
  [65_536, [0x83, 1, 0, 0]],
])('readTrustStore() reads DER of %d bytes in the form %p', async (length, form) => {
  const block = sequence(length, form)
  expect((await read({ [DEBIAN]: block })).all).toBe(block)
})

test.each([
  [126, [127]],
  [128, [127]],
  [128, [0x81, 127]],
  [300, [0x82, 1]],
  [5, [0x80]],
  [5, [0x84, 0, 0]],
])('readTrustStore() takes no %d bytes in the form %p', async (length, form) => {
  const files = { [DEBIAN]: `${sequence(length, form)}\n${pem(1)}` }
  expect((await read(files)).all).toBe(pem(1))
})

test('readTrustStore() takes damaged blocks out, since TLS would drop every certificate after one', async () => {
  const damaged = [
    pem(9, 299),
    pem(9).replace('MII', 'AII'),
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    pem(9).replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    '-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----',
  ]
  expect((await read({ [DEBIAN]: [pem(1), ...damaged, pem(2)].join('\n') })).all).toBe(
    [pem(1), pem(2)].join('\n'),
  )
})

test('readTrustStore() takes a configured bundle alone', async () => {
  const system = fakeSystem({
    files: { [DEBIAN]: pem(1), '/own.pem': pem(2), '/f.pem': pem(3) },
    env: { SSL_CERT_FILE: '/f.pem' },
  })
  const store = await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, system)
  expect([store.name, ...store.forms.map((form) => form().ca)]).toEqual([
    '"/own.pem"',
    '',
    pem(2),
    '',
  ])
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

test('readTrustStore() finds the Amazon roots, wherever their names stand', async () => {
  const names = ['Amazon Root CA 1', 'Starfield Services Root Certificate Authority - G2']
  // At each place in a group of three bytes, and not cut by the end of a line of 48.
  const own = names.flatMap((name) => [100, 101, 102].map((at) => named(name, at)))
  const others = ['Amazon', 'Starfield Class 2', 'Root CA'].map((name) => named(name))
  const bundle = [pem(1), ...own, ...others].join('\n')
  const store = await read({ [DEBIAN]: bundle })
  expect(store.all).toBe(bundle)
  expect(store.amazonRoots.split('\n').toSorted()).toEqual(own.join('\n').split('\n').toSorted())
})

test('readTrustStore() looks for the names in base64', () => {
  const found = ['Amazon', 'Starfield'].flatMap((name) =>
    [0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(name)]).toString('base64')
      // Only the characters that the name alone decides.
      const end = Math.floor(((offset + name.length) * 4) / 3)
      return text.slice(Math.ceil((offset * 4) / 3), end)
    }),
  )
  expect([...AMAZON_IN_BASE64]).toEqual(found)
})

test('readTrustStore() gives Amazon roots that stand beside an unfinished block', async () => {
  const open = '-----BEGIN CERTIFICATE-----\nQW1hem9u\n'
  const root = named('Amazon Root CA 1')
  expect((await read({ [DEBIAN]: `${open}${root}\n${open}` })).amazonRoots).toBe(root)
})

const inspectCertificate = (der: Uint8Array) => (der[4] === 9 ? undefined : 'root')

test('readTrustStore() takes others than roots for anchors, but not at first', async () => {
  const system = fakeSystem({ files: { [DEBIAN]: pem(1) }, inspectCertificate: () => 'other' })
  const { forms } = await readTrustStore(undefined, system)
  expect(forms.map((form) => form())).toEqual([
    { ca: '', allowsIntermediates: false },
    { ca: pem(1), allowsIntermediates: false },
    { ca: pem(1), allowsIntermediates: true },
  ])
})

test('readTrustStore() writes anew what a reader might stumble over, without what nobody can parse', async () => {
  const indented = pem(1).replaceAll('\n', '\n    ')
  const crlf = pem(2).replaceAll('\n', '\r\n')
  const bundle = [indented, pem(9), crlf].join('\n')
  const store = await read({ [DEBIAN]: bundle }, {}, { inspectCertificate })
  expect([store.all, store.parsable]).toEqual([bundle, [pem(1), pem(2)].join('\n')])
})

test('readTrustStore() reads no more than 4 MiB of a file', async () => {
  const limits: number[] = []
  const readFile = async (_: string, maxBytes: number) => {
    limits.push(maxBytes)
    return new TextEncoder().encode(pem(1))
  }
  await readTrustStore(undefined, fakeSystem({ readFile }))
  await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, fakeSystem({ readFile }))
  expect(limits).toEqual([4_194_305, 4_194_305])
})

test('readTrustStore() leaves out a block without its end', async () => {
  const open = pem(9).replace('-----END CERTIFICATE-----', '')
  expect((await read({ [DEBIAN]: `${pem(1)}\n${open}` })).all).toBe(pem(1))
})

test('readTrustStore() takes nothing for a certificate that has no beginning', async () => {
  const [, base64 = ''] = pem(3).split('\n')
  // As long as a beginning is, and one less.
  for (const junk of ['x'.repeat(27), 'x'.repeat(26), '']) {
    const stray = `${junk}${base64}\n-----END CERTIFICATE-----`
    expect((await read({ [DEBIAN]: `${stray}\n${pem(1)}\n${stray}` })).all).toBe(pem(1))
  }
})
