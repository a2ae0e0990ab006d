import { ptr } from 'bun:ffi'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

import { createPipe } from '../../world/pipe.ts'
import { check, cString, libc } from './libc.ts'

/** A program with its arguments and its whole environment, laid out for the kernel once. */
export interface Command {
  readonly path: Uint8Array
  readonly argv: BigUint64Array
  readonly envp: BigUint64Array
  /** What the pointers lead to, lest it be collected. */
  readonly strings: readonly Uint8Array[]
}

/** A process on its way. */
export interface Child {
  readonly pid: number
  readonly stdout: number
}

/** What a process has used up. */
export interface Usage {
  /** Shell convention: 128 and the signal for one that was killed. */
  readonly exitCode: number
  /** User and system. */
  readonly cpuMs: number
  /** Peak, but at least its parent's: Linux hands that on to a process that `posix_spawn` starts. */
  readonly rssMb: number
  readonly minorFaults: number
  readonly majorFaults: number
}

const SPAWN_FILE_ACTIONS_BYTES = 256 // 80 in glibc
const RUSAGE_BYTES = 144
const FROM_ROOT = cString('/')
const NOWHERE = openSync('/dev/null', 'r+')

/** Prepares `argv`, whose first is the path of the program. */
export function prepareCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Command {
  const args = argv.map(cString)
  const variables = Object.entries(environment).map(([name, value]) => cString(`${name}=${value}`))
  return {
    path: cString(argv[0] ?? ''),
    argv: pointers(args),
    envp: pointers(variables),
    strings: [...args, ...variables],
  }
}

function pointers(strings: readonly Uint8Array[]): BigUint64Array {
  return BigUint64Array.from([...strings.map((text) => BigInt(ptr(text))), 0n])
}

/** Both pipes of a run; stdin is filled and closed already, as a short request fits into a pipe. */
export function openPipes(stdin: string): { stdin: number; stdout: number; answer: number } {
  const [input, output] = [createPipe(), createPipe()]
  writeSync(input.writeEnd, stdin)
  closeSync(input.writeEnd)
  return { stdin: input.readEnd, stdout: output.writeEnd, answer: output.readEnd }
}

/**
 * Starts the process in `/`. glibc's `posix_spawn` shares the parent's memory until the new program is loaded, so that a
 * large parent costs nothing.
 */
export function spawn(command: Command, pipes: ReturnType<typeof openPipes>): Child {
  const actions = new Uint8Array(SPAWN_FILE_ACTIONS_BYTES)
  const pid = new Int32Array(1)
  check(libc.posix_spawn_file_actions_init(actions), 'prepare a process')
  libc.posix_spawn_file_actions_adddup2(actions, pipes.stdin, 0)
  libc.posix_spawn_file_actions_adddup2(actions, pipes.stdout, 1)
  libc.posix_spawn_file_actions_adddup2(actions, NOWHERE, 2)
  libc.posix_spawn_file_actions_addchdir_np(actions, FROM_ROOT)
  const { path, argv, envp } = command
  check(libc.posix_spawn(pid, path, actions, null, argv, envp), 'start a process')
  libc.posix_spawn_file_actions_destroy(actions)
  return { pid: pid[0] ?? 0, stdout: pipes.answer }
}

/** Waits for the end of the process `pid`, blocking. */
export function reap(pid: number): Usage {
  const status = new Int32Array(1)
  const usage = new BigInt64Array(RUSAGE_BYTES / 8)
  if (libc.wait4(pid, status, 0, usage) !== pid) throw new Error('Cannot wait for a process')
  // struct rusage: two times of seconds and microseconds, maxrss in KB, three unused, minor and major faults
  const at = (index: number) => Number(usage[index] ?? 0n)
  const [code = 0] = status
  return {
    exitCode: (code & 127) === 0 ? (code >> 8) & 255 : 128 + (code & 127),
    cpuMs: (at(0) + at(2)) * 1000 + (at(1) + at(3)) / 1000,
    rssMb: at(4) / 1024,
    minorFaults: at(8),
    majorFaults: at(9),
  }
}

/** Everything that has been written by a process that ended, and closes the pipe. */
export function readAll(descriptor: number): string {
  const parts: Buffer[] = []
  for (;;) {
    const part = Buffer.alloc(65536)
    const length = readSync(descriptor, part)
    if (length === 0) break
    parts.push(part.subarray(0, length))
  }
  closeSync(descriptor)
  return Buffer.concat(parts).toString()
}

/** The first line of what a process writes, while it may still be running, and closes the pipe. */
export function readLine(descriptor: number): string {
  let text = ''
  const part = Buffer.alloc(64)
  while (!text.includes('\n')) {
    const length = readSync(descriptor, part)
    if (length === 0) break
    text += part.subarray(0, length).toString()
  }
  closeSync(descriptor)
  return text.split('\n', 1)[0] ?? ''
}
