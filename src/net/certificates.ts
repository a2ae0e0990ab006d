import type { System, Tls } from '../base/system.ts'

/** A certificate, as it stands in the file and decoded. */
interface Certificate {
  readonly pem: string
  readonly der: Uint8Array
}

/** Certificates as one PEM text, each as it stands in its file. */
export function joinPem(certificates: readonly Certificate[]): string {
  return certificates.map(({ pem }) => pem).join('\n')
}

/** A certificate as strict PEM (RFC 7468): some readers fail on an indented one. */
export function formatPem(der: Uint8Array): string {
  return `${BEGIN}\n${der.toBase64().replace(/.{64}/g, '$&\n').trimEnd()}\n${END}`
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/**
 * The certificates of a PEM file. A block that does not decode to one whole DER SEQUENCE is left out, as Go does. Linear in the
 * size of the file, and by searching, not by a pattern, which takes milliseconds over a bundle of 200 KB.
 */
export function certificatesIn(bytes: Buffer): readonly Certificate[] {
  const text = bytes.toString('latin1')
  const found: Certificate[] = []
  let from = 0
  for (let end = text.indexOf(END); end !== -1; end = text.indexOf(END, from)) {
    const part = text.slice(from, end)
    const at = part.lastIndexOf(BEGIN)
    const der = at === -1 ? undefined : readDer(part.slice(at + BEGIN.length))
    if (der !== undefined) found.push({ pem: `${part.slice(at)}${END}`, der })
    from = end + END.length
  }
  return found
}

/**
 * The roots that AWS's certificates end in: a text that is in each of their names, and its first word in base64. Base64 encodes
 * three bytes at a time, so a word has three forms, one for each place in such a group where it may begin.
 *
 * @see https://www.amazontrust.com/repository/
 */
export const AMAZON = { name: 'Amazon Root CA', word: ['QW1hem9u', 'FtYXpvb', 'BbWF6b2'] }

/** The root that has signed those, for a store that is too old to have them. */
export const STARFIELD = {
  name: 'Starfield Services Root Certificate Authority',
  word: ['U3RhcmZpZWxk', 'N0YXJmaWVsZ', 'TdGFyZmllbG'],
}

/**
 * The Amazon roots in a PEM file. Only what has one of the names in its base64 is decoded, since all of a bundle would take a
 * millisecond. A name that a line end cuts in two may be missed: that costs a second handshake, nothing else.
 */
export function amazonRootsIn(bytes: Buffer): readonly Certificate[] {
  const roots = rootsIn(bytes, AMAZON)
  return roots.length > 0 ? roots : rootsIn(bytes, STARFIELD)
}

function rootsIn(bytes: Buffer, { name, word }: typeof AMAZON): readonly Certificate[] {
  // By their ends, so that each counts once: a root has its name in it twice, as subject and as issuer.
  const blocks = new Map<number, Buffer>()
  for (const part of word) {
    let from = 0
    for (let at = bytes.indexOf(part); at !== -1; at = bytes.indexOf(part, from)) {
      const end = bytes.indexOf(END, at)
      if (end === -1) break
      const start = from + Math.max(0, bytes.subarray(from, at).lastIndexOf(BEGIN))
      from = end + END.length
      blocks.set(end, bytes.subarray(start, from))
    }
  }
  const text = Buffer.concat([...blocks.values()])
  return certificatesIn(text).filter(({ der }) => Buffer.from(der.buffer).includes(name))
}

/** The bytes in base64 text if they are one DER SEQUENCE of exactly the length that it claims (X.690, 8.1.3). */
function readDer(base64: string): Uint8Array | undefined {
  try {
    const der = Uint8Array.fromBase64(base64)
    const first = der[1] ?? 0
    // A long form says in how many bytes the length follows.
    const count = first < 0x80 ? 0 : first & 0x7f
    let length = count === 0 ? first : 0
    // By index: to iterate over bytes for the first time takes the engine as long as ten certificates.
    for (let at = 2; at < 2 + count; at += 1) length = length * 256 + (der[at] ?? 0)
    return der[0] === 0x30 && der.length === 2 + count + length ? der : undefined
  } catch {
    return undefined
  }
}

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

/** The certificates of one file, of which there is at least one. */
export interface Bundle {
  /** As PEM, empty where it has none. */
  readonly amazonRoots: string
  readonly all: () => readonly Certificate[]
}

function asRead(ca: string): TrustForm {
  return { ca, allowsIntermediates: false }
}

/** The store that these bundles make together. */
export function storeOf(
  bundles: readonly Bundle[],
  name: string,
  system: Pick<System, 'inspectCertificate'>,
): TrustStore {
  const all = () => bundles.flatMap((bundle) => bundle.all())
  const parsable = (): TrustForm => {
    const found = all().map((each) => ({ ...each, kind: system.inspectCertificate(each.der) }))
    const kept = found.filter(({ kind }) => kind !== undefined)
    const ca = kept.map(({ der }) => formatPem(der)).join('\n')
    const allowsIntermediates = kept.some(({ kind }) => kind === 'other')
    return { ca: allowsIntermediates || ca !== joinPem(found) ? ca : '', allowsIntermediates }
  }
  const roots = bundles.map(({ amazonRoots }) => amazonRoots).filter(Boolean)
  return { forms: [() => asRead(roots.join('\n')), () => asRead(joinPem(all())), parsable], name }
}
