import { isAddress } from '../base/addresses.ts'
import type { Connection, System, Tls } from '../base/system.ts'
import type { TrustStore } from './bundle.ts'
import type { LookUp } from './names.ts'
import { isUntrusted, PHASE_MS, within } from './problem.ts'

/** After this long without a connection the next address is tried as well, in milliseconds (RFC 8305, 5). */
const STAGGER_MS = 250

/** What it takes to reach a server. */
export interface Reach {
  readonly lookUp: LookUp
  readonly trust: () => Promise<TrustStore>
  readonly connect: System['connect']
  readonly sleep: System['sleep']
  /** Is told that there is a connection, before TLS is put on top. */
  readonly onConnect?: (() => void) | undefined
}

/**
 * Connects to the server of a URL, for `https` over TLS.
 *
 * @throws an error with a `code`.
 */
export async function connectTo(url: URL, reach: Reach): Promise<Connection> {
  const host = hostOf(url)
  const open = async () => {
    const addresses = await reach.lookUp(host)
    const opening = connectToAny(addresses, portOf(url), reach)
    const connection = await within(PHASE_MS, opening, () => 'ENOCONNECT')
    reach.onConnect?.()
    return connection
  }
  if (url.protocol === 'http:') return open()
  const name = serverNameOf(url)
  // RFC 6066, 3: an address is not a server name.
  return secureWith(await reach.trust(), { host: name, sni: isAddress(name) ? '' : name }, open)
}

/**
 * A connection with TLS on top, verified against the forms of a trust store, one after the other: only what its last form
 * refuses is refused. Each takes a connection of its own.
 *
 * @throws an error with a `code`.
 */
export async function secureWith(
  store: TrustStore,
  peer: Pick<Tls, 'host' | 'sni'>,
  open: () => Promise<Connection>,
): Promise<Connection> {
  let refusal: unknown
  for (const form of store.forms) {
    const trust = form()
    if (trust.ca === '') continue
    // Sequential: the next form is needed only if this one is refused.
    const connection = await open()
    try {
      return await within(PHASE_MS, connection.secure({ ...peer, ...trust }), () => 'ENOHANDSHAKE')
    } catch (error) {
      connection.close()
      if (!isUntrusted(error)) throw error
      refusal = error
    }
  }
  throw refusal
}

/** The first connection that opens. The next address is tried when one fails or takes long. */
async function connectToAny(
  addresses: readonly string[],
  port: number,
  { connect, sleep }: Reach,
): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<Connection>()
  const waiting = [...addresses]
  let pending = 0
  let isOver = false
  function tryNext(): void {
    const hostname = waiting.shift()
    if (hostname === undefined || isOver) return
    pending += 1
    connect({ hostname, port }).then(
      (connection) => {
        if (isOver) connection.close()
        isOver = true
        resolve(connection)
      },
      (error: unknown) => {
        pending -= 1
        if (pending === 0 && waiting.length === 0) reject(error)
        tryNext()
      },
    )
    if (waiting.length > 0) void sleep(STAGGER_MS).then(tryNext)
  }
  tryNext()
  return promise
}

/** The host of a URL: a name, or an address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** The name in the certificate of a URL's server: without the dot that tells a resolver to add no domain (RFC 6066, 3). */
export function serverNameOf(url: URL): string {
  return hostOf(url).replace(/\.$/, '')
}

/** The port of a URL, its scheme's usual one where it has none. */
export function portOf({ port, protocol }: URL): number {
  const usual = protocol === 'https:' ? 443 : 80
  return port === '' ? usual : Number(port)
}
