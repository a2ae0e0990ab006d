import { afterAll, expect, test } from 'bun:test'
import fs from 'node:fs'
import { tmpdir } from 'node:os'

import { replaceFile } from '../../../src/host/replace_file.ts'

const base = fs.mkdtempSync(`${tmpdir()}/replace-`)
afterAll(() => fs.rmSync(base, { recursive: true }))

test('replaceFile() keeps the mode of the file, and lets nobody else read it meanwhile, whatever the umask', () => {
  const before = process.umask(0)
  const path = `${base}/a`
  fs.writeFileSync(path, 'old', { mode: 0o644 })
  const modes: number[] = []
  const openSync: typeof fs.openSync = (...args) => {
    const descriptor = fs.openSync(...args)
    modes.push(fs.fstatSync(descriptor).mode & 0o777)
    return descriptor
  }
  replaceFile(path, 'new', { ...fs, openSync })
  process.umask(before)
  expect([modes, fs.statSync(path).mode & 0o777]).toEqual([[0o600], 0o644])
  expect([fs.readFileSync(path, 'utf8'), fs.readdirSync(base)]).toEqual(['new', ['a']])
})

function refuse(): never {
  throw Object.assign(new Error('refused'), { code: 'EIO' })
}

test('replaceFile() leaves the old file, and nothing else, when it fails', () => {
  const path = `${base}/a`
  fs.writeFileSync(path, 'old')
  for (const call of [
    'openSync',
    'writeFileSync',
    'fchownSync',
    'fchmodSync',
    'fsyncSync',
    'renameSync',
  ] as const) {
    expect(() => replaceFile(path, 'new', { ...fs, [call]: refuse })).toThrow('refused')
    expect([fs.readFileSync(path, 'utf8'), fs.readdirSync(base)]).toEqual(['old', ['a']])
  }
})
