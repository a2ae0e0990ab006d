import { expect, setDefaultTimeout } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { digest } from '../../src/release/tar.ts'
import { README, README_LINE } from '../house/readme.ts'
import {
  firstOf,
  makeFolder,
  missing,
  NAMES,
  needs,
  NO_PORTABLE,
  NO_RELEASE,
  NOT_X64,
  pathOf,
  readReleaseSums,
  run,
  source,
  unpack,
} from './support.ts'

// What is in each file of a release, name by name, as the host's own tools see it.

setDefaultTimeout(300_000)

const folder = makeFolder('archives')

const DATE = new Date(source.mtimeSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')

/** Mode, owner, time and name of each file that tar or dpkg-deb lists; both write the same lines but for the owner. */
function parseListing(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+) (\S+) +\d+ (\S+ \d\d:\d\d)(?::\d\d)? /, '$1 $2 $3 '))
}

const rows = (owner: string, top: string, names: readonly string[]) =>
  names.map((name) => {
    const [mode = '', path = ''] = name.split(' ')
    return `${mode} ${owner} ${DATE} ${top}${path}`
  })

const PLAIN = [
  'drwxr-xr-x /',
  '-rw-r--r-- /LICENSE',
  '-rw-r--r-- /NOTICES.txt',
  '-rw-r--r-- /sbom.cdx.json',
  '-rwxr-xr-x /ecr-credential-provider',
  '-rw-r--r-- /ecr-credential-provider-read-ahead.service',
  '-rw-r--r-- /ecr-credential-provider-warm.service',
  '-rw-r--r-- /ecr-credential-provider.ranges',
  '-rwxr-xr-x /read-ahead',
]

const PORTABLE = [
  'drwxr-xr-x /',
  '-rw-r--r-- /LICENSE',
  '-rw-r--r-- /NOTICES.txt',
  '-rw-r--r-- /sbom.cdx.json',
  '-rwxr-xr-x /ecr-credential-provider',
  'drwxr-xr-x /glibc/',
  '-rwxr-xr-x /glibc/ecr-credential-provider',
  '-rw-r--r-- /glibc/ecr-credential-provider.ranges',
  '-rwxr-xr-x /glibc/ld-linux-x86-64.so.2',
  '-rwxr-xr-x /glibc/libc.so.6',
  '-rwxr-xr-x /glibc/libdl.so.2',
  '-rwxr-xr-x /glibc/libm.so.6',
  '-rwxr-xr-x /glibc/libpthread.so.0',
  '-rwxr-xr-x /read-ahead',
]

for (const [name, files, reason] of [
  [NAMES.x64, PLAIN, NO_RELEASE],
  [NAMES.arm64, PLAIN, NO_RELEASE],
  [NAMES.portable, PORTABLE, NO_PORTABLE],
] as const) {
  needs(reason)(`${name}.tar.gz holds these files, root's, with these modes`, () => {
    const listing = run('tar', '-tvzf', pathOf(`${name}.tar.gz`), '--numeric-owner')
    expect(parseListing(listing)).toEqual(rows('0/0', name, files))
    // Without a time or a name of its own in the compressed file.
    const head = readFileSync(pathOf(`${name}.tar.gz`)).subarray(0, 8)
    expect(head.toString('hex')).toBe('1f8b080000000000')
  })
}

/** In decimal megabytes, as the README tells sizes: what is needed is rounded up. */
const downloadOf = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`
const diskOf = (bytes: number) => `${Math.ceil(bytes / 1_000_000)} MB`

needs(NO_PORTABLE)(
  'the README tells how much each file is, and how much it becomes on disk',
  () => {
    const { x64, arm64, portable, debX64, rpmX64 } = NAMES
    const archives = [x64, arm64, portable].map((name) => `${name}.tar.gz`)
    const told = [...archives, debX64, rpmX64].map((name) =>
      README.split('\n')
        .find((line) => line.startsWith(`| \`${name}\``))
        ?.split(' | ')
        .slice(2, 4),
    )
    const sizes = archives.map((name) =>
      run('tar', '-tvzf', pathOf(name))
        .trim()
        .split('\n')
        .reduce((sum, line) => sum + Number(/ +(\d+) \d{4}-/.exec(line)?.[1]), 0),
    )
    // A package becomes the same files as the archive.
    const [onDisk = 0] = sizes
    expect(told).toEqual(
      [...archives, debX64, rpmX64].map((name, at) => [
        downloadOf(statSync(pathOf(name)).size),
        diskOf(sizes[at] ?? onDisk),
      ]),
    )
    expect(README_LINE).toContain(` and ${diskOf(onDisk)} of disk.`)
  },
)

