import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { describePackage } from '../../src/release/contents.ts'
import { makeDeb } from '../../src/release/deb.ts'
import { type Package, TARGETS } from '../../src/release/package.ts'
import { makeRpm } from '../../src/release/rpm.ts'
import { encode } from '../../src/release/tar.ts'
import { NAMES, run, source } from './support.ts'

/** What the scripts of a package may call, and what the binary is linked with. */
const PROGRAMS = ['/bin/sh', '/bin/ln', '/bin/readlink', '/bin/rm', '/bin/systemctl']

/** Where distributions have their folders; `bin` and the like are links, as they are everywhere by now. */
const FOLDERS = [
  'etc/systemd/system',
  'run',
  'tmp',
  'usr/bin',
  'usr/lib/systemd/system',
  'usr/lib64',
  'usr/libexec',
  'usr/sbin',
  'usr/share/doc',
  'var/lib',
]

/** A small Linux in a folder: a shell and its tools, systemctl, and the libraries that they and the binary take. */
export function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'root-'))
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${name}`, join(root, name))
  const libraries = PROGRAMS.flatMap((program) =>
    [...run('ldd', program).matchAll(/(?<path>\/\S+) \(0x/g)].map(
      ({ groups }) => groups?.['path'] ?? '',
    ),
  )
  const more = ['libdl.so.2', 'libm.so.6', 'libpthread.so.0'].map(
    (name) => `/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/${name}`,
  )
  for (const path of new Set([...PROGRAMS, ...libraries, ...more])) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    cpSync(realpathSync(path), join(root, path))
  }
  return root
}

/** Every path in a root with its kind, mode, owner and, of a link, its target; without what the package manager writes for itself. */
export function listRoot(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(?:var|tmp|proc)(?:\/|$)|^(?:bin|lib|lib64|sbin)\//.test(path))
    .map((path) => {
      const stat = lstatSync(join(root, path))
      const target = stat.isSymbolicLink() ? ` -> ${readlinkSync(join(root, path))}` : ''
      return `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${path}${target}`
    })
    .toSorted()
}

/** A package manager that works in a root. */
export interface Manager {
  readonly name: string
  /** The released package. */
  readonly released: string
  /** Prepares a root. */
  readonly begin: (root: string) => void
  /** What each says on its way. */
  readonly install: (root: string, file: string) => string
  readonly remove: (root: string) => string
  readonly purge: (root: string) => string
  /** What differs from the package; empty if nothing does. */
  readonly verify: (root: string) => string
  readonly make: (pack: Package) => Uint8Array
}

/** As root of a namespace of its own, so that a developer's machine does. */
export const asRoot = (...command: readonly string[]) => run('unshare', '-rm', ...command)

const dpkg = (root: string, ...words: readonly string[]) =>
  asRoot('dpkg', `--root=${root}`, '--force-not-root', ...words)
const rpm = (root: string, ...words: readonly string[]) => asRoot('rpm', `--root=${root}`, ...words)

export const MANAGERS: readonly Manager[] = [
  {
    name: 'dpkg',
    released: NAMES.debX64,
    begin: (root) => {
      for (const name of ['info', 'updates', 'triggers'])
        mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true })
      const libc = [
        'Package: libc6',
        'Status: install ok installed',
        'Architecture: amd64',
        'Multi-Arch: same',
        'Version: 2.17',
        'Maintainer: test',
        'Description: test',
      ]
      writeFileSync(join(root, 'var/lib/dpkg/status'), `${libc.join('\n')}\n\n`)
    },
    install: (root, file) => dpkg(root, '--install', file),
    remove: (root) => dpkg(root, '--remove', 'ecr-credential-provider'),
    purge: (root) => dpkg(root, '--purge', 'ecr-credential-provider'),
    verify: (root) => dpkg(root, '--verify', 'ecr-credential-provider'),
    make: makeDeb,
  },
  {
    name: 'rpm',
    released: NAMES.rpmX64,
    begin: (root) => void rpm(root, '--initdb'),
    // Nothing in the root belongs to a package, so that no dependency is met.
    install: (root, file) => rpm(root, '--upgrade', '--nodeps', file),
    remove: (root) => rpm(root, '--erase', 'ecr-credential-provider'),
    purge: () => '',
    verify: (root) => rpm(root, '--verify', '--nodeps', 'ecr-credential-provider'),
    make: makeRpm,
  },
]

/** A package of another version with the real scripts and units, and next to nothing in place of the binary. */
export function makeSmall(root: string, manager: Manager, version: string): string {
  const [target] = TARGETS
  if (target === undefined) throw new Error('no target')
  const binary = { target, bytes: encode('#!/bin/sh\n'), ranges: '', sbom: '{}', notices: '' }
  const path = join(root, 'tmp', `${manager.name}-${version}`)
  writeFileSync(path, manager.make({ ...describePackage(source, binary), version }))
  return path
}
