import { hostOf, portOf } from '../../base/addresses.ts'

/**
 * Whether a `NO_PROXY` list exempts a URL's host, as Go reads it: `*`; an IP address or network; a domain, which stands for
 * its subdomains too unless it begins with a dot or `*.`, which leaves itself out; each but networks may end in a port.
 * Names are not looked up, so a network exempts only hosts that are given by address.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function isExempt(url: URL, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || matches(entry, hostOf(url), `${portOf(url)}`))
}

/** An IPv6 address in brackets, or a name or an IPv4 address, and a port; a bare IPv6 address has none. */
const WITH_PORT = /^(?:\[([^\]]*:[^\]]*)\]|([^:]*))(?::([0-9]*))?$/

function matches(entry: string, host: string, hostPort: string): boolean {
  const address = addressBits(host)
  const [network = '', length, ...rest] = entry.split('/')
  if (length !== undefined) {
    return address !== undefined && rest.length === 0 && isInside(address, network, length)
  }
  const [, bracketed, bare, port = ''] = WITH_PORT.exec(entry) ?? []
  const name = bracketed ?? bare ?? entry
  if (name === '' || (port !== '' && port !== hostPort)) return false
  const bits = addressBits(name)
  if (bits !== undefined) return bits === address
  if (address !== undefined) return false
  const domain = toAscii(name.replace(/^\*?\./, ''))
  const isItself = domain === host && domain === toAscii(name)
  return isItself || host.endsWith(`.${domain}`)
}

/** A domain as a URL has it; the host comes from one. */
function toAscii(domain: string): string {
  // What is ASCII already stays as it is: the URL parser would cut it at `?`, `#` and `@`, and decode `%`.
  if (/^[\x20-\x7e]*$/.test(domain)) return domain
  return URL.parse(`http://${domain}`)?.hostname ?? domain
}

function isInside(address: string, network: string, length: string): boolean {
  const bits = addressBits(network)
  if (bits === undefined || !/^[0-9]+$/.test(length)) return false
  // A mapped network (`::ffff:10.0.0.0/104`) counts its length from the front of the IPv6 address.
  const prefix = Number(length) + (network.includes(':') ? 0 : MAPPED.length)
  // No network has addresses of both families in it.
  const shortest = bits.startsWith(MAPPED) ? MAPPED.length : 0
  if (prefix < shortest || prefix > bits.length) return false
  if (address.startsWith(MAPPED) !== bits.startsWith(MAPPED)) return false
  return bits.slice(0, prefix) === address.slice(0, prefix)
}

/** What an IPv4 address begins with as an IPv6 address: 10.0.0.1 is `::ffff:10.0.0.1`, as for Go. */
const MAPPED = '0'.repeat(80) + '1'.repeat(16)

/** An IP address as a string of 128 binary digits, `undefined` for anything else. */
function addressBits(text: string): string | undefined {
  const isOld = /^[0-9]+(\.[0-9]+){3}$/.test(text)
  if (!isOld && !/^[0-9a-f:.]*:[0-9a-f:.]*$/.test(text)) return undefined
  // The URL parser checks and compresses it: at most one `::`, only hexadecimal groups.
  const host = URL.parse(`http://[${isOld ? '::ffff:' : ''}${text}]`)?.hostname
  if (host === undefined) return undefined
  const [front = [], back = []] = host
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return [...front, ...zeros, ...back]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}
