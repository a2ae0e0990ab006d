import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { makeDisk, whyNoDisk } from '../tools/pages/disk.ts'
import { evict, residentPages } from '../tools/pages/page_cache.ts'

// src/units/read-ahead, under the shells that nodes have as /bin/sh, on a disk that reads nothing but what it is asked for.

setDefaultTimeout(60_000)

const SCRIPT = fileURLToPath(new URL('../../src/units/read-ahead', import.meta.url))
const PAGES = 1000
const noDisk = whyNoDisk()
// The last page is not whole.
const content = Buffer.from(Array.from({ length: PAGES * 4096 - 100 }, (_, at) => (at * 31) % 251))

let directory = ''
let binary = ''
let remove: () => void = () => undefined
beforeAll(() => {
  const place = mkdtempSync(join(tmpdir(), 'read-ahead-'))
  const disk = noDisk === undefined ? makeDisk(32) : undefined
  remove = () => {
    disk?.remove()
    rmSync(place, { recursive: true })
  }
  // A blank in the path, as nothing promises that there is none.
  directory = join(disk?.directory ?? place, 'the plugin')
  mkdirSync(directory)
  binary = join(directory, 'ecr-credential-provider')
  writeFileSync(binary, content)
})
afterAll(() => remove())

const cksum = (bytes: Uint8Array) =>
  Bun.spawnSync(['cksum'], { stdin: bytes }).stdout.toString().split(' ')[0] ?? ''
const IDENTITY = `${content.length} ${cksum(content.subarray(0, 4096))}`

/** What a run under a shell says and reads, with this text as the list. */
function readAhead(shell: readonly string[], list: string | undefined) {
  rmSync(`${binary}.ranges`, { force: true })
  if (list !== undefined) writeFileSync(`${binary}.ranges`, list)
  evict(binary)
  const before = statSync(binary)
  const run = Bun.spawnSync([...shell, SCRIPT, binary], { cwd: directory })
  const pages = residentPages(binary)
  const after = statSync(binary)
  expect([after.mtimeMs, after.size]).toEqual([before.mtimeMs, before.size])
  expect([run.exitCode, run.stdout.toString()]).toEqual([0, ''])
  return { said: run.stderr.toString(), pages }
}

const span = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)
const ALL = span(0, PAGES)

const SHELLS = ['dash', 'busybox sh', 'bash --posix'].map((name) => {
  const command = name.split(' ')
  return { name, command, isHere: Bun.which(command[0] ?? '') !== null }
})

for (const { name, command, isHere } of SHELLS) {
  const why = isHere ? noDisk : 'not installed'
  const check = test.skipIf(why !== undefined)
  const title = why === undefined ? name : `${name} (skipped: ${why})`

  check(`${title}: the ranges of the list are read, and no other page but the first`, () => {
    const list = `# a comment\n${IDENTITY}\n# another\n5 3\n100 41\n999 1\n`
    const wanted = [0, ...span(5, 3), ...span(100, 41), 999]
    expect(readAhead(command, list)).toEqual({ said: '', pages: wanted })
  })

  check(`${title}: more ranges than are read at a time, and one without a line's end`, () => {
    const firsts = Array.from({ length: 150 }, (_, at) => 3 + 6 * at)
    const list = `${IDENTITY}\n${firsts.map((first) => `${first} 2`).join('\n')}`
    const wanted = [0, ...firsts.flatMap((first) => span(first, 2))]
    expect(readAhead(command, list)).toEqual({ said: '', pages: wanted })
  })

  check(`${title}: a range behind the end reads nothing`, () => {
    const list = `${IDENTITY}\n998 50\n5000 3\n99999999999999999999999 1\n`
    expect(readAhead(command, list)).toEqual({ said: '', pages: [0, 998, 999] })
  })

  check(`${title}: without a list all is read`, () => {
    const { said, pages } = readAhead(command, undefined)
    expect(pages).toEqual(ALL)
    expect(said).toBe(`read-ahead: there is no ${binary}.ranges, so all of ${binary} is read\n`)
  })

  const size = content.length
  const [, sum = ''] = IDENTITY.split(' ')
  check.each([
    ['of another size', `${size + 1} ${sum}\n5 3\n`],
    ['with another first page', `${size} ${sum}1\n5 3\n`],
    ['that is empty', ''],
    ['without ranges', `${IDENTITY}\n`],
    ['with a word', `${IDENTITY}\n5 3\n7 rest\n`],
    ['with a third number', `${IDENTITY}\n5 3 8\n`],
    ['with one number', `${IDENTITY}\n5\n`],
    ['with an empty line', `${IDENTITY}\n\n5 3\n`],
    ['with a sign', `${IDENTITY}\n-5 3\n`],
    ['with a pattern', `${IDENTITY}\n5 *\n`],
    ['with a command', `${IDENTITY}\n5 $(touch made)\n`],
    ['with a backslash', `${IDENTITY}\n5 3\\\n`],
    ['with the line ends of Windows', `${IDENTITY}\r\n5 3\r\n`],
    ['of bytes', `${String.fromCharCode(0, 1, 127, 200)}\n`],
  ])(`${title}: a list %s is not used, and all is read`, (_, list) => {
    const { said, pages } = readAhead(command, list)
    expect(pages).toEqual(ALL)
    expect(said).toBe(
      `read-ahead: ${binary}.ranges is damaged, or not about this ${binary}, so all of it is read\n`,
    )
    expect(existsSync(join(directory, 'made'))).toBe(false)
  })

  test.skipIf(!isHere).each([
    ['that is not there', 'missing'],
    ['that is a directory', '.'],
  ])(`${name}: a binary %s is told in one line`, (_, file) => {
    const path = join(directory, file)
    const run = Bun.spawnSync([...command, SCRIPT, path])
    const said = `read-ahead: cannot read ${path}, so nothing is read ahead\n`
    expect([run.exitCode, run.stderr.toString(), run.stdout.toString()]).toEqual([0, said, ''])
  })
}

test('without an argument it is the binary beside the script', () => {
  const copy = join(directory, 'read-ahead')
  copyFileSync(SCRIPT, copy)
  rmSync(`${binary}.ranges`, { force: true })
  const run = Bun.spawnSync([copy])
  expect([run.exitCode, run.stderr.toString()]).toEqual([
    0,
    `read-ahead: there is no ${binary}.ranges, so all of ${binary} is read\n`,
  ])
})
