/** An address that never answers whoever wants to connect. */
interface BlackHole {
  readonly port: number
  readonly stop: () => void
}

/** More connections than wait to be accepted. */
const MORE_THAN_WAIT = 700

/** When no more connections have opened for so long, none does any more, in milliseconds. */
const QUIET_MS = 500

/**
 * Opens a port of 127.0.0.1 whose program stands still and has no room for another connection: Linux then drops each SYN
 * without a word, as a firewall does.
 */
export async function openBlackHole(): Promise<BlackHole> {
  const script =
    "console.log(Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } }).port)"
  const child = Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' })
  const { value } = await child.stdout.getReader().read()
  const port = Number(new TextDecoder().decode(value))
  child.kill('SIGSTOP')
  const opened: Bun.Socket[] = []
  for (let count = 0; count < MORE_THAN_WAIT; count += 1) {
    const socket = { data: () => {}, open: (each: Bun.Socket) => void opened.push(each) }
    // Those that do not open are what this is for.
    Bun.connect({ hostname: '127.0.0.1', port, socket }).catch(() => undefined)
  }
  for (let last = -1; last !== opened.length || last === 0; await Bun.sleep(QUIET_MS)) {
    last = opened.length
  }
  return {
    port,
    stop: () => {
      child.kill('SIGKILL')
      for (const each of opened) each.terminate()
    },
  }
}
