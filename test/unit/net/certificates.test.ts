import { expect, test } from 'bun:test'

import {
  AMAZON,
  amazonRootsIn,
  certificatesIn,
  formatPem,
  joinPem,
  STARFIELD,
  storeOf,
} from '../../../src/net/certificates.ts'
import { certificate, named, pem } from '../../support/pem.ts'

const all = (text: string) => joinPem(certificatesIn(Buffer.from(text)))
const amazonRoots = (text: string) => joinPem(amazonRootsIn(Buffer.from(text)))

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
])('certificatesIn() reads DER of %d bytes in the form %p', (length, form) => {
  const block = sequence(length, form)
  expect(all(block)).toBe(block)
})

test.each([
  [126, [127]],
  [128, [127]],
  [128, [0x81, 127]],
  [300, [0x82, 1]],
  [5, [0x80]],
  [5, [0x84, 0, 0]],
])('certificatesIn() takes no %d bytes in the form %p', (length, form) => {
  expect(all(`${sequence(length, form)}\n${pem(1)}`)).toBe(pem(1))
})

test('certificatesIn() takes damaged blocks out, since TLS would drop every certificate after one', () => {
  const damaged = [
    pem(9, 299),
    pem(9).replace('MII', 'AII'),
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    pem(9).replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    '-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----',
  ]
  expect(all([pem(1), ...damaged, pem(2)].join('\n'))).toBe([pem(1), pem(2)].join('\n'))
})

test('amazonRootsIn() finds the Amazon roots, wherever their names stand', () => {
  const others = ['Amazon', 'Starfield Class 2', 'Root CA'].map((name) => named(name))
  for (const name of ['Amazon Root CA 1', 'Starfield Services Root Certificate Authority - G2']) {
    // At each place in a group of three bytes, and not cut by the end of a line of 48.
    const own = [100, 101, 102].map((at) => named(name, at))
    const bundle = [pem(1), ...own, ...others].join('\n')
    expect(all(bundle)).toBe(bundle)
    expect(amazonRoots(bundle).split('\n').toSorted()).toEqual(
      own.join('\n').split('\n').toSorted(),
    )
  }
})

test("amazonRootsIn() gives Starfield's root only where Amazon's own are missing", () => {
  const starfield = named('Starfield Services Root Certificate Authority - G2')
  const amazon = named('Amazon Root CA 3')
  expect(amazonRoots([starfield, amazon].join('\n'))).toBe(amazon)
  expect(amazonRoots([pem(1), starfield].join('\n'))).toBe(starfield)
})

test('amazonRootsIn() gives a root once that has several names, as issuer and subject', () => {
  const names = Buffer.alloc(60)
  // Each at another place in a group of three bytes.
  for (const at of [0, 19, 38]) names.set(Buffer.from('Amazon Root CA 1'), at)
  const root = named(names.toString('latin1'))
  expect(amazonRoots([pem(1), root, pem(2)].join('\n'))).toBe(root)
})

test('amazonRootsIn() looks for the names in base64', () => {
  const found = ['Amazon', 'Starfield'].map((name) =>
    [0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(name)]).toString('base64')
      // Only the characters that the name alone decides.
      const end = Math.floor(((offset + name.length) * 4) / 3)
      return text.slice(Math.ceil((offset * 4) / 3), end)
    }),
  )
  expect([AMAZON.word, STARFIELD.word]).toEqual(found)
})

test('amazonRootsIn() gives Amazon roots that stand beside an unfinished block', () => {
  const open = '-----BEGIN CERTIFICATE-----\nQW1hem9u\n'
  const root = named('Amazon Root CA 1')
  expect(amazonRoots(`${open}${root}\n${open}`)).toBe(root)
})

test('certificatesIn() leaves out a block without its end', () => {
  const open = pem(9).replace('-----END CERTIFICATE-----', '')
  expect(all(`${pem(1)}\n${open}`)).toBe(pem(1))
})

test('certificatesIn() takes nothing for a certificate that has no beginning', () => {
  const [, base64 = ''] = pem(3).split('\n')
  // As long as a beginning is, and one less.
  for (const junk of ['x'.repeat(27), 'x'.repeat(26), '']) {
    const stray = `${junk}${base64}\n-----END CERTIFICATE-----`
    expect(all(`${stray}\n${pem(1)}\n${stray}`)).toBe(pem(1))
  }
})

test.each([1, 47, 48, 49, 96, 100])(
  'formatPem() writes %d bytes in lines of 64 characters',
  (length) => {
    const der = new Uint8Array(length).fill(1)
    expect(formatPem(der)).toBe(certificate(der))
  },
)

type Kind = 'root' | 'other' | undefined

/** The forms of the store that the certificates of these bundles make, where a certificate is of this kind. */
function formsOf(texts: readonly string[], inspectCertificate: (der: Uint8Array) => Kind) {
  const bundles = texts.map((text) => ({
    amazonRoots: amazonRoots(text),
    all: () => certificatesIn(Buffer.from(text)),
  }))
  return storeOf(bundles, 'x', { inspectCertificate }).forms.map((form) => form())
}

test('storeOf() tries the Amazon roots alone at first, and nothing that adds nothing', () => {
  const root = named('Amazon Root CA 1')
  expect(formsOf([[pem(1), root].join('\n')], () => 'root')).toEqual([
    { ca: root, allowsIntermediates: false },
    { ca: [pem(1), root].join('\n'), allowsIntermediates: false },
    { ca: '', allowsIntermediates: false },
  ])
})

test('storeOf() takes others than roots for anchors, but not at first', () => {
  const both = [pem(1), pem(2)].join('\n')
  const forms = formsOf([both], (der) => (der[4] === 1 ? 'root' : 'other'))
  expect(forms).toEqual([
    { ca: '', allowsIntermediates: false },
    { ca: both, allowsIntermediates: false },
    { ca: both, allowsIntermediates: true },
  ])
})

test('storeOf() tries the Amazon roots of all bundles together', () => {
  const roots = ['Amazon Root CA 1', 'Amazon Root CA 2'].map((name) => named(name))
  const [first, whole] = formsOf([...roots, pem(1)], () => 'root')
  expect([first?.ca, whole?.ca]).toEqual([roots.join('\n'), [...roots, pem(1)].join('\n')])
})

test('storeOf() writes anew what a reader might stumble over, without what nobody can parse', () => {
  const indented = pem(1).replaceAll('\n', '\n    ')
  const crlf = pem(2).replaceAll('\n', '\r\n')
  const bundle = [indented, pem(9), crlf].join('\n')
  const [, whole, parsable] = formsOf([bundle], (der) => (der[4] === 9 ? undefined : 'root'))
  expect([whole?.ca, parsable?.ca]).toEqual([bundle, [pem(1), pem(2)].join('\n')])
})
