import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'

import * as der from './der.ts'

const ecdsaWithSha256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))

/** A private key and its public half. */
export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** What a certificate says, and who signs it. */
export interface Certificate {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signer: KeyPair
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Uint8Array[]
}

/** The certificate as PEM, signed with ECDSA and SHA-256. */
export function formatCertificate(certificate: Certificate): string {
  const { notBefore, notAfter, publicKey } = certificate
  const body = der.sequence(
    der.element(0xa0, der.integer(Uint8Array.of(2))),
    der.integer(Uint8Array.of(1, ...randomBytes(15))),
    ecdsaWithSha256,
    der.commonName(certificate.issuer),
    der.sequence(der.utcTime(notBefore), der.utcTime(notAfter)),
    der.commonName(certificate.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.element(
      0xa3,
      der.sequence(...certificate.extensions, ...formatKeyIdentifiers(certificate)),
    ),
  )
  const signature = der.bitString(sign('sha256', body, certificate.signer.privateKey))
  return der.formatPem('CERTIFICATE', der.sequence(body, ecdsaWithSha256, signature))
}

/** One extension; a client that does not know a critical one must refuse the certificate. */
export function extension(identifier: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? [der.element(0x01, Uint8Array.of(0xff))] : []
  return der.sequence(der.objectIdentifier(identifier), ...flag, der.octetString(value))
}

function formatKeyIdentifiers({ publicKey, signer }: Certificate): Uint8Array[] {
  const subject = der.octetString(identifyKey(publicKey))
  const authority = der.sequence(der.element(0x80, identifyKey(signer.publicKey)))
  return [extension('2.5.29.14', subject), extension('2.5.29.35', authority)]
}

function identifyKey(key: KeyObject): Uint8Array {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}
