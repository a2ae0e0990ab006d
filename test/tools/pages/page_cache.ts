import { dlopen, FFIType } from 'bun:ffi'
import { closeSync, fstatSync, fsyncSync, openSync } from 'node:fs'

import { PAGE_BYTES } from '../../../src/units/range_list.ts'

const { ptr, i32, u64, i64 } = FFIType
const POSIX_FADV_DONTNEED = 4
const PROT_READ = 1
const MAP_SHARED = 1

const { symbols: libc } = dlopen('libc.so.6', {
  posix_fadvise: { args: [i32, i64, i64, i32], returns: i32 },
  mmap: { args: [u64, u64, i32, i32, i32, i64], returns: u64 },
  munmap: { args: [u64, u64], returns: i32 },
  mincore: { args: [u64, u64, ptr], returns: i32 },
})

/** Drops what the page cache has of a file that nobody has mapped. Pages that wait to be written would stay. */
export function evict(path: string): void {
  withFile(path, (file) => {
    fsyncSync(file)
    const result = libc.posix_fadvise(file, 0n, 0n, POSIX_FADV_DONTNEED)
    if (result !== 0) throw new Error(`cannot evict ${path}: error ${result}`)
  })
}

/** The pages of a file that are in the page cache: their numbers, in order. */
export function residentPages(path: string): readonly number[] {
  return withFile(path, (file) => {
    const size = BigInt(fstatSync(file).size)
    const states = new Uint8Array(Math.ceil(Number(size) / PAGE_BYTES))
    const address = libc.mmap(0n, size, PROT_READ, MAP_SHARED, file, 0n)
    const failed = libc.mincore(address, size, states) !== 0
    libc.munmap(address, size)
    if (failed) throw new Error(`mincore does not tell about ${path}`)
    return [...states.keys()].filter((page) => ((states[page] ?? 0) & 1) === 1)
  })
}

function withFile<Result>(path: string, use: (file: number) => Result): Result {
  const file = openSync(path, 'r')
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
