import { awsOnly, type Certificate, certificatesIn, textOf } from './certificates.ts'
import type { Found } from './config/settings.ts'
import { Failure, quote } from './failure.ts'
import { reasonOf } from './files.ts'
import type { System } from './system.ts'

/** The certificates that may vouch for a server. */
export interface TrustStore {
  /** PEM; `undefined` on a host without any, where the Mozilla roots inside Bun serve. */
  readonly pem: string | undefined
  /**
   * Those of a host's certificates that AWS's own end in, `undefined` where there are none. To be tried first, and then all:
   * reading the other hundred and forty takes as long as the rest of a handshake, and a part of what is trusted vouches for
   * nothing that the whole would not.
   */
  readonly aws: string | undefined
  /** For the error line. */
  readonly name: string
}

/** Where distributions keep their bundle, in the order Go looks: https://go.dev/src/crypto/x509/root_linux.go */
const HOST_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL, Amazon Linux
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/tls/cacert.pem', // OpenELEC
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // CentOS, RHEL 7
  '/etc/ssl/cert.pem', // Alpine, Bottlerocket
]

/** The largest known bundle is under 1 MiB. */
const MAX_BUNDLE_BYTES = 4 * 1024 * 1024

/**
 * The configured bundle alone, else the host's store: `SSL_CERT_FILE` and `SSL_CERT_DIR`, each added to the
 * distribution's bundle, or both together in its place. That is what the Go plugin ends up trusting: it always reads the
 * certificate directories too, and these hold the bundle's certificates. Always handed to TLS explicitly, so
 * `NODE_EXTRA_CA_CERTS` and `NODE_USE_SYSTEM_CA` add nothing.
 *
 * @throws {Failure} `bad_config` - the configured bundle cannot be read, or nothing that is named holds a certificate.
 */
export async function readTrustStore(
  caBundle: Found<string> | undefined,
  system: Pick<System, 'env' | 'readFile' | 'listFiles'>,
): Promise<TrustStore> {
  if (caBundle !== undefined) return readCaBundle(caBundle, system)
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: directories = '' } = system.env
  const listed = await Promise.all(
    directories
      .split(':')
      .filter(Boolean)
      .map((directory) => listCertificates(directory, system)),
  )
  const sources = [...(file === '' ? [] : [file]), ...listed.flat()]
  const read = await Promise.all(sources.map((path) => readCertificates(path, system)))
  const host = file !== '' && directories !== '' ? undefined : await readHostBundle(system)
  const blocks = [...read.flat(), ...(host?.blocks ?? [])]
  const name = [file, directories, host?.path ?? ''].filter(Boolean).map(quote).join(', ')
  if (blocks.length > 0) return { pem: textOf(blocks), aws: awsOnly(blocks), name }
  if (name === '') return { pem: undefined, aws: undefined, name: 'the built-in Mozilla roots' }
  throw new Failure('bad_config', `cannot verify any server: ${name} hold no PEM certificate`)
}

async function readCaBundle(
  { value: path, origin }: Found<string>,
  system: Pick<System, 'readFile'>,
): Promise<TrustStore> {
  const subject = `cannot use the CA bundle ${quote(path)} (from ${origin})`
  const blocks = await system.readFile(path, MAX_BUNDLE_BYTES).then(
    (bytes) => certificatesIn(bytes),
    (error: unknown) => {
      throw new Failure('bad_config', `${subject}: ${reasonOf(error)}`)
    },
  )
  if (blocks.length > 0) return { pem: textOf(blocks), aws: undefined, name: quote(path) }
  throw new Failure('bad_config', `${subject}: it holds no PEM certificate`)
}

async function readHostBundle(
  system: Pick<System, 'readFile'>,
): Promise<{ readonly path: string; readonly blocks: readonly Certificate[] } | undefined> {
  for (const path of HOST_BUNDLES) {
    // One after the other: the first that exists is the host's, and reading it is what tells.
    // eslint-disable-next-line no-await-in-loop
    const blocks = await readCertificates(path, system)
    if (blocks.length > 0) return { path, blocks }
  }
  return undefined
}

async function listCertificates(
  directory: string,
  system: Pick<System, 'listFiles'>,
): Promise<readonly string[]> {
  try {
    return await system.listFiles(directory)
  } catch {
    return []
  }
}

/** None for a file that cannot be read: as in Go, a missing part of the host's store is no error, only less trust. */
async function readCertificates(
  path: string,
  system: Pick<System, 'readFile'>,
): Promise<readonly Certificate[]> {
  try {
    return certificatesIn(await system.readFile(path, MAX_BUNDLE_BYTES))
  } catch {
    return []
  }
}
