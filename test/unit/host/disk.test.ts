import { afterAll, expect, test } from 'bun:test'
import fs, {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'

import { openPrivateDirectory as openWith, replaceFile } from '../../../src/host/disk.ts'

const base = mkdtempSync(`${tmpdir()}/private-`)
afterAll(() => rmSync(base, { recursive: true }))

const openPrivateDirectory = async (path: string) => openWith(path, fs)

let made = 0
/** A path where nothing is yet. */
function newPath(): string {
  made += 1
  return `${base}/${made}`
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'opened',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : 'no code'),
  )
}

test('openPrivateDirectory() makes the directory, for this user alone, whatever the umask', async () => {
  for (const umask of [0, 0o022, 0o077]) {
    const path = newPath()
    const before = process.umask(umask)
    const directory = await openPrivateDirectory(path)
    directory.replace('a', 'text')
    process.umask(before)
    expect([statSync(path).mode & 0o777, statSync(`${path}/a`).mode & 0o777]).toEqual([
      0o700, 0o600,
    ])
  }
})

test.each([0o777, 0o750, 0o705, 0o701, 0o710, 0o720, 0o1777])(
  'openPrivateDirectory() refuses a directory with mode %o',
  async (mode) => {
    const path = newPath()
    mkdirSync(path)
    chmodSync(path, mode)
    expect(await codeOf(openPrivateDirectory(path))).toBe('EACCES')
  },
)

test('openPrivateDirectory() refuses what is no directory, and what cannot be made', async () => {
  const [file, link, dangling, loop] = [newPath(), newPath(), newPath(), newPath()]
  writeFileSync(file, '')
  mkdirSync(`${base}/target`, { mode: 0o700 })
  symlinkSync(`${base}/target`, link)
  symlinkSync(newPath(), dangling)
  symlinkSync(loop, loop)
  expect(await codeOf(openPrivateDirectory(file))).toBe('ENOTDIR')
  // Linux says either, by its version: the flags forbid both.
  for (const path of [link, dangling, loop]) {
    expect(['ENOTDIR', 'ELOOP']).toContain(String(await codeOf(openPrivateDirectory(path))))
  }
  expect(await codeOf(openPrivateDirectory(`${base}/nowhere/x`))).toBe('ENOENT')
})

test.skipIf(process.geteuid?.() !== 0)(
  'openPrivateDirectory() refuses the directory of another user',
  async () => {
    const path = newPath()
    mkdirSync(path, { mode: 0o700 })
    chownSync(path, 65534, 65534)
    expect(await codeOf(openPrivateDirectory(path))).toBe('EACCES')
  },
)

test('openPrivateDirectory() takes a directory that another run has made', async () => {
  const path = newPath()
  mkdirSync(path, { mode: 0o700 })
  const directory = await openPrivateDirectory(path)
  directory.replace('a', 'text')
  expect(readdirSync(path)).toEqual(['a'])
})

/** What this process has open at or under a path. */
function openedUnder(path: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target.startsWith(path) ? [target] : []
    } catch {
      // Closed since: the one that listed them.
      return []
    }
  })
}

test('nothing but the directory stays open, and that only if it is used', async () => {
  const path = realpathSync(mkdtempSync(`${base}/open-`))
  const directory = await openPrivateDirectory(path)
  directory.replace('a', 'text')
  directory.read('a')
  mkdirSync(`${path}/b`)
  expect(() => directory.read('b')).toThrow()
  chmodSync(`${path}/b`, 0o777)
  expect(await codeOf(openPrivateDirectory(`${path}/b`))).toBe('EACCES')
  expect(openedUnder(path)).toEqual([path])
})

test('read() gives the text of a file of its own, and refuses any other', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  directory.replace('a', 'text')
  expect(directory.read('a')).toBe('text')
  expect(directory.read('b')).toBeUndefined()
  writeFileSync(`${path}/open`, 'text', { mode: 0o644 })
  writeFileSync(`${path}/group`, 'text', { mode: 0o640 })
  symlinkSync(`${path}/a`, `${path}/link`)
  mkdirSync(`${path}/directory`, { mode: 0o700 })
  Bun.spawnSync(['mkfifo', '-m', '600', `${path}/fifo`])
  for (const [name, reason] of [
    ['open', 'EACCES'],
    ['group', 'EACCES'],
    ['link', 'ELOOP'],
    ['directory', 'EISDIR'],
  ] as const) {
    expect(() => directory.read(name)).toThrow(expect.objectContaining({ code: reason }))
  }
  // And does not wait for somebody to write into it.
  expect(directory.read('fifo')).toBe('')
})

test('read() takes no more than 512 KiB', async () => {
  const directory = await openPrivateDirectory(newPath())
  directory.replace('a', 'x'.repeat(600_000))
  expect(directory.read('a')?.length).toBe(512 * 1024)
})

