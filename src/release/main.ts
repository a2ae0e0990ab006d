/**
 * `npm run release`: makes what is published, in dist/release/. With `--verify DIR|SHA256SUMS` it makes it anew elsewhere and
 * compares; with `--check` it makes it of a clean checkout only, and then runs all checks of a release on it, some of which the
 * usual test run leaves out for their time.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { fetchGlibc } from './glibc.ts'
import { makeRelease } from './release.ts'
import { readSource, ROOT, type Source } from './source.ts'
import { compareSums, readSums } from './verify.ts'

const PLACE = join(ROOT, 'dist/release')
const MODIFIED = 'tracked files differ from the commit'
const USAGE = 'usage: npm run release [-- --out DIR | --verify DIR|SHA256SUMS | --check]'

async function main(args: readonly string[]): Promise<number> {
  const [option, value, ...more] = args
  if (option === undefined) return release(PLACE)
  if (option === '--check' && value === undefined) return check()
  if (value !== undefined && more.length === 0) {
    if (option === '--out') return release(value)
    if (option === '--verify') return verify(value)
  }
  console.error(USAGE)
  return 2
}

async function release(folder: string): Promise<number> {
  const source = readSource()
  await make(source, folder)
  if (source.commit.endsWith('-modified')) console.error(`Not to be published: ${MODIFIED}`)
  return 0
}

async function make(source: Source, folder: string): Promise<void> {
  // What is left of another version would be published with this one. A folder that somebody names is theirs.
  if (folder === PLACE) rmSync(PLACE, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log(await makeRelease(source, folder, await fetchGlibc()))
}

async function verify(place: string): Promise<number> {
  const published = readSums(place)
  const source = readSource()
  console.log(`made here from ${source.commit}`)
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  try {
    const lines = compareSums(published, await makeRelease(source, folder, await fetchGlibc()))
    console.log(lines.map(({ text }) => text).join('\n'))
    return lines.every(({ isSame }) => isSame) ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A release, and every test of test/release on it, with none left out. */
async function check(): Promise<number> {
  const source = readSource()
  if (source.commit.endsWith('-modified')) throw new Error(`Nothing is released: ${MODIFIED}`)
  await make(source, PLACE)
  const run = Bun.spawnSync([process.execPath, 'test', 'test/release'], {
    cwd: ROOT,
    env: { ...process.env, RELEASE_CHECK: PLACE },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return run.exitCode
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }),
)
