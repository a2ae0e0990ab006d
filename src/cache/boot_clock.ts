import type { System } from '../base/system.ts'

/** Time since the node's kernel started, which all its processes share and nobody can set. */
export type BootClock = Awaited<ReturnType<typeof readBootClock>>

/** How much the boot clocks of two processes may differ, in milliseconds: a busy node may pause a process as it reads them. */
export const SLACK_MS = 1000

/**
 * The clock of this boot.
 *
 * @throws the operating system's error, or one of its own when the kernel gives no such files.
 * @see https://man7.org/linux/man-pages/man5/proc_uptime.5.html
 */
export async function readBootClock(system: Pick<System, 'readFile' | 'elapsedMs'>) {
  const read = async (path: string) => new TextDecoder().decode(await system.readFile(path, 64))
  const [bootId, uptime] = await Promise.all([
    read('/proc/sys/kernel/random/boot_id'),
    read('/proc/uptime'),
  ])
  const readAtMs = system.elapsedMs()
  const [seconds] = /^[0-9]+\.[0-9]+/.exec(uptime) ?? []
  if (seconds === undefined || !/^[0-9a-f-]{36}\n?$/.test(bootId)) throw new Error('no boot clock')
  return {
    /** Differs from boot to boot. */
    bootId: bootId.trim(),
    /** Milliseconds since then. */
    uptimeMs: () => Number(seconds) * 1000 + system.elapsedMs() - readAtMs,
  }
}
