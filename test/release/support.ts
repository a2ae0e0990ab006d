import { afterAll, test } from 'bun:test'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as v from 'valibot'

import { fetchGlibc } from '../../src/release/glibc.ts'
import { makeRelease, SUMS } from '../../src/release/release.ts'
import { readSource, ROOT } from '../../src/release/source.ts'
import { HAS_MOUNTS } from '../support/etc.ts'

/** The release that `npm run release -- --check` has made, of which everything is to be checked, however long it takes. */
const checked = process.env['RELEASE_CHECK']
export const IS_FULL = checked !== undefined

/** A test that says in its name why it is skipped, if it is. Before a release none is: it fails instead. */
export function needs(reason: string | undefined) {
  return (name: string, body: () => unknown): void => {
    if (reason === undefined || IS_FULL) {
      test(name, async () => {
        if (reason !== undefined) throw new Error(`This has to be tested, but ${reason}`)
        await body()
      })
    } else test.skip(`${name} (skipped: ${reason})`, () => {})
  }
}

/** The first reason that there is. */
export function firstOf(...reasons: readonly (string | undefined)[]): string | undefined {
  return reasons.find((reason) => reason !== undefined)
}

/** Why a program cannot be used here. */
export function missing(program: string, pack = program): string | undefined {
  return Bun.which(program) === null ? `there is no ${program}: install ${pack}` : undefined
}

/** Why a folder cannot be made the root of a process here. */
export const NO_ROOTS = HAS_MOUNTS ? undefined : 'unshare -rm is not permitted here'

/** Why the binary for x64 cannot run here. */
export const NOT_X64 = process.arch === 'x64' ? undefined : 'this machine is no x64'

const Made = v.object({
  /** The process that has made the release. */
  pid: v.optional(v.number()),
  /** Why there is no release at all, or no portable archive in it. */
  reason: v.optional(v.string()),
  portableReason: v.optional(v.string()),
})

/** In dist/, where the next run puts its own in place of it: a test run tells nobody that it ends. */
const release = checked ?? join(ROOT, 'dist/tested')

const message = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** One release for all tests of this process. */
async function make(): Promise<v.InferOutput<typeof Made>> {
  if (checked !== undefined) return {}
  const note = join(release, 'made.json')
  if (existsSync(note)) {
    const kept = v.parse(Made, JSON.parse(readFileSync(note, 'utf8')))
    if (kept.pid === process.pid) return kept
  }
  rmSync(release, { recursive: true, force: true })
  mkdirSync(release, { recursive: true })
  const made: v.InferOutput<typeof Made> = { pid: process.pid }
  const glibc = await fetchGlibc().catch((error: unknown) => {
    made.portableReason = message(error)
    return undefined
  })
  try {
    await makeRelease(readSource(), release, glibc)
  } catch (error) {
    made.reason = message(error)
  }
  writeFileSync(note, JSON.stringify(made))
  return made
}

const made = await make()

/** Why there is no release to test here: no git, or no way to the other runtime. */
export const NO_RELEASE = made.reason
/** Why there is no portable archive in it: no way to Debian's package. */
export const NO_PORTABLE = firstOf(made.reason, made.portableReason)

/** What the release was made from; nothing where there is none. */
export const source =
  made.reason === undefined ? readSource() : { version: '', commit: '', mtimeSeconds: 0 }

/** Where a file of the release is. */
export function pathOf(name: string): string {
  return join(release, name)
}

/** The text of the release's SHA256SUMS. */
export function readReleaseSums(): string {
  return readFileSync(pathOf(SUMS), 'utf8')
}

/** The names of the release's files; of the archives, those of the folders in them. */
export const NAMES = {
  x64: `ecr-credential-provider-${source.version}-linux-x64`,
  arm64: `ecr-credential-provider-${source.version}-linux-arm64`,
  portable: `ecr-credential-provider-${source.version}-linux-x64-portable`,
  debX64: `ecr-credential-provider_${source.version}-1_amd64.deb`,
  debArm64: `ecr-credential-provider_${source.version}-1_arm64.deb`,
  rpmX64: `ecr-credential-provider-${source.version}-1.x86_64.rpm`,
  rpmArm64: `ecr-credential-provider-${source.version}-1.aarch64.rpm`,
} as const

/** Runs a command to its end, and returns what it wrote; fails with that if it did. */
export function run(...command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  })
  const text = `${stdout.toString()}${stderr.toString()}`
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${text}`)
  return text
}

/** A folder for the files of a test, until all tests of its file have ended. */
export function makeFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  afterAll(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Unpacks an archive of the release with the host's tar, as whoever downloads it would. */
export function unpack(name: string, into: string): string {
  const folder = join(into, name)
  if (!existsSync(folder)) run('tar', '-xzf', pathOf(`${name}.tar.gz`), '-C', into)
  return folder
}
