/**
 * Where a section of a 64-bit little-endian ELF file begins, in bytes. `man 5 elf`; the runtime puts the program into the
 * section `.bun`, behind everything of its own that is ever mapped.
 */
export function findSection(file: Uint8Array, name: string): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const table = Number(view.getBigUint64(0x28, true))
  const size = view.getUint16(0x3a, true)
  const headers = Array.from(
    { length: view.getUint16(0x3c, true) },
    (_, index) => table + index * size,
  )
  const offsetOf = (header: number) => Number(view.getBigUint64(header + 0x18, true))
  const names = offsetOf(headers[view.getUint16(0x3e, true)] ?? 0)
  const wanted = Buffer.from(`${name}\0`)
  const found = headers.find((header) => {
    const start = names + view.getUint32(header, true)
    return wanted.equals(file.subarray(start, start + wanted.length))
  })
  if (found === undefined) throw new Error(`no section ${name}`)
  return offsetOf(found)
}
