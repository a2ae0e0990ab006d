import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Glibc } from './glibc.ts'
import { type Package, PROGRAM, type Target } from './package.ts'
import { ROOT, type Source } from './source.ts'
import { encode, type Entry, folder } from './tar.ts'

/** A binary, and what is said about it. */
export interface Binary {
  readonly target: Target
  readonly bytes: Uint8Array
  /** What read-ahead reads of it. */
  readonly ranges: string
  readonly sbom: string
  readonly notices: string
}

const UNITS = [`${PROGRAM}-read-ahead.service`, `${PROGRAM}-warm.service`]

const read = (path: string) => new Uint8Array(readFileSync(join(ROOT, path)))
const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const file = (path: string, data: Uint8Array | string): Entry => ({
  path,
  mode: 0o644,
  data: typeof data === 'string' ? encode(data) : data,
})
const program = (path: string, data: Uint8Array): Entry => ({ path, mode: 0o755, data })

const papers = (binary: Binary): readonly Entry[] => [
  file('LICENSE', read('LICENSE')),
  file('NOTICES.txt', binary.notices),
  file('sbom.cdx.json', binary.sbom),
]

const below = (top: string, entries: readonly Entry[]): readonly Entry[] =>
  entries.map((entry) => ({ ...entry, path: `${top}/${entry.path}` }))

/** The name of an archive, which is also that of the folder in it. */
export function archiveName(source: Source, target: Target, isPortable = false): string {
  return `${PROGRAM}-${source.version}-${target.name}${isPortable ? '-portable' : ''}`
}

/** What is in the archive of a target. */
export function listArchive(source: Source, binary: Binary): readonly Entry[] {
  const name = archiveName(source, binary.target)
  return [
    folder(name),
    ...below(name, [
      ...papers(binary),
      program(PROGRAM, binary.bytes),
      ...UNITS.map((unit) => file(unit, read(`src/units/${unit}`))),
      file(`${PROGRAM}.ranges`, binary.ranges),
      program('read-ahead', read('src/units/read-ahead')),
    ]),
  ]
}

/** What is in the archive for hosts without glibc: no units, since such a host has no systemd either. */
export function listPortable(source: Source, binary: Binary, glibc: Glibc): readonly Entry[] {
  const name = archiveName(source, binary.target, true)
  return [
    folder(name),
    ...below(name, [
      ...papers(binary),
      program(PROGRAM, read('src/release/scripts/portable')),
      folder('glibc'),
      program(`glibc/${PROGRAM}`, binary.bytes),
      file(`glibc/${PROGRAM}.ranges`, binary.ranges),
      ...[...glibc.libraries].map(([library, bytes]) => program(`glibc/${library}`, bytes)),
      program('read-ahead', read('src/units/read-ahead')),
    ]),
  ]
}

/** What is in a package of either kind. */
export function describePackage(source: Source, binary: Binary): Package {
  const own = `usr/libexec/${PROGRAM}`
  const documents = `usr/share/doc/${PROGRAM}`
  return {
    version: source.version.replace('-', '~'),
    target: binary.target,
    mtimeSeconds: source.mtimeSeconds,
    files: [
      ...UNITS.map((unit) => file(`usr/lib/systemd/system/${unit}`, read(`src/units/${unit}`))),
      folder(own),
      program(`${own}/${PROGRAM}`, binary.bytes),
      file(`${own}/${PROGRAM}.ranges`, binary.ranges),
      program(`${own}/read-ahead`, read('src/units/read-ahead')),
      folder(documents),
      ...below(documents, papers(binary)),
    ],
    scripts: {
      installed: readText('src/release/scripts/installed'),
      removed: readText('src/release/scripts/removed'),
    },
  }
}
