import { fetchChecked } from './downloads.ts'

/**
 * Debian's C library, for hosts that have none. To renew it: take version and SHA256 from `apt-cache show libc6` of Debian 12,
 * run the release, and enter the hashes that it asks for. Debian keeps one version at a time, snapshot.debian.org all.
 */
export const GLIBC = {
  package: 'libc6',
  version: '2.36-9+deb12u14',
  architecture: 'amd64',
  sha256: 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf',
  source: 'https://snapshot.debian.org/package/glibc/2.36-9%2Bdeb12u14/',
  /** A day on which Debian had it. */
  archive: 'https://snapshot.debian.org/archive/debian/20261125T000000Z/pool/main/g/glibc',
} as const

/** What of it is shipped: the loader, and what the binary is linked with. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'ld-linux-x86-64.so.2': '02bcda52c1a5dfc236f94d9e5255b4a0e26347d8a372a5223b650e31f291ce3c',
  'libc.so.6': '6b4a45352fd0c540a9c7c718f35ce8c8e46a4e482f9d3885a910c32d1a0e1421',
  'libdl.so.2': '95d521b2c39fd0333271b6fdcdddff878ae82001a304313a837b8e728ebe3cb1',
  'libm.so.6': '7f2ca87f652f56b094462474b076749e90e689d0ecb9cb63c7679820b271b4e7',
  'libpthread.so.0': 'b93a680da8a05b939b235c1533572e7a2f6d3d8808bf70209997edc64ea5fedc',
}

/** Files of the C library. */
export interface Glibc {
  readonly libraries: ReadonlyMap<string, Uint8Array>
  /** Debian's record of the copyright. */
  readonly copyright: string
}

/**
 * The library's files.
 *
 * @throws {Error} if the package cannot be had, is another one, or holds other files.
 */
export async function fetchGlibc(): Promise<Glibc> {
  const { version, architecture, sha256, archive } = GLIBC
  const file = `libc6_${version}_${architecture}.deb`
  const pack = `libc6:${architecture}=${version}`
  const deb = fetchChecked({
    file,
    command: ['sh', '-c', 'apt-get download "$0" || curl -fsSLO "$1"', pack, `${archive}/${file}`],
    algorithm: 'sha256',
    digest: sha256,
    encoding: 'hex',
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
  for (const [name, expected] of Object.entries(LIBRARIES)) {
    const bytes = await read(`lib/x86_64-linux-gnu/${name}`)
    const found = new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
    if (found !== expected) throw new Error(`${name} of ${file} has another sha256: ${found}`)
    libraries.set(name, bytes)
  }
  const copyright = new TextDecoder().decode(await read('usr/share/doc/libc6/copyright'))
  return { libraries, copyright }
}
