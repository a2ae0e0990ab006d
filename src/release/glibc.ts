import { fetchChecked } from './downloads.ts'

/**
 * Debian's C library, for hosts that have none. To renew it: take version and SHA256 from `apt-cache show libc6` of Debian 12,
 * and today as the day. Debian keeps one version at a time, snapshot.debian.org all.
 */
export const GLIBC = {
  package: 'libc6',
  version: '2.36-9+deb12u14',
  architecture: 'amd64',
  sha256: 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf',
  source: 'https://snapshot.debian.org/package/glibc/2.36-9%2Bdeb12u14/',
  /** Debian's own place, which has it until the next one comes, and that of a day on which it was there. */
  places: [
    'https://deb.debian.org/debian/pool/main/g/glibc',
    'https://snapshot.debian.org/archive/debian/20261125T000000Z/pool/main/g/glibc',
  ],
} as const

/** What of it is shipped: the loader, and what the binary is linked with. The package's hash is theirs, too. */
const LIBRARIES = [
  'ld-linux-x86-64.so.2',
  'libc.so.6',
  'libdl.so.2',
  'libm.so.6',
  'libpthread.so.0',
] as const

/** Files of the C library. */
export interface Glibc {
  readonly libraries: ReadonlyMap<string, Uint8Array>
  /** Debian's record of the copyright. */
  readonly copyright: string
}

/**
 * The library's files.
 *
 * @throws {Error} if the package cannot be had, is another one, or lacks a file.
 */
export async function fetchGlibc(): Promise<Glibc> {
  const { version, architecture, sha256, places } = GLIBC
  const file = `libc6_${version}_${architecture}.deb`
  const deb = fetchChecked({
    file,
    command: [
      'sh',
      '-c',
      'apt-get -o Acquire::Retries=0 -o Acquire::http::Timeout=10 download "$0" && exit; for url; do curl -fsSLO --connect-timeout 10 "$url" && exit; done; exit 1',
      `libc6:${architecture}=${version}`,
      ...places.map((place) => `${place}/${file}`),
    ],
    algorithm: 'sha256',
    sum: sha256,
  })
  const run = Bun.spawnSync(['dpkg-deb', '--fsys-tarfile', '/dev/stdin'], { stdin: deb })
  if (run.exitCode !== 0) throw new Error(`Cannot read ${file}: ${run.stderr.toString()}`)
  const files = await new Bun.Archive(new Uint8Array(run.stdout)).files()
  const read = async (path: string) => {
    const found = files.get(path) ?? files.get(`./${path}`)
    if (found === undefined) throw new Error(`${file} has no ${path}`)
    return new Uint8Array(await found.arrayBuffer())
  }
  const libraries = new Map<string, Uint8Array>()
  for (const name of LIBRARIES) libraries.set(name, await read(`lib/x86_64-linux-gnu/${name}`))
  const copyright = new TextDecoder().decode(await read('usr/share/doc/libc6/copyright'))
  return { libraries, copyright }
}
