import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { compile } from '../build.ts'
import { writeRangeList } from '../units/range_list.ts'
import { archiveName, type Binary, describePackage, listArchive, listPortable } from './contents.ts'
import { makeDeb } from './deb.ts'
import { fetchRuntime, readLocked } from './downloads.ts'
import { GLIBC, type Glibc } from './glibc.ts'
import { formatNotices } from './notices.ts'
import { PROGRAM, type Target, TARGETS } from './package.ts'
import { makeRpm } from './rpm.ts'
import { formatSbom } from './sbom.ts'
import { ROOT, type Source } from './source.ts'
import { digest, type Entry, gzip, isFolder, tar } from './tar.ts'

/** A file of a release, and what is in it. */
interface Artifact {
  readonly name: string
  readonly bytes: Uint8Array
  readonly contents: readonly Entry[]
}

/** The names of what lists the others. */
export const SUMS = 'SHA256SUMS'
const RECORD = 'RELEASE.txt'

/** Compiles the program for a target; in `work`, of which nothing is left in the bytes. */
async function buildBinary(source: Source, target: Target, work: string): Promise<Binary> {
  mkdirSync(work, { recursive: true })
  const executablePath = join(work, 'bun')
  writeFileSync(executablePath, await fetchRuntime(target), { mode: 0o755 })
  // The base name becomes part of the binary.
  const outfile = join(work, PROGRAM)
  const result = await compile(join(ROOT, 'src/main.ts'), outfile, {
    target: `bun-${target.name}`,
    executablePath,
  })
  if (!result.success) throw new Error(result.logs.map(({ message }) => message).join('\n'))
  const bytes = new Uint8Array(readFileSync(outfile))
  writeRangeList(outfile, target.cpu)
  return {
    target,
    bytes,
    ranges: readFileSync(`${outfile}.ranges`, 'utf8'),
    sbom: formatSbom(source, target, bytes),
    notices: formatNotices(),
  }
}

/** The archive and the packages of a target. */
function packBinary(source: Source, binary: Binary): readonly Artifact[] {
  const { target } = binary
  const pack = describePackage(source, binary)
  const contents = listArchive(source, binary)
  return [
    pressArchive(archiveName(source, target), contents, source),
    {
      name: `${PROGRAM}_${pack.version}-1_${target.debian}.deb`,
      bytes: makeDeb(pack),
      contents: pack.files,
    },
    {
      name: `${PROGRAM}-${pack.version}-1.${target.rpm}.rpm`,
      bytes: makeRpm(pack),
      contents: pack.files,
    },
  ]
}

/** The archive for hosts without glibc. */
function packPortable(source: Source, plain: Binary, glibc: Glibc): Artifact {
  const { target, bytes } = plain
  const sbom = formatSbom(source, target, bytes, glibc.libraries)
  const binary = { ...plain, sbom, notices: formatNotices(glibc.copyright) }
  const contents = listPortable(source, binary, glibc)
  return pressArchive(archiveName(source, target, true), contents, source)
}

function pressArchive(name: string, contents: readonly Entry[], source: Source): Artifact {
  return { name: `${name}.tar.gz`, bytes: gzip(tar(contents, source.mtimeSeconds)), contents }
}

/**
 * Makes a release in a folder.
 *
 * @param glibc - for the portable archive, which is left out where there is none.
 * @returns the text of its SHA256SUMS.
 * @throws {Error} on another machine than x64: Bun 1.4.5 notes in a binary, in one bit, whether it was compiled for another
 *   architecture than the compiler's own, so that the same release can be made on one of them only.
 */
export async function makeRelease(
  source: Source,
  folder: string,
  glibc: Glibc | undefined,
): Promise<string> {
  if (process.arch !== 'x64') throw new Error('A release is made on x64')
  const work = join(folder, '.work')
  const sums: string[] = []
  const lists: string[] = []
  const keep = ({ name, bytes, contents }: Artifact) => {
    writeFileSync(join(folder, name), bytes)
    sums.push(`${digest('sha256', bytes)}  ${name}\n`)
    lists.push(formatContents(name, contents))
  }
  for (const target of TARGETS) {
    const binary = await buildBinary(source, target, join(work, target.name))
    packBinary(source, binary).forEach(keep)
    if (target.name === 'linux-x64' && glibc !== undefined)
      keep(packPortable(source, binary, glibc))
  }
  rmSync(work, { recursive: true })
  const record = Buffer.from([formatOrigin(source), ...lists].join('\n'))
  keep({ name: RECORD, bytes: record, contents: [] })
  const text = sums.toSorted((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('')
  writeFileSync(join(folder, SUMS), text)
  return text
}

/** From what a release is made. */
function formatOrigin(source: Source): string {
  const lockfile = readFileSync(join(ROOT, 'package-lock.json'))
  const runtimes = TARGETS.map(({ runtime }) => {
    const { version, integrity } = readLocked(runtime)
    return `runtime    ${runtime} ${version} ${integrity}\n`
  })
  return [
    `${PROGRAM} ${source.version}\n`,
    `commit     ${source.commit}\n`,
    `time       ${new Date(source.mtimeSeconds * 1000).toISOString()}\n`,
    `lockfile   package-lock.json sha256 ${digest('sha256', lockfile)}\n`,
    ...runtimes,
    `glibc      ${GLIBC.package} ${GLIBC.version} ${GLIBC.architecture} sha256 ${GLIBC.sha256}\n`,
    `packed by  src/release of that commit, on Bun ${Bun.version}; no other packager\n`,
  ].join('')
}

/** The files in an artifact, each with hash, mode and size. */
function formatContents(name: string, contents: readonly Entry[]): string {
  const files = contents.filter((entry) => !isFolder(entry))
  const rows = files.map(
    ({ path, mode, data }) =>
      `${digest('sha256', data)} ${mode.toString(8).padStart(4, '0')} ${`${data.length}`.padStart(9)} ${path}\n`,
  )
  return rows.length === 0 ? '' : `${name}\n${rows.join('')}`
}
