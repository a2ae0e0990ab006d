import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

import { compile, readCommit } from '../../src/build.ts'

const base = mkdtempSync(`${tmpdir()}/commit-`)
afterAll(() => rmSync(base, { recursive: true }))

test('readCommit() tells the commit, and whether a tracked file differs from it', () => {
  const folder = `${base}/repository`
  mkdirSync(folder)
  const git = (...args: readonly string[]) => {
    const author = [
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b.example',
      '-c',
      'commit.gpgsign=false',
    ]
    const { stdout, exitCode } = Bun.spawnSync(['git', ...author, ...args], { cwd: folder })
    expect(exitCode).toBe(0)
    return stdout.toString().trim()
  }
  git('init', '--quiet')
  expect(readCommit(folder)).toBe('unknown')
  writeFileSync(`${folder}/file`, 'a')
  git('add', 'file')
  git('commit', '--quiet', '--message', 'a')
  // A tag is a name that may move.
  git('tag', '--annotate', '--message', 'a', 'v1')
  const commit = git('rev-parse', 'HEAD')
  expect(commit).toMatch(/^[0-9a-f]{40,64}$/)
  writeFileSync(`${folder}/untracked`, '')
  expect(readCommit(folder)).toBe(commit)
  writeFileSync(`${folder}/file`, 'b')
  expect(readCommit(folder)).toBe(`${commit}-modified`)
})

test('readCommit() knows no commit where there is no repository, or no folder', () => {
  expect(readCommit(base)).toBe('unknown')
  expect(readCommit(`${base}/nowhere`)).toBe('unknown')
})

test('what is compiled prints nothing of a rejection without a handler', async () => {
  const entry = `${base}/program.ts`
  writeFileSync(
    entry,
    "void Promise.reject(new Error('SECRET'))\nawait Bun.sleep(1)\nprocess.exit(7)\n",
  )
  await compile(entry, `${base}/program`)
  const { exitCode, stdout, stderr } = Bun.spawnSync([`${base}/program`])
  expect([exitCode, stdout.toString(), stderr.toString()]).toEqual([7, '', ''])
}, 30_000)
