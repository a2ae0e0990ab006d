import { expect, test } from 'bun:test'

import { readBundle, readTrustStore } from '../../../src/net/trust.ts'
import { expectRejection } from '../../support/failures.ts'
import { named, pem } from '../../support/pem.ts'
import { type FakeParts, fakeSystem } from '../../support/system.ts'

const DEBIAN = '/etc/ssl/certs/ca-certificates.crt'
const FEDORA = '/etc/pki/tls/certs/ca-bundle.crt'

type Files = Readonly<Record<string, string | { code: string }>>

/** The store's name and its forms: the Amazon roots, all, and what can be parsed. */
async function read(files: Files, env = {}, parts: FakeParts = {}) {
  const { name, forms } = await readTrustStore(undefined, fakeSystem({ files, env, ...parts }))
  const [amazonRoots = '', all = '', parsable = ''] = forms.map((form) => form().ca)
  return { name, amazonRoots, all, parsable }
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
    name: `'${path}'`,
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
    name: "'/f.pem', '/d'",
  })
})

test.each<[string, Files, Record<string, string>, string]>([
  ['a file that is missing', {}, { SSL_CERT_FILE: '/x' }, "there are no certificates in '/x'"],
  [
    'a file that cannot be read',
    { '/x': { code: 'EACCES' } },
    { SSL_CERT_FILE: '/x' },
    "cannot use the certificates in '/x': permission denied",
  ],
  [
    'a file without certificates',
    { '/d/x': 'none' },
    { SSL_CERT_DIR: '/d' },
    "cannot use the certificates in '/d/x': it holds no PEM certificate",
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
  expect(steps).toEqual(["cannot list the certificates in '/none': it does not exist"])
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
    const message = await expectRejection('config_certificates', read(files, env))
    expect(message).toBe(`cannot use the certificates in '${FEDORA}': ${reason}`)
  }
})

test('readTrustStore() leaves a host without any store to the built-in roots, explicitly', async () => {
  const store = await readTrustStore(undefined, fakeSystem())
  expect(store.name).toBe('the built-in Mozilla roots')
  expect(store.forms.map((form) => form())).toEqual([
    { ca: 'built-in roots', allowsIntermediates: false },
  ])
})

test('readTrustStore() never takes the built-in roots for a store that was named', async () => {
  for (const env of [{ SSL_CERT_FILE: '/typo' }, { SSL_CERT_DIR: '/typo' }]) {
    const message = await expectRejection('config_certificates', read({}, env))
    expect(message).toBe("cannot use the certificates in '/typo': there are none")
  }
  const both = { SSL_CERT_FILE: '/typo', SSL_CERT_DIR: '/none' }
  await expectRejection('config_certificates', read({ [DEBIAN]: pem(1) }, both))
})

test('readTrustStore() reads no file twice', async () => {
  const reads: string[] = []
  const readFile = async (path: string) => {
    reads.push(path)
    return new TextEncoder().encode(pem(1))
  }
  const store = await read({}, { SSL_CERT_FILE: DEBIAN }, { readFile })
  expect([store.name, store.all, ...reads]).toEqual([`'${DEBIAN}'`, pem(1), DEBIAN])
})

test('readTrustStore() takes a configured bundle alone', async () => {
  const system = fakeSystem({
    files: { [DEBIAN]: pem(1), '/own.pem': pem(2), '/f.pem': pem(3) },
    env: { SSL_CERT_FILE: '/f.pem' },
  })
  const store = await readTrustStore({ value: '/own.pem', origin: 'AWS_CA_BUNDLE' }, system)
  expect([store.name, ...store.forms.map((form) => form().ca)]).toEqual([
    "'/own.pem'",
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
  expect(await expectRejection('config_certificates', promise)).toBe(
    `cannot use the CA bundle '/own.pem' (from AWS_CA_BUNDLE): ${reason}`,
  )
})

test('readBundle() gives the Amazon roots of a file apart, and all that it has', async () => {
  const root = named('Amazon Root CA 1')
  const files = { '/x': [pem(1), root].join('\n') }
  const bundle = await readBundle('/x', 'x', fakeSystem({ files }))
  expect([bundle?.amazonRoots, bundle?.all().map((each) => each.pem)]).toEqual([
    root,
    [pem(1), root],
  ])
})

test('readBundle() reads no more than 4 MiB of a file', async () => {
  const limits: number[] = []
  const readFile = async (_: string, maxBytes: number) => {
    limits.push(maxBytes)
    return new TextEncoder().encode(pem(1))
  }
  await readBundle('/x', 'x', { readFile })
  expect(limits).toEqual([4_194_305])
})

test('readBundle() takes a file of 4 MiB, and none that is larger', async () => {
  const files = { '/x': pem(1).padEnd(4_194_304), '/y': pem(1).padEnd(4_194_305) }
  const system = fakeSystem({ files })
  expect((await readBundle('/x', 'the bundle', system))?.all().map((each) => each.pem)).toEqual([
    pem(1),
  ])
  expect(await expectRejection('config_certificates', readBundle('/y', 'the bundle', system))).toBe(
    'cannot use the bundle: it is larger than 4194304 bytes',
  )
})

test('readBundle() gives nothing for a file that is not there', async () => {
  expect(await readBundle('/x', 'x', fakeSystem())).toBeUndefined()
})

test.each([
  [{ code: 'EACCES' }, 'permission denied'],
  [{ code: 'EISDIR' }, 'it is a directory'],
  ['no certificate', 'it holds no PEM certificate'],
  [pem(1, 299), 'it holds no PEM certificate'],
])('readBundle() refuses a file that is %j', async (file, reason) => {
  const reading = readBundle('/x', 'the bundle', fakeSystem({ files: { '/x': file } }))
  expect(await expectRejection('config_certificates', reading)).toBe(
    `cannot use the bundle: ${reason}`,
  )
})
