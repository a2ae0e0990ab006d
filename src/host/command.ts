import type { CommandResult, System } from '../base/system.ts'
import { collect, collectTail } from './command_output.ts'

/** Time to drain stderr after the exit, in milliseconds: the data is in the pipe already, and a daemon may hold it open. */
const LAST_WORDS_MS = 100

/** See `System.runCommand`. */
export async function runCommand(
  command: string,
  timeoutMs: number,
  onSignal: System['onSignal'],
): Promise<CommandResult> {
  let pid: number | undefined
  // Before there is a command: a signal in between would leave it running.
  const release = onSignal(() => killGroup(pid))
  try {
    // A process group of its own, so that the command can be killed with what it started.
    const child = Bun.spawn(['/bin/sh', '-c', command], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    })
    pid = child.pid
    const stdout = collect(child.stdout)
    const stderr = collectTail(child.stderr)
    const answered = Promise.all([child.exited, stdout.done])
    const isOver = await Promise.race([
      answered.then(() => true),
      Bun.sleep(timeoutMs).then(() => false),
    ])
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
