import { dlopen, FFIType, ptr } from 'bun:ffi'
import { closeSync, readFileSync, readSync, writeSync } from 'node:fs'

import { createPipe } from '../../world/pipe.ts'

/** A program with its arguments and its whole environment, laid out for the kernel once. */
interface Command {
  readonly path: Uint8Array
  readonly argv: BigUint64Array
  readonly envp: BigUint64Array
  /** What the pointers lead to, lest it be collected. */
  readonly strings: readonly Uint8Array[]
}

/** How a process ended, and what it had used up. */
interface Run {
  /** Shell convention: 128 and the signal for one that was killed. */
  readonly exitCode: number
  /** Of stdout and stderr. */
  readonly output: string
  /** User and system. */
  readonly cpuMs: number
  /** Page faults that had to wait for a disk. */
  readonly majorFaults: number
}

const { ptr: pointer, i32 } = FFIType

// Bun.spawn takes 0.5 ms more than posix_spawn and wait4, which is a tenth of the shortest run.
const { symbols: libc } = dlopen('libc.so.6', {
  posix_spawn: { args: [pointer, pointer, pointer, pointer, pointer, pointer], returns: i32 },
  posix_spawn_file_actions_init: { args: [pointer], returns: i32 },
  posix_spawn_file_actions_adddup2: { args: [pointer, i32, i32], returns: i32 },
  posix_spawn_file_actions_addchdir_np: { args: [pointer, pointer], returns: i32 },
  posix_spawn_file_actions_destroy: { args: [pointer], returns: i32 },
  wait4: { args: [i32, pointer, i32, pointer], returns: i32 },
})

const SPAWN_FILE_ACTIONS_BYTES = 256 // 80 in glibc
const RUSAGE_BYTES = 144
const PIPE_BYTES = 65536

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

/** Runs the program once for each text on stdin, all at the same time, and waits for the last. */
export function runTogether(
  command: Command,
  inputs: readonly string[],
): { readonly wallMs: number; readonly runs: readonly Run[] } {
  const pipes = inputs.map(openPipes)
  const startedNs = Bun.nanoseconds()
  const pids = pipes.map((ends) => spawn(command, ends))
  const ends = pids.map(reap)
  const wallMs = (Bun.nanoseconds() - startedNs) / 1e6
  return {
    wallMs,
    runs: pipes.map((own, index) => ({ ...(ends[index] ?? NO_END), output: closePipes(own) })),
  }
}

/**
 * The most resident memory of one run, in MB, or a little less: `/proc` is read as fast as it goes until the process has
 * ended, and what grows after the last look is missed. The kernel's own count in `struct rusage` begins with that of the
 * parent, which is larger than a small program ever gets.
 */
export function measurePeakMb(command: Command, input: string): number {
  const pipes = openPipes(input)
  const pid = spawn(command, pipes)
  let peakKb = 0
  for (;;) {
    // A process that has ended, and waits to be reaped, has no memory any more.
    const [, now] =
      /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if (now === undefined) break
    peakKb = Number(now)
  }
  reap(pid)
  closePipes(pipes)
  return peakKb / 1024
}

interface Pipes {
  readonly stdin: number
  readonly output: number
  readonly answer: number
}

const NO_END = { exitCode: NaN, cpuMs: NaN, majorFaults: NaN }

/** Both pipes of a run. A request fits into a pipe, so stdin is filled and closed before the start. */
function openPipes(text: string): Pipes {
  const [input, output] = [createPipe(), createPipe()]
  writeSync(input.writeEnd, text)
  closeSync(input.writeEnd)
  return { stdin: input.readEnd, output: output.writeEnd, answer: output.readEnd }
}

/** Closes the pipes of a run that has ended, and gives what it wrote, which fits into a pipe as well. */
function closePipes({ stdin, output, answer }: Pipes): string {
  closeSync(stdin)
  closeSync(output)
  const bytes = Buffer.alloc(PIPE_BYTES)
  const text = bytes.toString('utf8', 0, readSync(answer, bytes))
  closeSync(answer)
  return text
}

/**
 * Starts a process in `/`, and gives its id. glibc's `posix_spawn` shares the parent's memory until the new program is
 * loaded, so that a large parent costs nothing.
 */
function spawn({ path, argv, envp }: Command, pipes: Pipes): number {
  const actions = new Uint8Array(SPAWN_FILE_ACTIONS_BYTES)
  const pid = new Int32Array(1)
  libc.posix_spawn_file_actions_init(actions)
  libc.posix_spawn_file_actions_adddup2(actions, pipes.stdin, 0)
  libc.posix_spawn_file_actions_adddup2(actions, pipes.output, 1)
  libc.posix_spawn_file_actions_adddup2(actions, pipes.output, 2)
  libc.posix_spawn_file_actions_addchdir_np(actions, cString('/'))
  const result = libc.posix_spawn(pid, path, actions, null, argv, envp)
  libc.posix_spawn_file_actions_destroy(actions)
  if (result !== 0) throw new Error(`Cannot start a process: error ${result}`)
  return pid[0] ?? 0
}

/** Waits for the end of a process, blocking. */
function reap(pid: number): typeof NO_END {
  const status = new Int32Array(1)
  const usage = new BigInt64Array(RUSAGE_BYTES / 8)
  if (libc.wait4(pid, status, 0, usage) !== pid) throw new Error('Cannot wait for a process')
  // struct rusage: two times of seconds and microseconds, maxrss, three unused, minor and major faults
  const at = (index: number) => Number(usage[index] ?? 0n)
  const [code = 0] = status
  return {
    exitCode: (code & 127) === 0 ? (code >> 8) & 255 : 128 + (code & 127),
    cpuMs: (at(0) + at(2)) * 1000 + (at(1) + at(3)) / 1000,
    majorFaults: at(9),
  }
}

/** The bytes with the zero that ends a string in C. */
function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`)
}

function pointers(strings: readonly Uint8Array[]): BigUint64Array {
  return BigUint64Array.from([...strings.map((text) => BigInt(ptr(text))), 0n])
}
