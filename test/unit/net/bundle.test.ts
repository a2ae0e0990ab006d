import { expect, test } from 'bun:test'

import { readBundle, storeOf } from '../../../src/net/bundle.ts'
import { expectRejection } from '../../support/failures.ts'
import { named, pem } from '../../support/pem.ts'
import { fakeSystem } from '../../support/system.ts'

type Kind = 'root' | 'other' | undefined

/** The forms of the store that this file makes, where a certificate is of this kind. */
async function formsOf(text: string, inspectCertificate: (der: Uint8Array) => Kind) {
  const system = fakeSystem({ files: { '/x': text }, inspectCertificate })
  const bundle = await readBundle('/x', 'x', system)
  return storeOf(bundle === undefined ? [] : [bundle], 'x', system).forms.map((form) => form())
}

test('storeOf() tries the Amazon roots alone at first, and nothing that adds nothing', async () => {
  const root = named('Amazon Root CA 1')
  expect(await formsOf([pem(1), root].join('\n'), () => 'root')).toEqual([
    { ca: root, allowsIntermediates: false },
    { ca: [pem(1), root].join('\n'), allowsIntermediates: false },
    { ca: '', allowsIntermediates: false },
  ])
})

test('storeOf() takes others than roots for anchors, but not at first', async () => {
  expect(await formsOf(pem(1), () => 'other')).toEqual([
    { ca: '', allowsIntermediates: false },
    { ca: pem(1), allowsIntermediates: false },
    { ca: pem(1), allowsIntermediates: true },
  ])
})

test('storeOf() writes anew what a reader might stumble over, without what nobody can parse', async () => {
  const indented = pem(1).replaceAll('\n', '\n    ')
  const crlf = pem(2).replaceAll('\n', '\r\n')
  const bundle = [indented, pem(9), crlf].join('\n')
  const [, all, parsable] = await formsOf(bundle, (der) => (der[4] === 9 ? undefined : 'root'))
  expect([all?.ca, parsable?.ca]).toEqual([bundle, [pem(1), pem(2)].join('\n')])
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
