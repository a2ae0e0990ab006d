import { type Failure, failure } from '../base/failure.ts'
import { readBytes } from '../base/files.ts'
import type { System, Tls } from '../base/system.ts'
import {
  amazonRootsIn,
  type Certificate,
  certificatesIn,
  formatPem,
  textOf,
} from './certificates.ts'

/** Certificates to verify a server with, see {@link Tls}. */
type TrustForm = Pick<Tls, 'ca' | 'allowsIntermediates'>

/** The certificates that may vouch for a server. */
export interface TrustStore {
  /**
   * The store as PEM, in the forms to be tried in this order; each is made when it is asked for, and empty where it would add
   * nothing. First the Amazon roots alone: parsing all of a host's certificates takes as long as the rest of a handshake,
   * and a part of a store never trusts more than the whole. Then the whole. Last, without certificates that the TLS library
   * cannot parse, because it silently stops reading at the first of them. Here intermediates may also be trust anchors, as
   * in Go.
   */
  readonly forms: readonly (() => TrustForm)[]
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

function formOf(certificates: readonly Certificate[]): TrustForm {
  return { ca: textOf(certificates), allowsIntermediates: false }
}

/** The store that these bundles make together. */
export function storeOf(
  bundles: readonly Bundle[],
  name: string,
  system: Pick<System, 'inspectCertificate'>,
): TrustStore {
  const all = () => bundles.flatMap((bundle) => bundle.all())
  const parsable = () => {
    const found = all().map((each) => ({ ...each, kind: system.inspectCertificate(each.der) }))
    const kept = found.filter(({ kind }) => kind !== undefined)
    const ca = kept.map(({ der }) => formatPem(der)).join('\n')
    const allowsIntermediates = kept.some(({ kind }) => kind === 'other')
    return allowsIntermediates || ca !== textOf(found) ? { ca, allowsIntermediates } : formOf([])
  }
  const amazonRoots = () => formOf(bundles.flatMap((bundle) => bundle.amazonRoots))
  return { forms: [amazonRoots, () => formOf(all()), parsable], name }
}

/**
 * A bundle, `undefined` where there is no such file.
 *
 * @param name - what it is in the error line: `the CA bundle '/x.pem' (from AWS_CA_BUNDLE)`.
 * @throws {Failure} `config_certificates` - it cannot be read, or holds no certificate.
 */
export async function readBundle(
  path: string,
  name: string,
  system: Pick<System, 'readFile'>,
): Promise<Bundle | undefined> {
  const refuse = (reason: string) => unusable(name, reason)
  const bytes = await readBytes({ path, maxBytes: MAX_BUNDLE_BYTES, refuse }, system)
  if (bytes === undefined) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const amazonRoots = amazonRootsIn(buffer)
  const all = () => certificatesIn(buffer)
  if (amazonRoots.length > 0 || all().length > 0) return { amazonRoots, all }
  throw refuse('it holds no PEM certificate')
}

export function unusable(name: string, reason: string): Failure {
  return failure('config_certificates', { certificates: name, reason })
}
