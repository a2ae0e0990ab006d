import { hostOf, isAddress, portOf, serverNameOf } from '../base/addresses.ts'
import { codeOf } from '../base/failure.ts'
import type { Connection, System, Tls } from '../base/system.ts'
import type { TrustStore } from './certificates.ts'
import { within } from './exchange.ts'
import { broken, isUntrusted, PHASE_MS } from './problem.ts'

/** How long the addresses of one name are looked for, in milliseconds. At node boot the resolver is often not ready. */
const LOOKUP_MS = 5000

/** Between two look-ups of a name, in milliseconds. */
const PAUSE_MS = 100

/** After this long without a connection the next address is tried as well, in milliseconds (RFC 8305, 5). */
const STAGGER_MS = 250

/** Gives the addresses of a host, of which there is at least one. @throws an error with a `code`. */
type LookUp = (host: string) => Promise<readonly string[]>

/** What it takes to reach a server. */
export interface Reach {
  readonly lookUp: LookUp
  readonly trust: () => Promise<TrustStore>
  readonly connect: System['connect']
  readonly sleep: System['sleep']
  /** Is told that there is a connection, before TLS is put on top. */
  readonly onConnect?: () => unknown
}

/**
 * Looks names up, each of them once a run: what has been checked about the addresses stays true, and all attempts together
 * wait no longer than 5 s for a resolver. An address, without brackets, stands for itself.
 *
 * @param remainingMs - until the run must be over.
 */
export function openNames(
  remainingMs: () => number,
  system: Pick<System, 'lookUp' | 'sleep' | 'elapsedMs'>,
): LookUp {
  const known = new Map<string, Promise<readonly string[]>>()
  async function retry(host: string): Promise<readonly string[]> {
    const untilMs = system.elapsedMs() + Math.min(LOOKUP_MS, remainingMs())
    for (;;) {
      const leftMs = untilMs - system.elapsedMs()
      // Whatever the resolver called it: the name may exist, but nobody says so.
      if (leftMs <= 0) throw broken('EAI_AGAIN')
      try {
        const addresses = await within(leftMs, system.lookUp(host), () => 'ELOOKUP')
        if (addresses.length === 0) throw broken('ENOTFOUND')
        return addresses
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOTFOUND' || code === 'ELOOKUP') throw error
      }
      await system.sleep(PAUSE_MS)
    }
  }
  return async (host) => {
    if (isAddress(host)) return [host]
    const addresses = known.get(host) ?? retry(host)
    known.set(host, addresses)
    return addresses
  }
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

/** The first connection that opens. The next address is tried when the latest fails or takes long (RFC 8305, 5). */
function connectToAny(
  addresses: readonly string[],
  port: number,
  { connect, sleep }: Reach,
): Promise<Connection> {
  let winner: Connection | undefined
  async function tryFrom([hostname = '', ...others]: readonly string[]): Promise<Connection> {
    const first = connect({ hostname, port }).then((connection) => {
      // Too late: another address was faster.
      if (winner !== undefined) connection.close()
      return (winner ??= connection)
    })
    if (others.length === 0) return first
    const goOn = () => winner ?? tryFrom(others)
    const next = Promise.race([first, sleep(STAGGER_MS)]).then(goOn, goOn)
    // Each stands in for the other: only when both have failed, so has this.
    return Promise.race([first.catch(() => next), next.catch(() => first)])
  }
  return tryFrom(addresses)
}
