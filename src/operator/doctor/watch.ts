import type { Connection, System } from '../../base/system.ts'
import { issuerName } from '../../net/problem.ts'

/** Who vouches for whom, as seen on the connections of a run: the issuer of a host's certificate. */
export type Issuers = Map<string, string>

/** A system that writes down who issued each certificate that was verified. */
export function watchIssuers(system: System, issuers: Issuers): System {
  const watch = (connection: Connection): Connection => ({
    ...connection,
    secure: async (tls) => {
      const secured = await connection.secure(tls)
      const name = issuerName(secured.issuer?.() ?? '')
      if (name !== undefined) issuers.set(tls.host, name)
      return watch(secured)
    },
  })
  return {
    ...system,
    connect: async (peer) => watch(await system.connect(peer)),
    connectNested: async (peer) => watch(await system.connectNested(peer)),
  }
}
