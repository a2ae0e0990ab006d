import { DESCRIPTION, MAINTAINER, type Package, PROGRAM, SUMMARY } from './package.ts'
import { concat, digest, encode, type Entry, folder, gzip, isFolder, tar } from './tar.ts'

/**
 * A Debian package (deb(5)): an ar archive of a version, the control files and the files. Written here rather than by
 * dpkg-deb, so that it comes out alike everywhere; a test has dpkg install it.
 */
export function makeDeb(pack: Package): Uint8Array {
  const { mtimeSeconds } = pack
  const control = [
    ['control', formatControl(pack), 0o644],
    ['md5sums', formatSums(pack.files), 0o644],
    ['postinst', pack.scripts.installed, 0o755],
    ['prerm', pack.scripts.removed, 0o755],
  ] as const
  const controlFiles = control.map(([name, text, mode]): Entry => ({
    path: `./${name}`,
    mode,
    data: encode(text),
  }))
  const files = withFolders(pack.files).map((entry) => ({ ...entry, path: `./${entry.path}` }))
  return concat([
    encode('!<arch>\n'),
    member('debian-binary', encode('2.0\n'), mtimeSeconds),
    member('control.tar.gz', gzip(tar([folder('.'), ...controlFiles], mtimeSeconds)), mtimeSeconds),
    member('data.tar.gz', gzip(tar([folder('.'), ...files], mtimeSeconds)), mtimeSeconds),
  ])
}

/** A member of an ar archive: a header of fixed columns, the bytes, and an even length. */
function member(name: string, data: Uint8Array, mtimeSeconds: number): Uint8Array {
  const header = [
    name.padEnd(16),
    `${mtimeSeconds}`.padEnd(12),
    '0'.padEnd(6), // user
    '0'.padEnd(6), // group
    '100644'.padEnd(8),
    `${data.length}`.padEnd(10),
    '`\n',
  ]
  return concat([encode(header.join('')), data, encode(data.length % 2 === 0 ? '' : '\n')])
}

/** The fields of deb-control(5). */
function formatControl(pack: Package): string {
  const bytes = pack.files.reduce((sum, { data }) => sum + data.length, 0)
  return `${[
    `Package: ${PROGRAM}`,
    `Version: ${pack.version}-1`,
    `Architecture: ${pack.target.debian}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${Math.ceil(bytes / 1024)}`,
    'Depends: libc6 (>= 2.17)',
    'Section: admin',
    'Priority: optional',
    `Description: ${SUMMARY}`,
    ...DESCRIPTION.map((line) => ` ${line === '' ? '.' : line}`),
  ].join('\n')}\n`
}

/** For `dpkg --verify`. */
function formatSums(files: readonly Entry[]): string {
  const own = files.filter((entry) => !isFolder(entry))
  return own.map(({ path, data }) => `${digest('md5', data)}  ${path}\n`).join('')
}

/** The files with every folder above them, in the order of their paths, as dpkg wants to have them. */
function withFolders(files: readonly Entry[]): readonly Entry[] {
  const parents = files.flatMap(({ path }) => {
    const names = path.split('/').slice(0, -1)
    return names.map((_, index) => names.slice(0, index + 1).join('/'))
  })
  const folders = [...new Set(parents)].map(folder)
  const own = files.filter((entry) => !isFolder(entry))
  return [...folders, ...own].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
