// oxlint-disable-next-line import/no-unassigned-import -- a polyfill has nothing to name
import 'reflect-metadata'
import { isIP } from 'node:net'

import * as x509 from '@peculiar/x509'

const dayMs = 24 * 60 * 60 * 1000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Leaf certificates a server of the world can show; all but `good` must be refused by a client. */
export type CertificateKind = 'good' | 'expired' | 'not-yet-valid' | 'wrong-name' | 'unknown-ca'

/** What a TLS server needs, as PEM. */
export interface Leaf {
  readonly key: string
  readonly cert: string
}

/** The throw-away authority of this process. It lives in memory and trusts nothing but its own leaves. */
export interface Authority {
  readonly pem: string
  readonly issueLeaf: (kind: CertificateKind, names?: readonly string[]) => Promise<Leaf>
}

let shared: Promise<Authority> | undefined

/** The authority that all worlds of this process share; making keys is the slow part. */
export function sharedAuthority(): Promise<Authority> {
  shared ??= createAuthority()
  return shared
}

/** A new authority, valid for a year on both sides of now; its leaves are made once per kind and names. */
export async function createAuthority(name = 'Test World Root'): Promise<Authority> {
  const own = await createRoot(name)
  const unknown = await createRoot('Unknown Root')
  const server = await createKeys()
  const leaves = new Map<string, Promise<Leaf>>()
  return {
    pem: own.certificate.toString('pem'),
    issueLeaf: (kind, names = []) => {
      const id = JSON.stringify([kind, names])
      const leaf =
        leaves.get(id) ??
        createLeaf(kind, { names, server, root: kind === 'unknown-ca' ? unknown : own })
      leaves.set(id, leaf)
      return leaf
    },
  }
}

interface Root {
  readonly keys: CryptoKeyPair
  readonly certificate: x509.X509Certificate
}

async function createRoot(name: string): Promise<Root> {
  const keys = await createKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: daysFromNow(-365),
    notAfter: daysFromNow(365),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { keys, certificate }
}

async function createLeaf(
  kind: CertificateKind,
  from: { readonly names: readonly string[]; readonly server: CryptoKeyPair; readonly root: Root },
): Promise<Leaf> {
  const { server, root } = from
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Test World',
    issuer: root.certificate.subject,
    publicKey: server.publicKey,
    signingKey: root.keys.privateKey,
    signingAlgorithm: algorithm,
    notBefore: daysFromNow(kind === 'not-yet-valid' ? 1 : -365),
    notAfter: daysFromNow(kind === 'expired' ? -1 : 365),
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        listNames(kind === 'wrong-name' ? undefined : from.names),
      ),
      await x509.SubjectKeyIdentifierExtension.create(server.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(root.keys.publicKey),
    ],
  })
  const key = await crypto.subtle.exportKey('pkcs8', server.privateKey)
  return {
    cert: certificate.toString('pem'),
    key: x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag),
  }
}

function listNames(extra: readonly string[] | undefined): x509.JsonGeneralNames {
  if (extra === undefined) return [{ type: 'dns', value: 'wrong.invalid' }]
  const names = ['localhost', '127.0.0.1', '::1', ...extra]
  return names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
}

function createKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * dayMs)
}
