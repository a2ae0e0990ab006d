import type { Connection, System } from '../../base/system.ts'

/** Who vouches for whom, as seen on the connections of a run: the issuer of a host's certificate. */
export type Issuers = Map<string, string>

/** A system that writes down who issued each certificate that was verified. */
export function watchIssuers(system: System, issuers: Issuers): System {
  const watch = (connection: Connection): Connection => ({
    ...connection,
    secure: async (tls) => {
      const secured = await connection.secure(tls)
      const name = nameOf(secured.issuer?.() ?? '')
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

/** Of a distinguished name what people know it by. */
function nameOf(issuer: string): string | undefined {
  return (/^CN=(.+)$/m.exec(issuer) ?? /^O=(.+)$/m.exec(issuer))?.[1]
}
