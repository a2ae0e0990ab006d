import type { CommandResult, System } from '../base/system.ts'

/** Time to drain stderr after the exit, in milliseconds: the data is in the pipe already, and a daemon may hold it open. */
const LAST_WORDS_MS = 100

/** The most of a command's output that is kept, in bytes: enough to see that it is too much. */
const MAX_OUTPUT_BYTES = 1024 * 1024

/** The most of a command's stderr that is kept, in bytes: more than is ever shown. */
const MAX_TAIL_BYTES = 4096

/** See `System.runCommand`. */
export async function runCommand(
  command: string,
  timeoutMs: number,
  { env, onSignal }: Pick<System, 'env' | 'onSignal'>,
): Promise<CommandResult> {
  let pid: number | undefined
  // Before there is a command: a signal in between would leave it running.
  const release = onSignal(() => killGroup(pid))
  try {
    // A process group of its own, so that the command can be killed with what it started.
    const child = Bun.spawn(['/bin/sh', '-c', command], {
      // Left out where it is this program's: bytes that are no UTF-8 get lost on the way through JavaScript.
      ...(env === process.env ? {} : { env }),
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    })
    pid = child.pid
    const stdout = collect(child.stdout, 'beginning')
    const stderr = collect(child.stderr, 'end')
    const answered = Promise.all([child.exited, stdout.done]).then(() => true)
    const isOver = await Promise.race([answered, Bun.sleep(timeoutMs).then(() => false)])
    // Its answer is whole. What it left running may hold stderr for ever, and is let live.
    if (isOver) await Promise.race([stderr.done, Bun.sleep(LAST_WORDS_MS)])
    else killGroup(pid)
    const exitCode = isOver ? (child.exitCode ?? 128) : undefined
    return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes() }
  } finally {
    release()
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The group is gone already; a process that left it holds the output open, and is let go.
  }
}

/**
 * Reads a stream: its beginning, as far as anybody wants it, or all of it for its end, since what a program says last is why
 * it failed. `bytes` gives what has come so far.
 */
export function collect(stream: ReadableStream<Uint8Array>, wanted: 'beginning' | 'end') {
  let kept = Buffer.alloc(0)
  async function read(): Promise<void> {
    for await (const chunk of stream) {
      kept = Buffer.concat([kept, chunk])
      if (wanted === 'end') kept = kept.subarray(-MAX_TAIL_BYTES)
      // Reading no further ends whoever goes on writing (SIGPIPE).
      else if (kept.length > MAX_OUTPUT_BYTES) break
    }
  }
  return { done: read(), bytes: () => new Uint8Array(kept) }
}
