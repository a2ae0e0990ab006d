/** A PEM block around a DER SEQUENCE of 300 bytes that are all `fill`; only its outer shape is looked at. */
export function pem(fill: number, length = 300): string {
  const der = new Uint8Array([
    0x30,
    0x82,
    length >> 8,
    length & 255,
    ...new Uint8Array(300).fill(fill),
  ])
  return certificate(der)
}

/** Like `pem`, with these letters in it. */
export function named(text: string, at = 100): string {
  const der = new Uint8Array(304)
  der.set([0x30, 0x82, 1, 44])
  der.set(new TextEncoder().encode(text), at)
  return certificate(der)
}

/** A PEM block around these bytes, in lines of 64 characters. */
export function certificate(der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----`
}
