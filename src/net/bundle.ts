import { Failure } from '../base/failure.ts'
import { reasonOf } from '../base/files.ts'
import type { System } from '../base/system.ts'
import {
  amazonRootsIn,
  type Certificate,
  certificatesIn,
  formatPem,
  textOf,
} from './certificates.ts'

/** The certificates that may vouch for a server. */
export interface TrustStore {
  /**
   * The store as PEM, in the forms to be tried in this order; each is made when it is asked for, and empty where it would add
   * nothing. First the Amazon roots alone: parsing all of a host's certificates takes as long as the rest of a handshake,
   * and a part of a store never trusts more than the whole. Then the whole. Last, the whole without what the TLS library
   * cannot parse, since it silently reads no further than such a certificate.
   */
  readonly forms: readonly (() => string)[]
  /** For the error line. */
  readonly name: string
}

/** The certificates of one file, at least one. */
export interface Bundle {
  readonly amazonRoots: readonly Certificate[]
  readonly all: () => readonly Certificate[]
}

/** The largest known bundle is under 1 MiB. */
const MAX_BUNDLE_BYTES = 4 * 1024 * 1024

/** The store that these bundles make together. */
export function storeOf(
  bundles: readonly Bundle[],
  name: string,
  system: Pick<System, 'isCertificate'>,
): TrustStore {
  const amazonRoots = () => textOf(bundles.flatMap((bundle) => bundle.amazonRoots))
  const all = () => bundles.flatMap((bundle) => bundle.all())
  const parsable = () => {
    const kept = all().filter(({ der }) => system.isCertificate(der))
    const text = kept.map(({ der }) => formatPem(der)).join('\n')
    return text === textOf(all()) ? '' : text
  }
  return { forms: [amazonRoots, () => textOf(all()), parsable], name }
}

/**
 * A bundle, `undefined` where there is no such file.
 *
 * @throws {Failure} `bad_config` - it cannot be read, or holds no certificate.
 */
export async function readBundle(
  path: string,
  subject: string,
  system: Pick<System, 'readFile'>,
): Promise<Bundle | undefined> {
  const bytes = await system.readFile(path, MAX_BUNDLE_BYTES).catch((error: unknown) => {
    const reason = reasonOf(error)
    if (reason === 'it does not exist') return undefined
    throw unusable(subject, reason)
  })
  if (bytes === undefined) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const amazonRoots = amazonRootsIn(buffer)
  const all = () => certificatesIn(buffer)
  if (amazonRoots.length > 0 || all().length > 0) return { amazonRoots, all }
  throw unusable(subject, 'it holds no PEM certificate')
}

/** The failure of certificates that cannot be used. */
export function unusable(subject: string, reason: string): Failure {
  return new Failure('bad_config', `cannot use ${subject}: ${reason}`)
}
