import { sharedAuthority } from './certificates.ts'
import { openLine } from './line.ts'
import type { LineRule } from './line_faults.ts'
import { type FaultyAnswers, type Proxy, startProxy } from './proxy.ts'
import type { WireTls } from './wire.ts'
import type { World } from './world.ts'

/** How a world's proxy differs from a plain one that does no wrong. */
export interface GateOptions {
  /** Whether it is itself reached over TLS: an `https://` proxy. */
  readonly isSecure?: boolean
  /** What goes wrong with the connections to it. */
  readonly line?: Omit<LineRule, 'service'>
  /** What goes wrong with its answers to CONNECT. */
  readonly faulty?: FaultyAnswers
}

/** A proxy that leads into a world, and asks for a user and a password. */
interface Gate {
  /** For `HTTPS_PROXY` and `HTTP_PROXY`, with user and password. */
  readonly url: string
  /** Host and port, or the URL, of each request. */
  readonly targets: () => readonly string[]
  readonly stop: () => void
}

/** What the proxy wants to be shown. */
const CREDENTIALS = 'sentinel-user:sentinel-proxy-password'

/** Opens a proxy that leads into a world. */
export async function openGate(
  { isSecure = false, line: rule, faulty }: GateOptions,
  { route, state }: Pick<World, 'route' | 'state'>,
): Promise<Gate> {
  const authority = await sharedAuthority()
  state.secrets.add(btoa(CREDENTIALS))
  const open = (tls: WireTls | undefined) =>
    startProxy({
      route,
      credentials: CREDENTIALS,
      ...(faulty === undefined ? {} : { faulty }),
      ...(tls === undefined ? {} : { tls }),
    })
  const proxies: Proxy[] = [open(isSecure ? await authority.issueLeaf('good') : undefined)]
  const [proxy] = proxies
  if (proxy === undefined) throw new Error('Cannot start a proxy')
  if (rule?.fault.kind === 'tls') {
    const { certificate = 'good', version } = rule.fault
    const leaf = await authority.issueLeaf(certificate)
    proxies.push(open(version === undefined ? leaf : { ...leaf, version }))
  }
  const [service = 0, detour] = proxies.map(({ url }) => Number(new URL(url).port))
  const line = rule === undefined ? undefined : await openLine(rule, { service, detour })
  return {
    url: proxy.url.replace(/[0-9]+$/, `${line?.port ?? service}`),
    targets: () => proxies.flatMap(({ requests }) => requests.map(({ target }) => target)),
    stop: () => {
      line?.stop()
      for (const each of proxies) each.stop()
    },
  }
}
