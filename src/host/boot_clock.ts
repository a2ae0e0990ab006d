import type { System } from '../base/system.ts'

type FileSystem = typeof import('node:fs')

/**
 * The clock of this boot. Read synchronously: the kernel answers from memory, and the way to another thread takes longer.
 *
 * @param elapsedMs - see `System`.
 * @throws the operating system's error, or one of its own when the files are not of the documented form.
 * @see https://man7.org/linux/man-pages/man5/proc_uptime.5.html
 */
export function readBootClock(
  elapsedMs: () => number,
  { readFileSync }: Pick<FileSystem, 'readFileSync'>,
): ReturnType<System['bootClock']> {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')
  const [seconds] = /^[0-9]+\.[0-9]+/.exec(readFileSync('/proc/uptime', 'latin1')) ?? []
  const startedAtMs = Number(seconds) * 1000 - elapsedMs()
  if (seconds === undefined || !/^[0-9a-f-]{36}\n?$/.test(bootId)) throw new Error('no boot clock')
  return { bootId: bootId.trim(), uptimeMs: () => startedAtMs + elapsedMs() }
}
