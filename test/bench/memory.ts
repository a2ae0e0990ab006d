import { closeSync } from 'node:fs'

import { libc } from './libc.ts'
import { openPipes, prepareCommand, readAll, reap, spawn } from './process.ts'

const PR_SET_CHILD_SUBREAPER = 36
// What a shell puts in the background has no stdin of its own accord.
const SCRIPT = 'exec 3<&0; "$0" <&3 3<&- >/dev/null 2>&1 & echo $!'

/**
 * The peak RSS of a run, in MB, of which nothing else may be timed. On Linux a process's peak begins with that of the
 * process whose memory it shared or copied when it was started, and this one is larger than a small program ever gets. So
 * `/bin/sh` (1 MB) starts the program and goes away, and the orphan comes to this process to be reaped.
 */
export function measurePeak(
  path: string,
  environment: Readonly<Record<string, string>>,
  stdin: string,
): number {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n)
  const pipes = openPipes(stdin)
  const shell = spawn(prepareCommand(['/bin/sh', '-c', SCRIPT, path], environment), pipes)
  closeSync(pipes.stdin)
  closeSync(pipes.stdout)
  reap(shell.pid)
  const usage = reap(Number(readAll(shell.stdout)))
  if (usage.exitCode !== 0) throw new Error(`${path} failed: exit code ${usage.exitCode}`)
  return usage.rssMb
}
