import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { version } from '../../package.json'
import { readCommit } from '../build.ts'

/** The top folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is released. */
export interface Source {
  readonly version: string
  /** Ends in `-modified` where the files are not those of the commit. */
  readonly commit: string
  /** When the commit was made, in seconds: the age of every file (reproducible-builds.org, SOURCE_DATE_EPOCH). */
  readonly mtimeSeconds: number
}

/**
 * Reads what is released from package.json and git.
 *
 * @throws {Error} outside of git, for a tag of another version, and where CHANGELOG.md does not speak of the version.
 */
export function readSource(): Source {
  const commit = readCommit(ROOT)
  if (commit === 'unknown') throw new Error('A release is made from a git clone of your own')
  checkChangelog(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version)
  const tags = git('tag', '--points-at', 'HEAD', '--list', 'v*').split('\n')
  const other = tags.find((tag) => tag !== '' && tag !== `v${version}`)
  if (other !== undefined) throw new Error(`The tag is ${other}, package.json says ${version}`)
  return { version, commit, mtimeSeconds: Number(git('log', '-1', '--format=%ct')) }
}

/**
 * Holds that the change log has a section for the version, with its date.
 *
 * @throws {Error} if not.
 */
export function checkChangelog(text: string, released: string): void {
  const heading = text.split('\n').find((line) => line.startsWith(`## ${released} `))
  if (heading === undefined || !/ \(\d{4}-\d\d-\d\d\)$/.test(heading)) {
    throw new Error(`CHANGELOG.md needs a section "## ${released} (YYYY-MM-DD)"`)
  }
}

function git(...args: readonly string[]): string {
  const run = Bun.spawnSync(['git', ...args], { cwd: ROOT })
  if (run.exitCode !== 0) throw new Error(`git ${args[0] ?? ''}: ${run.stderr.toString()}`)
  return run.stdout.toString().trim()
}
