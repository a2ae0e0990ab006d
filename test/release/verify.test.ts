import { expect, setDefaultTimeout, test } from 'bun:test'
import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { CACHE, fetchChecked } from '../../src/release/downloads.ts'
import { checkChangelog, ROOT } from '../../src/release/source.ts'
import { digest, encode, folder as entryOfFolder, gzip, tar } from '../../src/release/tar.ts'
import { compareSums, readSums } from '../../src/release/verify.ts'
import {
  firstOf,
  IS_FULL,
  makeFolder,
  missing,
  needs,
  NO_PORTABLE,
  NO_RELEASE,
  pathOf,
  readReleaseSums,
  run,
  source,
} from './support.ts'

// That a release can be made again, and that whatever differs is found out.

setDefaultTimeout(300_000)

const folder = makeFolder('verify')

const sum = (digit: string) => digit.repeat(64)

test('a comparison names what differs, what is missing and what is not listed', () => {
  const published = `${sum('a')}  one\n${sum('b')}  two\n${sum('c')} *three\n`
  expect(compareSums(published, published).every(({ isSame }) => isSame)).toBe(true)
  const verdicts = compareSums(published, `${sum('a')}  one\n${sum('d')}  two\n${sum('e')}  four\n`)
  expect(verdicts.map(({ isSame, text }) => [isSame, text.split('\n')[0]])).toEqual([
    [false, 'not listed four'],
    [true, 'same       one'],
    [false, 'not made   three'],
    [false, 'DIFFERENT  two'],
  ])
})

test('sums are read from the list or its folder, whose files must fit it', () => {
  const list = join(folder, 'SHA256SUMS')
  writeFileSync(join(folder, 'one'), 'text')
  writeFileSync(list, `${digest('sha256', encode('text'))}  one\n${sum('b')}  elsewhere\n`)
  expect(readSums(folder)).toBe(readSums(list))
  writeFileSync(join(folder, 'one'), 'another text')
  expect(() => readSums(folder)).toThrow('one is not the file that SHA256SUMS lists')
  writeFileSync(list, 'no sums\n')
  expect(() => readSums(list)).toThrow('lists no files')
})

test('a release needs its section in the change log, with a date', () => {
  expect(() => checkChangelog('## 1.2.3 (2026-01-31)\n', '1.2.3')).not.toThrow()
  for (const text of [
    '',
    '## 1.2.3\n',
    '## 1.2.3 (unreleased)\n',
    '## 1.2.30 (2026-01-31)\n',
    '## 1x2y3 (2026-01-31)',
  ]) {
    expect(() => checkChangelog(text, '1.2.3')).toThrow('CHANGELOG.md needs a section "## 1.2.3')
  }
})

test('a download with another hash is refused, fresh or kept', () => {
  const file = `test-${process.pid}`
  const download = {
    file,
    command: ['sh', '-c', `echo text >${file}`],
    algorithm: 'sha256',
  } as const
  const path = join(CACHE, file)
  try {
    expect(() => fetchChecked({ ...download, sum: sum('a') })).toThrow('has the wrong sha256')
    const right = digest('sha256', encode('text\n'))
    expect(fetchChecked({ ...download, sum: right })).toEqual(encode('text\n'))
    writeFileSync(path, 'other')
    expect(() => fetchChecked({ ...download, sum: right })).toThrow('has the wrong sha256')
  } finally {
    rmSync(path, { force: true })
  }
  const fails = { ...download, command: ['sh', '-c', 'echo no such package >&2; exit 1'] }
  expect(() => fetchChecked({ ...fails, sum: sum('a') })).toThrow('no such package')
})

test('the command line of the release is checked', () => {
  for (const words of [
    ['--x'],
    ['--verify'],
    ['--out'],
    ['--check', 'x'],
    ['--verify', 'a', 'b'],
  ]) {
    const { exitCode, stderr } = Bun.spawnSync(
      [process.execPath, 'src/release/main.ts', ...words],
      { cwd: ROOT },
    )
    expect([words, exitCode, stderr.toString().split(' ')[0]]).toEqual([words, 2, 'usage:'])
  }
})

test('a release that cannot be made says why in a line', () => {
  const words = [process.execPath, 'src/release/main.ts', '--verify', '/nonexistent/SHA256SUMS']
  const { exitCode, stderr } = Bun.spawnSync(words, { cwd: ROOT })
  expect([exitCode, stderr.toString().trim().split('\n').length]).toEqual([1, 1])
  expect(stderr.toString()).toContain('/nonexistent/SHA256SUMS')
})

