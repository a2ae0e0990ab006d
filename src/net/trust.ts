import { Failure, failure, quote } from '../base/failure.ts'
import { readBytes, reasonOf } from '../base/files.ts'
import type { System } from '../base/system.ts'
import type { Found } from '../config/settings.ts'
import {
  amazonRootsIn,
  type Bundle,
  certificatesIn,
  joinPem,
  storeOf,
  type TrustStore,
} from './certificates.ts'

/** The largest known bundle is under 1 MiB. */
const MAX_BUNDLE_BYTES = 4 * 1024 * 1024

/** Where distributions keep their bundle, in the order Go looks: https://go.dev/src/crypto/x509/root_linux.go */
const HOST_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL, Amazon Linux
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/tls/cacert.pem', // OpenELEC
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // CentOS, RHEL 7
  '/etc/ssl/cert.pem', // Alpine, Bottlerocket
]

/**
 * The configured bundle alone, else the host's store: `SSL_CERT_FILE` and `SSL_CERT_DIR`, each added to the
 * distribution's bundle, or both together in its place. That is what the Go plugin ends up trusting: it always reads the
 * certificate directories too, and these hold the bundle's certificates. A host without any store gets the Mozilla roots
 * that are part of Bun. Always handed to TLS explicitly, so `NODE_EXTRA_CA_CERTS` and `NODE_USE_SYSTEM_CA` add nothing.
 *
 * @param caBundle - the configured bundle's path.
 * @throws {Failure} `config_certificates` - the configured bundle or the distribution's is unreadable or holds no certificate,
 * or no named file holds one.
 */
export async function readTrustStore(
  caBundle: Found<string> | undefined,
  system: System,
): Promise<TrustStore> {
  if (caBundle === undefined) return readHostStore(system)
  const { value: path, origin } = caBundle
  const name = `the CA bundle ${quote(path)} (from ${origin})`
  const bundle = await readBundle(path, name, system)
  if (bundle !== undefined) return storeOf([bundle], quote(path), system)
  throw unusable(name, 'it does not exist')
}

async function readHostStore(system: System): Promise<TrustStore> {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: directories = '' } = system.env
  const read = (path: string) => readBundle(path, `the certificates in ${quote(path)}`, system)
  /** The first that exists is the host's. To pass over one that is damaged would change whom this host trusts. */
  async function findHostBundle() {
    for (const path of HOST_BUNDLES) {
      const bundle = await read(path)
      if (bundle !== undefined) return { path, bundle }
    }
    return undefined
  }
  /** A file of SSL_CERT_FILE or SSL_CERT_DIR. As in Go, one that is of no use only means less trust. */
  async function readAddition(path: string): Promise<Bundle | undefined> {
    try {
      const bundle = await read(path)
      if (bundle === undefined) system.step(`there are no certificates in ${quote(path)}`)
      return bundle
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      system.step(error.message)
      return undefined
    }
  }
  const host = file !== '' && directories !== '' ? undefined : await findHostBundle()
  const paths = file === '' ? [] : [file]
  for (const directory of directories.split(':').filter(Boolean)) {
    const found = await system.listFiles(directory).catch((error: unknown) => {
      system.step(`cannot list the certificates in ${quote(directory)}: ${reasonOf(error)}`)
      return []
    })
    paths.push(...found)
  }
  // SSL_CERT_FILE is often the distribution's own bundle.
  const others = [...new Set(paths)].filter((path) => path !== host?.path)
  const bundles = [...(await Promise.all(others.map(readAddition))), host?.bundle]
  const names = new Set([file, directories, host?.path ?? ''].filter(Boolean))
  if (names.size === 0) {
    const roots = () => ({ ca: system.builtInRoots(), allowsIntermediates: false })
    return { forms: [roots], name: 'the built-in Mozilla roots' }
  }
  const name = [...names].map(quote).join(', ')
  const usable = bundles.filter((bundle) => bundle !== undefined)
  if (usable.length > 0) return storeOf(usable, name, system)
  throw unusable(`the certificates in ${name}`, 'there are none')
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
  const amazonRoots = joinPem(amazonRootsIn(buffer))
  const all = () => certificatesIn(buffer)
  if (amazonRoots !== '' || all().length > 0) return { amazonRoots, all }
  throw refuse('it holds no PEM certificate')
}

function unusable(name: string, reason: string): Failure {
  return failure('config_certificates', { certificates: name, reason })
}
