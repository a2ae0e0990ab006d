import { dlopen, FFIType } from 'bun:ffi'

const { ptr, i32, u64, i64 } = FFIType

/** The calls that Bun has no interface for. */
export const { symbols: libc } = dlopen('libc.so.6', {
  posix_spawn: { args: [ptr, ptr, ptr, ptr, ptr, ptr], returns: i32 },
  posix_spawn_file_actions_init: { args: [ptr], returns: i32 },
  posix_spawn_file_actions_adddup2: { args: [ptr, i32, i32], returns: i32 },
  posix_spawn_file_actions_addchdir_np: { args: [ptr, ptr], returns: i32 },
  posix_spawn_file_actions_destroy: { args: [ptr], returns: i32 },
  wait4: { args: [i32, ptr, i32, ptr], returns: i32 },
  prctl: { args: [i32, u64, u64, u64, u64], returns: i32 },
  posix_fadvise: { args: [i32, i64, i64, i32], returns: i32 },
  mmap: { args: [u64, u64, i32, i32, i32, i64], returns: u64 },
  munmap: { args: [u64, u64], returns: i32 },
  mincore: { args: [u64, u64, ptr], returns: i32 },
})

/** The bytes with the zero that ends a string in C. */
export function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

/** Fails with what was tried unless the call gave zero. */
export function check(result: number, action: string): void {
  if (result !== 0) throw new Error(`Cannot ${action}: error ${result}`)
}