test("what is packed here is what the host's tar packs", () => {
  const names = ['a/', 'a/b', 'a/c']
  const data = encode('x'.repeat(1000))
  const [top, ...files] = names.map((path) =>
    path.endsWith('/') ? entryOfFolder('a') : ({ path, mode: 0o644, data } as const),
  )
  if (top === undefined) throw new Error('no entries')
  const place = join(folder, 'tar')
  run('mkdir', '-p', join(place, 'a'))
  for (const { path } of files) writeFileSync(join(place, path), data, { mode: 0o644 })
  run('chmod', '755', join(place, 'a'))
  const options = [
    '--format=ustar',
    '--sort=name',
    '--mtime=@1000000000',
    '--owner=root:0',
    '--group=root:0',
    '-b1',
  ]
  run('tar', '-C', place, ...options, '-cf', join(folder, 'a.tar'), 'a')
  const theirs = new Uint8Array(Bun.mmap(join(folder, 'a.tar')))
  expect(digest('sha256', tar([top, ...files], 1_000_000_000))).toBe(digest('sha256', theirs))
  expect(Bun.gunzipSync(gzip(tar([top, ...files], 0)))).toEqual(tar([top, ...files], 0))
})

/** What a command begins with that only root may run, and one that another user is to run. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n']
const AS_NOBODY = [...AS_ROOT, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
/** Why there is no other user here. Through a shell, since a command may be missing. */
const ONE_USER = Bun.spawnSync(['sh', '-c', '"$@"', 'sh', ...AS_NOBODY, 'true'], {
  stderr: 'ignore',
}).success
  ? undefined
  : 'nothing can be run as another user here: that takes root, or sudo without a password'

/** Makes a release in a clone of its own: another folder, another time, and another user if one is to run it. */
function remake(name: string, user: readonly string[]): string {
  const place = join(folder, name)
  const clone = join(place, 'a clone')
  const out = join(place, 'out')
  run('mkdir', '-p', out)
  // With this process's variables: git goes by SUDO_UID in a folder of the user behind sudo.
  const cloned = Bun.spawnSync(['git', 'clone', '--quiet', ROOT, clone])
  expect([cloned.exitCode, cloned.success ? '' : cloned.stderr.toString()]).toEqual([0, ''])
  // What a stranger gets from `npm ci` and the registries.
  const modules = join(ROOT, 'node_modules')
  const isReadable = Bun.spawnSync([...user, 'test', '-r', join(modules, 'valibot')]).success
  if (isReadable) symlinkSync(modules, join(clone, 'node_modules'))
  else run('cp', '-R', modules, clone)
  if (user.length > 0) run(...AS_ROOT, 'chown', '-R', 'nobody', place)
  const [umask, zone] = user.length > 0 ? ['077', 'Asia/Kathmandu'] : ['022', 'UTC']
  const { exitCode, stderr } = Bun.spawnSync([
    ...user,
    'env',
    '-i',
    `PATH=${process.env['PATH'] ?? ''}`,
    `HOME=${place}`,
    `TZ=${zone}`,
    '/bin/sh',
    '-c',
    'cd "$0" && umask "$1" && exec "$2" src/release/main.ts --out "$3"',
    clone,
    umask,
    process.execPath.replace(ROOT, `${clone}/`),
    out,
  ])
  if (user.length > 0) {
    run(...AS_ROOT, 'chown', '-R', `${process.getuid?.()}:${process.getgid?.()}`, place)
  }
  expect([exitCode, exitCode === 0 ? '' : stderr.toString()]).toEqual([0, ''])
  return readSums(out)
}

const NOT_FULL = IS_FULL ? undefined : 'takes minutes: npm run release -- --check'

needs(firstOf(NOT_FULL, NO_RELEASE, NO_PORTABLE, missing('git'), ONE_USER))(
  'two releases in two folders, at two times, by two users are the same, byte for byte',
  () => {
    run('chmod', '755', folder)
    const first = remake('first', [])
    Bun.sleepSync(2000)
    const second = remake('second', AS_NOBODY)
    expect(second).toBe(first)
    // And the files here, if they are those of the commit.
    if (!source.commit.endsWith('-modified')) expect(readReleaseSums()).toBe(first)
  },
)

needs(firstOf(NOT_FULL, NO_RELEASE, NO_PORTABLE))(
  '--verify makes a release again, and tells a changed file',
  () => {
    const place = join(folder, 'published')
    cpSync(pathOf('.'), place, { recursive: true })
    const verify = () =>
      Bun.spawnSync(
        [process.execPath, 'src/release/main.ts', '--verify', join(place, 'SHA256SUMS')],
        { cwd: ROOT },
      )
    const good = verify()
    expect(good.exitCode).toBe(0)
    expect(good.stdout.toString()).toMatch(/^made here from \S+\n(?:same {7}\S+\n){8}$/)
    writeFileSync(join(place, 'SHA256SUMS'), readReleaseSums().replace(/^[0-9a-f]{64}/, sum('0')))
    const bad = verify()
    expect(bad.exitCode).toBe(1)
    expect(bad.stdout.toString()).toContain('DIFFERENT  RELEASE.txt')
  },
)
