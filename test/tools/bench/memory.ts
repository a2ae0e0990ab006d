import { closeSync, existsSync, readFileSync } from 'node:fs'

import { libc } from './libc.ts'
import { openPipes, prepareCommand, readLine, reap, spawn } from './process.ts'

const PR_SET_CHILD_SUBREAPER = 36
// What a shell puts in the background has no stdin of its own accord.
const SCRIPT = 'exec 3<&0; "$@" <&3 3<&- >/dev/null 2>&1 & echo $!'

/** The most memory that a run had, in MB. */
export interface Peak {
  readonly rssMb: number
  /** What is not backed by a file; sampled as fast as it can be read, so a spike may be missed. */
  readonly anonymousMb: number
}

/**
 * The peaks of a run, of which nothing else may be timed. On Linux a process's peak RSS begins with that of the process
 * whose memory it shared or copied when it was started, and this one is larger than a small program ever gets. So
 * `/bin/sh` (1 MB) starts the program and goes away, and the orphan comes to this process to be reaped.
 */
export function measurePeak(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdin: string,
  tries = 5,
): Peak {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n)
  const pipes = openPipes(stdin)
  const shell = spawn(prepareCommand(['/bin/sh', '-c', SCRIPT, 'sh', ...words], environment), pipes)
  closeSync(pipes.stdin)
  closeSync(pipes.stdout)
  const processId = Number(readLine(shell.stdout))
  reap(shell.pid)
  // A shell that is slow to end may have reaped a quick program itself: then there is nothing to read.
  if (!existsSync(`/proc/${processId}`)) {
    if (tries === 1) throw new Error(`${words[0]} was gone before it could be measured`)
    return measurePeak(words, environment, stdin, tries - 1)
  }
  const anonymousMb = watchAnonymous(processId)
  const usage = reap(processId)
  if (usage.exitCode !== 0) throw new Error(`${words[0]} failed: exit code ${usage.exitCode}`)
  return { rssMb: usage.rssMb, anonymousMb }
}

/**
 * The most of `RssAnon` until the process has ended: one that has no memory any more does not show it. It stays to be
 * reaped by this process, once the shell is gone.
 */
function watchAnonymous(processId: number): number {
  let most = 0
  for (;;) {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8')
    const [, kilobytes] = /^RssAnon:\s+([0-9]+) kB$/m.exec(status) ?? []
    if (kilobytes === undefined) return most
    most = Math.max(most, Number(kilobytes) / 1024)
  }
}
