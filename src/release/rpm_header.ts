import { concat, encode } from './tar.ts'

/** A value of a header; which of them a tag takes is fixed by rpm. */
export type Value =
  | { readonly type: 'int16' | 'int32'; readonly values: readonly number[] }
  | { readonly type: 'string' | 'strings' | 'translated'; readonly values: readonly string[] }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

/** Numbers of the types, and to how many bytes each is aligned (rpm's documentation, "RPM V4 Package format"). */
const TYPES = {
  int16: [3, 2],
  int32: [4, 4],
  string: [6, 1],
  bytes: [7, 1],
  strings: [8, 1],
  translated: [9, 1],
} as const

const REGION_BYTES = 16

/**
 * A header structure: an index of tags, and a store with their values. The first tag is the region, whose value, at the end of
 * the store, says how much of the index is covered by digests: here, all of it.
 *
 * @param region - 62 for the signature's header, 63 for the package's.
 */
export function formatHeader(
  region: 62 | 63,
  tags: ReadonlyMap<number, Value>,
): Uint8Array<ArrayBuffer> {
  const store: Uint8Array[] = []
  let length = 0
  const index: number[][] = []
  for (const [tag, value] of [...tags].toSorted(([a], [b]) => a - b)) {
    const [type, alignment] = TYPES[value.type]
    const padding = -length & (alignment - 1)
    const bytes = formatValue(value)
    store.push(new Uint8Array(padding), bytes)
    const count = value.type === 'bytes' ? bytes.length : value.values.length
    index.push([tag, type, length + padding, count])
    length += padding + bytes.length
  }
  const [bytesType] = TYPES.bytes
  const covered = -(index.length + 1) * REGION_BYTES
  store.push(integers(4, [region, bytesType, covered, REGION_BYTES]))
  index.unshift([region, bytesType, length, REGION_BYTES])
  const magic = new Uint8Array([0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0])
  const sizes = integers(4, [index.length, length + REGION_BYTES])
  return concat([magic, sizes, integers(4, index.flat()), ...store])
}

function formatValue(value: Value): Uint8Array {
  switch (value.type) {
    case 'int16':
      return integers(2, value.values)
    case 'int32':
      return integers(4, value.values)
    case 'bytes':
      return value.bytes
    case 'string':
    case 'strings':
    case 'translated':
      return encode(value.values.map((text) => `${text}\0`).join(''))
  }
}

/** Big-endian integers. */
function integers(size: 2 | 4, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * values.length))
  values.forEach((value, at) => {
    if (size === 2) view.setUint16(at * size, value)
    else view.setInt32(at * size, value)
  })
  return new Uint8Array(view.buffer)
}
