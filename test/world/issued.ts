// oxlint-disable-next-line import/no-unassigned-import -- a polyfill has nothing to name
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

import type { Authority } from './certificates.ts'

const dayMs = 24 * 60 * 60 * 1000
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** Whoever may sign certificates: a name with its keys. */
interface Signer {
  readonly name: string
  readonly keys: CryptoKeyPair
}

/** A certificate, and the keys that it is for. */
export interface Issued extends Signer {
  readonly der: Buffer
  readonly pem: string
}

/** What a certificate says; all of it may be untrue. */
export interface Wish {
  /** Its common name. */
  readonly name: string
  /** Default: new ones. */
  readonly keys?: CryptoKeyPair
  /** Default: the subject itself. */
  readonly issuer?: Signer
  /** What its subjectAltName lists. `[]` is none at all. Default: it is an authority's certificate, and no server's. */
  readonly names?: x509.JsonGeneralNames
  /** First and last day, counted from today. Default: a year on both sides. */
  readonly days?: readonly [from: number, to: number]
  /** Default P-256. */
  readonly curve?: 'Ed25519'
  /** Makes it larger by about so many bytes. */
  readonly padding?: number
  /** Without the identifiers of its own and its issuer's key, as small as it gets. */
  readonly bare?: boolean
}

/** Issues a certificate. */
export async function issue(wish: Wish): Promise<Issued> {
  const { name, names, days: [from, to] = [-365, 365], padding, bare = false } = wish
  const keys = wish.keys ?? (await createKeys(wish.curve))
  const { name: issuer, keys: signer } = wish.issuer ?? { name, keys }
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${issuer}`,
    publicKey: keys.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: signer.privateKey.algorithm.name === 'Ed25519' ? { name: 'Ed25519' } : P256,
    notBefore: new Date(Date.now() + from * dayMs),
    notAfter: new Date(Date.now() + to * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(names === undefined, undefined, true),
      ...(names === undefined || names.length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(names)]),
      ...(padding === undefined
        ? []
        : // A private arc of IANA's, with no meaning.
          [new x509.Extension('1.3.6.1.4.1.99999.1', false, new Uint8Array(padding))]),
      ...(bare
        ? []
        : [
            await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
            await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey),
          ]),
    ],
  })
  const der = Buffer.from(certificate.rawData)
  return { name, keys, der, pem: pemOf(der) }
}

async function createKeys(curve: Wish['curve']): Promise<CryptoKeyPair> {
  return curve === undefined
    ? crypto.subtle.generateKey(P256, true, ['sign', 'verify'])
    : crypto.subtle.generateKey(curve, true, ['sign', 'verify'])
}

/** A PEM block, in lines of 64 characters that end in `end`, each behind `indent`. */
export function pemOf(der: Uint8Array, { indent = '', end = '\n', width = 64 } = {}): string {
  const base64 = Buffer.from(der).toString('base64')
  const lines = base64.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
  const all = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----']
  return all.map((line) => `${indent}${line}${end}`).join('')
}

/** A world's authority that shows this chain, the server's own certificate first, and is trusted by this bundle. */
export async function showing(chain: readonly Issued[], bundle: string): Promise<Authority> {
  const [server] = chain
  if (server === undefined) throw new Error('a server needs a certificate')
  const key = await crypto.subtle.exportKey('pkcs8', server.keys.privateKey)
  const leaf = {
    key: x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag),
    cert: chain.map(({ pem }) => pem).join(''),
  }
  return { pem: bundle, issueLeaf: async () => leaf }
}
