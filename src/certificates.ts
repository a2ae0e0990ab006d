/**
 * In the names of the roots that AWS's certificates end in.
 *
 * @see https://www.amazontrust.com/repository/
 */
const ROOTS_OF_AWS = ['Amazon Root CA', 'Starfield Services Root Certificate Authority']

/** A certificate, as it stands in the file and decoded. */
export interface Certificate {
  readonly pem: string
  readonly der: Buffer
}

/** Certificates as one PEM text. */
export function textOf(blocks: readonly Certificate[]): string {
  return blocks.map(({ pem }) => pem).join('\n')
}

/** Those that AWS's own certificates end in, as one text; `undefined` when there are none. */
export function awsOnly(blocks: readonly Certificate[]): string | undefined {
  const found = blocks.filter(({ der }) => ROOTS_OF_AWS.some((name) => der.includes(name)))
  return found.length === 0 ? undefined : textOf(found)
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/**
 * The certificates of a PEM file. The TLS library stops at the first block it cannot read and silently drops all that
 * follow, so damaged blocks are left out, as Go does. By searching, not by a pattern: over a bundle of 200 KB that takes
 * milliseconds, cold.
 */
export function certificatesIn(bytes: Uint8Array): readonly Certificate[] {
  const text = new TextDecoder().decode(bytes)
  const blocks: Certificate[] = []
  let from = 0
  // From end to end, each place looked at once, whatever the file holds.
  for (let end = text.indexOf(END); end !== -1; end = text.indexOf(END, from)) {
    const part = text.slice(from, end)
    const at = part.lastIndexOf(BEGIN)
    const der = at === -1 ? undefined : readDer(part.slice(at + BEGIN.length))
    if (der !== undefined) blocks.push({ pem: `${part.slice(at)}${END}`, der })
    from = end + END.length
  }
  return blocks
}

/** The bytes in base64 text if they are one DER SEQUENCE of exactly the length that it claims (X.690, 8.1.3). */
function readDer(base64: string): Buffer | undefined {
  try {
    const der = Uint8Array.fromBase64(base64)
    const length = 4 + (der[2] ?? 0) * 256 + (der[3] ?? 0)
    const isWhole = der[0] === 0x30 && der[1] === 0x82 && der.length === length
    return isWhole ? Buffer.from(der.buffer) : undefined
  } catch {
    return undefined
  }
}
