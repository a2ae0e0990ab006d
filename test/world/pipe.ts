import { dlopen, FFIType } from 'bun:ffi'
import { closeSync } from 'node:fs'

/** Both ends of a pipe, as file descriptors of this process that no child inherits by itself. */
interface Pipe {
  readonly readEnd: number
  readonly writeEnd: number
}

/**
 * A real pipe. `Bun.spawn` by itself gives a child a memory file or sockets, which behave otherwise at the end of
 * input, with `/dev/stdin` and on a broken connection; the kubelet gives pipes.
 */
export function createPipe(): Pipe {
  const descriptors = new Int32Array(2)
  if (libc().symbols.pipe2(descriptors, closeOnExec) !== 0) throw new Error('Cannot create a pipe')
  const [readEnd = -1, writeEnd = -1] = descriptors
  return { readEnd, writeEnd }
}

/** Writes all bytes and closes the end; a reader that went away is no error. */
export async function fillPipe(writeEnd: number, bytes: Uint8Array): Promise<void> {
  try {
    if (bytes.length > 0) await Bun.write(Bun.file(writeEnd), bytes)
  } catch {
    // The child may exit before it has read everything; the kubelet does not mind either.
  }
  closeSync(writeEnd)
}

/** Everything up to the end of input; closes the end. */
export async function drainPipe(readEnd: number): Promise<Uint8Array> {
  const bytes = await Bun.file(readEnd).bytes()
  closeSync(readEnd)
  return bytes
}

const closeOnExec = 0o2000000

function openLibc() {
  return dlopen('libc.so.6', { pipe2: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 } })
}

let opened: ReturnType<typeof openLibc> | undefined

function libc(): ReturnType<typeof openLibc> {
  opened ??= openLibc()
  return opened
}
