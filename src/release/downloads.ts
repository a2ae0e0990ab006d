import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import * as v from 'valibot'

import type { Target } from './package.ts'
import { ROOT } from './source.ts'
import { digest } from './tar.ts'

/** Where downloads are kept. What is in there is checked each time it is used. */
export const CACHE = join(ROOT, 'node_modules/.cache/release')

/** For 50 MB on a slow line. Without a limit npm alone would wait longer than a test run may take. */
const TIMEOUT_MS = 180_000

/** What package-lock.json says of a package. */
interface Locked {
  readonly version: string
  /** `sha512-` and the digest in base64, of the package's archive. */
  readonly integrity: string
  /** That digest in hexadecimal. */
  readonly sha512: string
}

const Lockfile = v.object({
  packages: v.record(
    v.string(),
    v.object({ version: v.optional(v.string()), integrity: v.optional(v.string()) }),
  ),
})

/** A package's entry in the lockfile. */
export function readLocked(name: string): Locked {
  const lockfile = v.parse(
    Lockfile,
    JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')),
  )
  const { version, integrity } = lockfile.packages[`node_modules/${name}`] ?? {}
  if (version === undefined || integrity === undefined) throw new Error(`${name} is not locked`)
  const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  return { version, integrity, sha512 }
}

/**
 * The `bun` of a target. Bun would fetch it by itself, but without checking what it got; here it is npm's archive, which must
 * have the hash of the lockfile.
 *
 * @throws {Error} if it cannot be had, or is another one.
 */
export async function fetchRuntime({ runtime }: Target): Promise<Uint8Array<ArrayBuffer>> {
  const { version, sha512 } = readLocked(runtime)
  if (version !== Bun.version) throw new Error(`The lockfile has ${runtime} ${version}`)
  const file = `${runtime.slice(1).replace('/', '-')}-${version}.tgz`
  const bytes = fetchChecked({
    file,
    command: ['npm', 'pack', '--prefer-offline', '--ignore-scripts', `${runtime}@${version}`],
    algorithm: 'sha512',
    sum: sha512,
  })
  const bun = (await new Bun.Archive(bytes).files()).get('package/bin/bun')
  if (bun === undefined) throw new Error(`${file} holds no bun`)
  return new Uint8Array(await bun.arrayBuffer())
}

/** A file to be had by a command that writes it into the working directory. */
interface Download {
  readonly file: string
  readonly command: readonly string[]
  readonly algorithm: 'sha256' | 'sha512'
  /** In hexadecimal. */
  readonly sum: string
}

/**
 * The bytes of a download, from the cache where they are there already.
 *
 * @throws {Error} if the command fails, takes too long, or brings other bytes.
 */
export function fetchChecked(download: Download): Uint8Array<ArrayBuffer> {
  const { file, command, algorithm, sum } = download
  const path = join(CACHE, file)
  if (!existsSync(path)) {
    mkdirSync(CACHE, { recursive: true })
    const run = Bun.spawnSync([...command], { cwd: CACHE, stdin: 'ignore', timeout: TIMEOUT_MS })
    if (run.exitCode !== 0 || !existsSync(path)) {
      // What is there in part would be taken for the whole.
      rmSync(path, { force: true })
      throw new Error(`Cannot get ${file}: ${command.join(' ')}: ${run.stderr.toString().trim()}`)
    }
  }
  const bytes = new Uint8Array(readFileSync(path))
  const found = digest(algorithm, bytes)
  if (found !== sum) throw new Error(`${path} has the wrong ${algorithm}: ${found}`)
  return bytes
}
