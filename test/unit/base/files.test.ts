import { expect, test } from 'bun:test'

import { readExistingFile, readTextFile, reasonOf, refuseFile } from '../../../src/base/files.ts'
import { expectRejection } from '../../support/failures.ts'
import { fakeSystem } from '../../support/system.ts'

const fileAt = (path: string) => ({
  path,
  maxBytes: 8,
  refuse: refuseFile('the config file', path),
})
const FILE = fileAt('/f')

test.each([
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'it does not exist'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', 'too many symbolic links'],
  ['EIO', 'EIO'],
  ['E2BIG', 'E2BIG'],
  ['E', 'it cannot be read'],
  ['eio', 'it cannot be read'],
  ['EIO secret', 'it cannot be read'],
  ['ETHISNAMEISTOOLONG', 'it cannot be read'],
  [5, 'it cannot be read'],
])('reasonOf() an error with the code %p is %p', (code, reason) => {
  expect(reasonOf(Object.assign(new Error('secret'), { code }))).toBe(reason)
})

test.each([
  ['an error without a code', new Error('secret')],
  ['an object with a code', { code: 'EIO' }],
  ['a text', 'EIO'],
  ['nothing', undefined],
])('reasonOf() shows nothing of %s', (_, error) => {
  expect(reasonOf(error)).toBe('it cannot be read')
})

test.each([
  ['', ''],
  ['12345678', '12345678'],
  ['a\n', 'a\n'],
  ['\u{FEFF}a', 'a'],
  ['a\u{FEFF}', 'a\u{FEFF}'],
])('readTextFile() gives the file %j as %j', async (text, expected) => {
  expect(await readTextFile(FILE, fakeSystem({ files: { '/f': text } }))).toBe(expected)
})

test('readTextFile() puts U+FFFD in the place of a byte that is not UTF-8', async () => {
  const system = { readFile: async () => Uint8Array.of(0x61, 0xff, 0x62) }
  expect(await readTextFile(FILE, system)).toBe('a\u{FFFD}b')
})

test.each(['ENOENT', 'ENOTDIR'])(
  'readTextFile() gives nothing, and readExistingFile() fails, after %s',
  async (code) => {
    const system = fakeSystem({ files: { '/f': { code } } })
    expect(await readTextFile(FILE, system)).toBeUndefined()
    expect(await expectRejection('config_file', readExistingFile(FILE, system))).toBe(
      "cannot read the config file '/f': it does not exist",
    )
  },
)

test.each([
  ['no permission', '/f', { code: 'EACCES' }, "'/f': permission denied"],
  ['an unknown error', '/f', { code: 'the secret' }, "'/f': it cannot be read"],
  ['one byte too many', '/f', '123456789', "'/f': it is larger than 8 bytes"],
  ['one byte too many in UTF-8', '/f', '1234567é', "'/f': it is larger than 8 bytes"],
  ['a path that is not UTF-8', '/\u{FFFD}', 'a', "'/?': its path is not UTF-8"],
])('readTextFile() and readExistingFile() refuse %s', async (_, path, file, reason) => {
  const system = fakeSystem({ files: { [path]: file } })
  for (const read of [readTextFile, readExistingFile]) {
    expect(await expectRejection('config_file', read(fileAt(path), system))).toBe(
      `cannot read the config file ${reason}`,
    )
  }
})

test('readExistingFile() gives an empty file as an empty text', async () => {
  expect(await readExistingFile(FILE, fakeSystem({ files: { '/f': '' } }))).toBe('')
})