const INSTALLED = [
  '-rw-r--r-- /usr/lib/systemd/system/ecr-credential-provider-read-ahead.service',
  '-rw-r--r-- /usr/lib/systemd/system/ecr-credential-provider-warm.service',
  'drwxr-xr-x /usr/libexec/ecr-credential-provider/',
  '-rwxr-xr-x /usr/libexec/ecr-credential-provider/ecr-credential-provider',
  '-rw-r--r-- /usr/libexec/ecr-credential-provider/ecr-credential-provider.ranges',
  '-rwxr-xr-x /usr/libexec/ecr-credential-provider/read-ahead',
  'drwxr-xr-x /usr/share/doc/ecr-credential-provider/',
  '-rw-r--r-- /usr/share/doc/ecr-credential-provider/LICENSE',
  '-rw-r--r-- /usr/share/doc/ecr-credential-provider/NOTICES.txt',
  '-rw-r--r-- /usr/share/doc/ecr-credential-provider/sbom.cdx.json',
]

const PARENTS = [
  '/',
  '/usr/',
  '/usr/lib/',
  '/usr/lib/systemd/',
  '/usr/lib/systemd/system/',
  '/usr/libexec/',
  '/usr/share/',
  '/usr/share/doc/',
]

for (const [name, architecture] of [
  [NAMES.debX64, 'amd64'],
  [NAMES.debArm64, 'arm64'],
] as const) {
  needs(firstOf(NO_RELEASE, missing('dpkg-deb', 'dpkg')))(`${name} holds these files`, () => {
    const found = parseListing(run('dpkg-deb', '--contents', pathOf(name)))
    const files = [...INSTALLED, ...PARENTS.map((path) => `drwxr-xr-x ${path}`)]
    expect(found.toSorted()).toEqual(rows('root/root', '.', files).toSorted())
    const field = (what: string) => run('dpkg-deb', '--field', pathOf(name), what).trim()
    expect(field('Package')).toBe('ecr-credential-provider')
    expect(field('Version')).toBe(`${source.version}-1`)
    expect(field('Architecture')).toBe(architecture)
    expect(field('Depends')).toBe('libc6 (>= 2.17)')
    // No more control files than these: none that marks configuration.
    const control = run('sh', '-c', `dpkg-deb --ctrl-tarfile ${pathOf(name)} | tar -tv`)
    const members = control
      .trim()
      .split('\n')
      .map((line) => line.replace(/^(\S+) (\S+) .* (\S+)$/, '$1 $2 $3'))
    expect(members).toEqual([
      'drwxr-xr-x root/root ./',
      '-rw-r--r-- root/root ./control',
      '-rw-r--r-- root/root ./md5sums',
      '-rwxr-xr-x root/root ./postinst',
      '-rwxr-xr-x root/root ./prerm',
    ])
  })
}

