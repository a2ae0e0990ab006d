import { codeOf, type Failure, failure } from './failure.ts'
import type { System } from './system.ts'

/** Why the operating system refused a file, in this program's own words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'it does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a directory'
    case 'ELOOP':
      return 'too many symbolic links'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space is left'
    case 'EROFS':
      return 'the file system is read-only'
    default:
      return typeof code === 'string' && /^E[A-Z0-9]{1,15}$/.test(code) ? code : 'it cannot be read'
  }
}

/** What Bun makes of bytes in the environment that are not UTF-8: a path with it names another file than was meant. */
const UNKNOWN = '\u{FFFD}'

/** A file to read: `name` says what it is in the error line (`the config file`). */
interface TextFile {
  readonly path: string
  readonly name: string
  readonly maxBytes: number
}

/**
 * A file's text, or `undefined` when it does not exist: only that may mean "not configured". A byte order mark at its front
 * is dropped: it says how the text is written and is no part of it. Bytes that are not UTF-8 become U+FFFD, which can only
 * spoil the value they stand in.
 *
 * @throws {Failure} `config_file` - it exists but cannot be read, or is larger than `maxBytes`.
 */
export async function readTextFile(
  file: TextFile,
  system: Pick<System, 'readFile'>,
): Promise<string | undefined> {
  const { path, maxBytes } = file
  const refuse = (reason: string) => unreadable(file, reason)
  if (path.includes(UNKNOWN)) throw refuse('its path is not UTF-8')
  const bytes = await readBytes(path, maxBytes, refuse, system)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/**
 * A file's bytes, or `undefined` when it does not exist.
 *
 * @throws {Failure} of `refuse` - it cannot be read, or is larger than `maxBytes`.
 */
export async function readBytes(
  path: string,
  maxBytes: number,
  refuse: (reason: string) => Failure,
  system: Pick<System, 'readFile'>,
): Promise<Uint8Array | undefined> {
  const bytes = await system.readFile(path, maxBytes + 1).catch((error: unknown) => {
    const reason = reasonOf(error)
    if (reason === 'it does not exist') return undefined
    throw refuse(reason)
  })
  if (bytes === undefined || bytes.length <= maxBytes) return bytes
  throw refuse(`it is larger than ${maxBytes} bytes`)
}

/**
 * The text of a file that must exist.
 *
 * @throws {Failure} `config_file` - it does not, or of {@link readTextFile}.
 */
export async function readExistingFile(
  file: TextFile,
  system: Pick<System, 'readFile'>,
): Promise<string> {
  const text = await readTextFile(file, system)
  if (text !== undefined) return text
  throw unreadable(file, 'it does not exist')
}

export function unreadable({ name, path }: TextFile, reason: string): Failure {
  return failure('config_file', { name, path, reason })
}
