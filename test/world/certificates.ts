import { generateKeyPairSync } from 'node:crypto'

import { extension, formatCertificate, type KeyPair } from './certificate.ts'
import * as der from './der.ts'

const encoder = new TextEncoder()
const dayMs = 24 * 60 * 60 * 1000

/** Leaf certificates a server of the world can show; all but `good` must be refused by a client. */
export type CertificateKind = 'good' | 'expired' | 'wrong-name' | 'unknown-ca'

/** What a TLS server needs, as PEM. */
export interface Leaf {
  readonly key: string
  readonly cert: string
}

/** The throw-away authority of this process. It lives in memory and trusts nothing but its own leaves. */
export interface Authority {
  readonly pem: string
  readonly issueLeaf: (kind: CertificateKind, names?: readonly string[]) => Leaf
}

let shared: Authority | undefined

/** The authority that all worlds of this process share; making keys is the slow part. */
export function sharedAuthority(): Authority {
  shared ??= createAuthority()
  return shared
}

/** A new authority, valid for a year on both sides of now; its leaves are made once per kind and names. */
export function createAuthority(): Authority {
  const own = createRoot('Test World Root')
  const unknown = createRoot('Unknown Root')
  const server = createKeys()
  const leaves = new Map<string, Leaf>()
  return {
    pem: own.pem,
    issueLeaf: (kind, names = []) => {
      const id = JSON.stringify([kind, names])
      const known = leaves.get(id)
      if (known !== undefined) return known
      const leaf = createLeaf(kind, { names, server, root: kind === 'unknown-ca' ? unknown : own })
      leaves.set(id, leaf)
      return leaf
    },
  }
}

interface Root {
  readonly name: string
  readonly keys: KeyPair
  readonly pem: string
}

function createRoot(name: string): Root {
  const keys = createKeys()
  const pem = formatCertificate({
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    signer: keys,
    notBefore: daysFromNow(-365),
    notAfter: daysFromNow(365),
    extensions: [
      extension('2.5.29.19', der.sequence(der.element(0x01, Uint8Array.of(0xff))), true),
      extension('2.5.29.15', der.bitString(Uint8Array.of(0x06), 1), true),
    ],
  })
  return { name, keys, pem }
}

function createLeaf(
  kind: CertificateKind,
  from: { readonly names: readonly string[]; readonly server: KeyPair; readonly root: Root },
): Leaf {
  const cert = formatCertificate({
    subject: 'Test World',
    issuer: from.root.name,
    publicKey: from.server.publicKey,
    signer: from.root.keys,
    notBefore: daysFromNow(-365),
    notAfter: daysFromNow(kind === 'expired' ? -1 : 365),
    extensions: [
      extension('2.5.29.15', der.bitString(Uint8Array.of(0x80), 7), true),
      extension('2.5.29.37', der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', formatNames(kind === 'wrong-name' ? undefined : from.names)),
    ],
  })
  return { cert, key: from.server.privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

function formatNames(extra: readonly string[] | undefined): Uint8Array {
  if (extra === undefined) return der.sequence(dnsName('wrong.invalid'))
  const loopback = [Uint8Array.of(127, 0, 0, 1), new Uint8Array(16).with(15, 1)]
  const addresses = loopback.map((bytes) => der.element(0x87, bytes))
  return der.sequence(...['localhost', ...extra].map(dnsName), ...addresses)
}

function dnsName(name: string): Uint8Array {
  return der.element(0x82, encoder.encode(name))
}

function createKeys(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * dayMs)
}