test('replace() replaces a file, a link without following it, and leaves nothing else', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  const other = newPath()
  writeFileSync(other, 'untouched')
  symlinkSync(other, `${path}/link`)
  linkSync(other, `${path}/hard`)
  writeFileSync(`${path}/lax`, 'old', { mode: 0o666 })
  for (const name of ['a', 'link', 'hard', 'lax']) {
    directory.replace(name, 'new')
    expect([
      readFileSync(`${path}/${name}`, 'utf8'),
      statSync(`${path}/${name}`).mode & 0o777,
    ]).toEqual(['new', 0o600])
  }
  expect(readFileSync(other, 'utf8')).toBe('untouched')
  expect(readdirSync(path).toSorted()).toEqual(['a', 'hard', 'lax', 'link'])
})

test('replace() leaves nothing behind when it fails', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  mkdirSync(`${path}/a/b`, { recursive: true })
  expect(() => directory.replace('a', 'x')).toThrow('EISDIR')
  expect(readdirSync(path)).toEqual(['a'])
})

function refuse(): never {
  throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
}

test('replace() says why it could not begin', async () => {
  const directory = openWith(newPath(), { ...fs, writeFileSync: refuse })
  expect(() => directory.replace('a', 'x')).toThrow('ENOSPC')
})

test('a reader never sees half of a file', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(30_000))
  directory.replace('f', texts[0] ?? '')
  // Another process, which writes for as long as this one reads.
  const writer = Bun.spawn([
    process.execPath,
    new URL('../../support/private_writer.ts', import.meta.url).pathname,
    path,
    String(process.pid),
  ])
  const seen = new Set<string>()
  while (seen.size < 3) {
    const text = directory.read('f') ?? ''
    expect(texts).toContain(text)
    seen.add(text)
  }
  for (let reads = 0; reads < 2000; reads += 1) expect(texts).toContain(directory.read('f') ?? '')
  writer.kill()
  await writer.exited
})

test('claim() succeeds for one, and remove() lets go', async () => {
  const path = newPath()
  const directories = await Promise.all(
    Array.from({ length: 20 }, () => openPrivateDirectory(path)),
  )
  const claims = directories.map((each, index) => each.claim('c', `text ${index}`))
  expect(claims.filter(Boolean)).toHaveLength(1)
  const [directory] = directories
  expect(directory?.claimant('c')).toBe(`text ${claims.indexOf(true)}`)
  directory?.remove('c')
  expect(directory?.claimant('c')).toBeUndefined()
  // Two runs may remove the same.
  directory?.remove('c')
  expect(directory?.claim('c', 'again')).toBe(true)
  writeFileSync(`${path}/file`, '')
  expect(directory?.claimant('file')).toBe('')
})

test('a directory that is swapped after it was opened is not used', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  const away = newPath()
  Bun.spawnSync(['mv', path, away])
  mkdirSync(path)
  writeFileSync(`${path}/a`, 'of another', { mode: 0o600 })
  directory.replace('b', 'own')
  expect([directory.read('a'), readdirSync(path), readdirSync(away)]).toEqual([
    undefined,
    ['a'],
    ['b'],
  ])
})

test('list() gives files and claims with the time of their last change, and no directory', async () => {
  const path = newPath()
  const directory = await openPrivateDirectory(path)
  expect(directory.list()).toEqual([])
  directory.replace('a', 'text')
  directory.claim('b', 'text')
  mkdirSync(`${path}/c`)
  lutimesSync(`${path}/a`, 1000, 2000)
  lutimesSync(`${path}/b`, 1000, 3000.5)
  expect([...directory.list()].toSorted((a, b) => a.changedAtMs - b.changedAtMs)).toEqual([
    { name: 'a', changedAtMs: 2_000_000 },
    { name: 'b', changedAtMs: 3_000_500 },
  ])
})

test('list() leaves out what another run removes meanwhile', async () => {
  const path = newPath()
  const listGone = Object.assign(() => ['gone', 'a'], fs.readdirSync)
  const directory = openWith(path, { ...fs, readdirSync: listGone })
  directory.replace('a', 'text')
  expect(directory.list().map(({ name }) => name)).toEqual(['a'])
})

test('replaceFile() keeps the mode of the file, and lets nobody else read it meanwhile, whatever the umask', () => {
  const before = process.umask(0)
  const folder = mkdtempSync(`${base}/replace-`)
  const path = `${folder}/a`
  writeFileSync(path, 'old', { mode: 0o644 })
  const modes: number[] = []
  const openSync: typeof fs.openSync = (...args) => {
    const descriptor = fs.openSync(...args)
    modes.push(fs.fstatSync(descriptor).mode & 0o777)
    return descriptor
  }
  replaceFile(path, 'new', { ...fs, openSync })
  process.umask(before)
  expect([modes, statSync(path).mode & 0o777]).toEqual([[0o600], 0o644])
  expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['new', ['a']])
})

function failToReplace(): never {
  throw Object.assign(new Error('refused'), { code: 'EIO' })
}

test('replaceFile() leaves the old file, and nothing else, when it fails', () => {
  const folder = mkdtempSync(`${base}/replace-`)
  const path = `${folder}/a`
  writeFileSync(path, 'old')
  for (const call of [
    'openSync',
    'writeFileSync',
    'fchownSync',
    'fchmodSync',
    'fsyncSync',
    'renameSync',
  ] as const) {
    expect(() => replaceFile(path, 'new', { ...fs, [call]: failToReplace })).toThrow('refused')
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old', ['a']])
  }
})
