import { closeSync, fstatSync, fsyncSync, openSync } from 'node:fs'

import { libc } from './libc.ts'

const POSIX_FADV_DONTNEED = 4
const PROT_READ = 1
const MAP_SHARED = 1
const PAGE_BYTES = 4096

/** How much of a file is in memory. */
export interface Residency {
  readonly pages: number
  /** `undefined` where mincore does not tell. */
  readonly resident: number | undefined
}

/** Drops what the page cache has of the file, and tells what is left; mapped and unwritten pages would stay. */
export function evict(path: string): Residency {
  const file = openSync(path, 'r')
  fsyncSync(file)
  const result = libc.posix_fadvise(file, 0n, 0n, POSIX_FADV_DONTNEED)
  const left = measureResidency(file)
  closeSync(file)
  if (result !== 0) throw new Error(`Cannot evict ${path}: error ${result}`)
  return left
}

/** What the page cache has of an open file. */
function measureResidency(file: number): Residency {
  const { size } = fstatSync(file)
  const pages = Math.ceil(size / PAGE_BYTES)
  const address = libc.mmap(0n, BigInt(size), PROT_READ, MAP_SHARED, file, 0n)
  if (address >= 0xffff_ffff_ffff_f000n) return { pages, resident: undefined }
  const states = new Uint8Array(pages)
  const failed = libc.mincore(address, BigInt(size), states) !== 0
  libc.munmap(address, BigInt(size))
  const resident = states.reduce((sum, state) => sum + (state & 1), 0)
  return { pages, resident: failed ? undefined : resident }
}
