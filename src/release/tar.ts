/** A file or folder as it is installed: root's, and as old as the commit. */
export interface Entry {
  /** From the top of the archive; a folder's ends in `/`. */
  readonly path: string
  readonly mode: 0o755 | 0o644
  /** Empty for a folder. */
  readonly data: Uint8Array
}

/** A folder's entry. */
export function folder(path: string): Entry {
  return { path: `${path}/`, mode: 0o755, data: new Uint8Array() }
}

/** Whether an entry is a folder. */
export function isFolder({ path }: Entry): boolean {
  return path.endsWith('/')
}

/** Text as a file's bytes. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

const BLOCK = 512

/**
 * The entries in the ustar format (POSIX.1-2017, pax, "ustar Interchange Format"), in the order given. Of our own, since what
 * the `tar` of a host writes depends on its version, and a release must come out alike everywhere.
 *
 * @throws if a path is longer than the 100 bytes of the format's name field.
 */
export function tar(entries: readonly Entry[], mtimeSeconds: number): Uint8Array<ArrayBuffer> {
  const parts = entries.flatMap((entry) => [
    formatHeader(entry, mtimeSeconds),
    entry.data,
    new Uint8Array(-entry.data.length & (BLOCK - 1)),
  ])
  return concat([...parts, new Uint8Array(2 * BLOCK)])
}

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`

function formatHeader(entry: Entry, mtimeSeconds: number): Uint8Array {
  const { path, mode, data } = entry
  if (path.length > 100) throw new Error(`${path} is too long for a tar file`)
  const fields = (checksum: string) =>
    [
      path.padEnd(100, '\0'),
      octal(mode, 7),
      octal(0, 7), // user
      octal(0, 7), // group
      octal(data.length, 11),
      octal(mtimeSeconds, 11),
      checksum,
      isFolder(entry) ? '5' : '0',
      '\0'.repeat(100), // target of a link
      'ustar\x0000',
      'root'.padEnd(32, '\0'),
      'root'.padEnd(32, '\0'),
      octal(0, 7), // device
      octal(0, 7),
    ].join('')
  const sum = encode(fields(' '.repeat(8))).reduce((total, byte) => total + byte, 0)
  return encode(fields(`${octal(sum, 6)} `).padEnd(BLOCK, '\0'))
}

/**
 * Compresses with the libdeflate in Bun: the same bytes on x64 and arm64, and three times as fast as Bun's default, zlib-ng, which
 * has code of its own for each kind of processor.
 */
export function gzip(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Bun.gzipSync(data, { library: 'libdeflate', level: 6 })
}

/** All parts as one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts))
}

/** A digest as hexadecimal digits. */
export function digest(algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512', data: Uint8Array): string {
  return new Bun.CryptoHasher(algorithm).update(data).digest('hex')
}
