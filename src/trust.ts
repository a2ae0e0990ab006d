import type { Found } from './config/settings.ts'
import { Failure, quote } from './failure.ts'
import { reasonOf } from './files.ts'
import type { System } from './system.ts'

/** The certificates that may vouch for a server. */
export interface TrustStore {
  /** PEM; `undefined` on a host without any, where the Mozilla roots inside Bun serve. */
  readonly pem: string | undefined
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
  const pem = [...read, host?.pem ?? ''].filter(Boolean).join('\n')
  const name = [file, directories, host?.path ?? ''].filter(Boolean).map(quote).join(', ')
  if (pem !== '') return { pem, name }
  if (name === '') return { pem: undefined, name: 'the built-in Mozilla roots' }
  throw new Failure('bad_config', `cannot verify any server: ${name} hold no PEM certificate`)
}

async function readCaBundle(
  { value: path, origin }: Found<string>,
  system: Pick<System, 'readFile'>,
): Promise<TrustStore> {
  const subject = `cannot use the CA bundle ${quote(path)} (from ${origin})`
  const pem = await system.readFile(path, MAX_BUNDLE_BYTES).then(
    (bytes) => certificatesIn(bytes),
    (error: unknown) => {
      throw new Failure('bad_config', `${subject}: ${reasonOf(error)}`)
    },
  )
  if (pem === '') throw new Failure('bad_config', `${subject}: it holds no PEM certificate`)
  return { pem, name: quote(path) }
}

async function readHostBundle(
  system: Pick<System, 'readFile'>,
): Promise<{ readonly path: string; readonly pem: string } | undefined> {
  for (const path of HOST_BUNDLES) {
    // One after the other: the first that exists is the host's, and reading it is what tells.
    // eslint-disable-next-line no-await-in-loop
    const pem = await readCertificates(path, system)
    if (pem !== '') return { path, pem }
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

/** `''` for a file that cannot be read: as in Go, a missing part of the host's store is no error, only less trust. */
async function readCertificates(path: string, system: Pick<System, 'readFile'>): Promise<string> {
  try {
    return certificatesIn(await system.readFile(path, MAX_BUNDLE_BYTES))
  } catch {
    return ''
  }
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

// The TLS library stops at the first block it cannot read and silently drops all that follow, so damaged blocks are
// taken out first, as Go does. By searching, not by a pattern: over a bundle of 200 KB that takes milliseconds, cold.
function certificatesIn(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  const blocks: string[] = []
  for (let at = text.indexOf(BEGIN); at !== -1; at = text.indexOf(BEGIN, at + 1)) {
    const end = text.indexOf(END, at)
    if (end !== -1 && isWhole(text.slice(at + BEGIN.length, end))) {
      blocks.push(text.slice(at, end + END.length))
    }
  }
  return blocks.join('\n')
}

/** Whether base64 text is one DER SEQUENCE of exactly the length it claims (X.690, 8.1.3). */
function isWhole(base64: string): boolean {
  try {
    const der = Uint8Array.fromBase64(base64)
    const [tag, form, high = 0, low = 0] = der
    return tag === 0x30 && form === 0x82 && der.length === 4 + high * 256 + low
  } catch {
    return false
  }
}
