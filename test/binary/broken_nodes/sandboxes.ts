import { openBlackHole } from '../../world/black_hole.ts'
import { type DnsAnswer, startDns } from '../../world/dns.ts'
import type { Sandbox } from '../scenarios/scenario.ts'

/** Whether this machine lets a test make a network and mounts of its own; many containers do not. */
export const HAS_NAMESPACES = Bun.spawnSync(['unshare', '-rmn', 'true']).success

const PATH = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

const shell = (...command: readonly string[]) => ['unshare', '-r', ...command]

/** A machine with nothing but a loopback interface. */
export async function withoutNetwork(): Promise<Sandbox> {
  const command = shell('-n', '/bin/sh', '-c', 'ip link set lo up; exec "$0" "$@"')
  return { command, env: PATH }
}

/** A machine whose DNS server answers every question with this. */
export function withDns(answer: DnsAnswer): () => Promise<Sandbox> {
  return async () => {
    const dns = await startDns(() => answer)
    const line = `nameserver 127.0.0.1:${dns.port}`
    const script = `mount -t tmpfs none /etc && echo '${line}' >/etc/resolv.conf && exec "$0" "$@"`
    return { command: shell('-m', '/bin/sh', '-c', script), env: PATH, stop: dns.stop }
  }
}

/** A machine with a file system of this kind at a place in /etc. */
export function withMount(options: string, place: string): () => Promise<Sandbox> {
  const script = `mount -t tmpfs none /etc && mkdir ${place} && mount -t tmpfs -o ${options} none ${place} && exec "$0" "$@"`
  return async () => ({ command: shell('-m', '/bin/sh', '-c', script), env: PATH })
}

/** A variable names a host that nothing comes back from. */
export function withBlackHole(variable: string): () => Promise<Sandbox> {
  return async () => {
    const { port, stop } = await openBlackHole()
    return { env: { [variable]: `https://127.0.0.1:${port}` }, stop }
  }
}