for (const [name, architecture] of [
  [NAMES.rpmX64, 'x86_64'],
  [NAMES.rpmArm64, 'aarch64'],
] as const) {
  needs(firstOf(NO_RELEASE, missing('rpm')))(`${name} holds these files`, () => {
    const format =
      '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILEMTIMES} %{FILENAMES}\\n]'
    const found = run('rpm', '-qp', '--qf', format, pathOf(name)).trim().split('\n')
    const files = INSTALLED.map((row) => {
      const [mode, path] = row.replace(/\/$/, '').split(' ')
      return `${mode} root/root ${source.mtimeSeconds} ${path}`
    })
    expect(found).toEqual(files)
    const about = '%{NAME} %{VERSION} %{RELEASE} %{ARCH} %{OS} %{LICENSE} %{BUILDTIME} %{BUILDHOST}'
    expect(run('rpm', '-qp', '--qf', about, pathOf(name))).toBe(
      `ecr-credential-provider ${source.version} 1 ${architecture} linux Apache-2.0 ${source.mtimeSeconds} localhost`,
    )
    expect(run('rpm', '-K', '--nosignature', pathOf(name))).toContain('digests OK')
    expect(run('rpm', '-qp', '--requires', pathOf(name))).toContain('libc.so.6(GLIBC_2.17)(64bit)')
    expect(run('rpm', '-qpc', pathOf(name))).toBe('')
  })
}

needs(NO_RELEASE)('SHA256SUMS lists every other file, as sha256sum reads it', () => {
  const names = readReleaseSums()
    .trim()
    .split('\n')
    .map((line) => line.slice(66))
  const all = [
    ...Object.values(NAMES).map((name) => (/\.(?:deb|rpm)$/.test(name) ? name : `${name}.tar.gz`)),
    'RELEASE.txt',
  ]
  const made = NO_PORTABLE === undefined ? all : all.filter((name) => !name.includes('portable'))
  expect(names).toEqual(made.toSorted())
  run('sh', '-c', `cd ${pathOf('.')} && sha256sum --strict --check --quiet SHA256SUMS`)
})

needs(NO_RELEASE)(
  'RELEASE.txt leads from a file to its hash, the commit, the lockfile and the runtime',
  () => {
    const record = readFileSync(pathOf('RELEASE.txt'), 'utf8')
    expect(record).toContain(`commit     ${source.commit}\n`)
    const lockfile = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
    expect(record).toContain(
      `lockfile   package-lock.json sha256 ${digest('sha256', Buffer.from(lockfile))}\n`,
    )
    for (const runtime of ['@oven/bun-linux-x64', '@oven/bun-linux-aarch64']) {
      const hash = new RegExp(`^runtime    ${runtime} ${Bun.version} (sha512-\\S+)$`, 'm').exec(
        record,
      )?.[1]
      expect(lockfile).toContain(hash ?? 'no hash')
    }
    for (const name of [NAMES.x64, NAMES.arm64]) {
      const top = unpack(name, folder)
      for (const row of PLAIN.slice(1)) {
        const path = row.split(' /')[1] ?? ''
        const sum = digest('sha256', readFileSync(join(top, path)))
        const mode = row.startsWith('-rwx') ? '0755' : '0644'
        expect(record).toMatch(new RegExp(`^${sum} ${mode} +\\d+ ${name}/${path}$`, 'm'))
      }
    }
  },
)

needs(firstOf(NO_RELEASE, missing('dpkg-deb', 'dpkg')))(
  'the packages hold the binary of the archive, which strip has not touched',
  () => {
    const binary = readFileSync(join(unpack(NAMES.x64, folder), 'ecr-credential-provider'))
    const path = './usr/libexec/ecr-credential-provider/ecr-credential-provider'
    const { stdout } = Bun.spawnSync([
      'sh',
      '-c',
      `dpkg-deb --fsys-tarfile ${pathOf(NAMES.debX64)} | tar -xO ${path}`,
    ])
    expect(digest('sha256', stdout)).toBe(digest('sha256', binary))
    const [record = ''] = readFileSync(pathOf('RELEASE.txt'), 'utf8').split(NAMES.rpmX64).slice(1)
    expect(record).toContain(digest('sha256', binary))
  },
)

needs(firstOf(NO_RELEASE, NOT_X64, missing('strip', 'binutils')))(
  'strip breaks the binary, which is why nothing here calls it',
  () => {
    const stripped = join(folder, 'ecr-credential-provider')
    run('strip', '-o', stripped, join(unpack(NAMES.x64, folder), 'ecr-credential-provider'))
    expect(run(stripped, '--version')).toBe(`${Bun.version}\n`)
  },
)
