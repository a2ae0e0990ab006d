import { portOf, serverNameOf } from '../../base/addresses.ts'
import type { Connection } from '../../base/system.ts'
import { type Head, parseHead } from '../answer.ts'
import { connectTo, type Reach, secureWith } from '../direct.ts'
import { formatConnect } from '../exchange.ts'
import { broken, ProxyError } from '../problem.ts'
import type { Proxy } from './rules.ts'

/**
 * Connects to the server of a URL through a proxy: for `https` through a tunnel, which the proxy cannot look into; for `http`
 * the connection is to the proxy itself, which takes the request for another host.
 *
 * @throws an error with a `code`, or a {@link ProxyError}.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export async function connectThrough(proxy: Proxy, url: URL, reach: Reach): Promise<Connection> {
  const open = () =>
    connectTo(proxy.url, reach).catch((error: unknown) => {
      throw new ProxyError('', { cause: error })
    })
  if (url.protocol === 'http:') return open()
  const host = serverNameOf(url)
  const request = formatConnect(`${url.hostname}:${portOf(url)}`, proxy)
  // An address is sent as a name here: with none, Bun would verify the certificate against the proxy's host.
  return secureWith(await reach.trust(), { host, sni: host }, async () => {
    const connection = await open()
    try {
      const { status } = await connection.sendAndParse(request, parseConnected)
      if (status >= 300) throw new ProxyError('', { cause: status })
      return connection
    } catch (error) {
      connection.close()
      throw error instanceof ProxyError ? error : new ProxyError('', { cause: error })
    }
  })
}

/** The head of what a proxy answers to CONNECT, as {@link parseHead}. */
function parseConnected(bytes: Buffer): Head | undefined {
  const head = parseHead(bytes)
  // What follows the head of a success is the proxy's own, and must not be taken for the server's.
  if (head !== undefined && head.status < 300 && bytes.length > head.length) throw broken('EBADMSG')
  return head
}
