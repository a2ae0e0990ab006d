import type { Refuse } from './decode.ts'
import { codeOf, failure } from './failure.ts'
import type { System } from './system.ts'

/** The operating system's codes, in this program's own words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  EROFS: 'the file system is read-only',
}

/** Why the operating system refused a file, for the error line. A code that has no words here is shown as it is. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (typeof code !== 'string' || !/^E[A-Z0-9]{1,15}$/.test(code)) return 'it cannot be read'
  return REASONS[code] ?? code
}

/** Longest file with a token in it, in bytes; STS takes tokens of up to 20,000 characters. */
const MAX_TOKEN_BYTES = 64 * 1024

/** A file to read. */
interface InputFile {
  readonly path: string
  /** {@link MAX_TOKEN_BYTES} if left out. */
  readonly maxBytes?: number
  /** What fails if it cannot be used. */
  readonly refuse: Refuse
}

/** Refuses a file of the configuration by its name in the error line: `the config file`. */
export function refuseFile(name: string, path: string): Refuse {
  return (reason) => failure('config_file', { name, path, reason })
}

/**
 * A file's text, or `undefined` when it does not exist: only that may mean "not configured". A byte order mark at its front
 * is dropped: it says how the text is written and is no part of it. Bytes that are not UTF-8 become U+FFFD, which can only
 * spoil the value they stand in.
 *
 * @throws {Failure} of `refuse` - it exists but cannot be read, or is larger than `maxBytes`.
 */
export async function readTextFile(
  file: InputFile,
  system: Pick<System, 'readFile'>,
): Promise<string | undefined> {
  // What Bun makes of bytes in the environment that are not UTF-8: the path names another file than was meant.
  if (file.path.includes('\u{FFFD}')) throw file.refuse('its path is not UTF-8')
  const bytes = await readBytes(file, system)
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
}

/**
 * A file's bytes, or `undefined` when it does not exist.
 *
 * @throws {Failure} of `refuse` - it cannot be read, or is larger than `maxBytes`.
 */
export async function readBytes(
  { path, maxBytes = MAX_TOKEN_BYTES, refuse }: InputFile,
  system: Pick<System, 'readFile'>,
): Promise<Uint8Array | undefined> {
  const bytes = await system.readFile(path, maxBytes + 1).catch((error: unknown) => {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw refuse(reasonOf(error))
  })
  if (bytes === undefined || bytes.length <= maxBytes) return bytes
  throw refuse(`it is larger than ${maxBytes} bytes`)
}

/**
 * The text of a file that must exist.
 *
 * @throws {Failure} of `refuse` - it does not, or of {@link readTextFile}.
 */
export async function readExistingFile(
  file: InputFile,
  system: Pick<System, 'readFile'>,
): Promise<string> {
  const text = await readTextFile(file, system)
  if (text !== undefined) return text
  throw file.refuse('it does not exist')
}
