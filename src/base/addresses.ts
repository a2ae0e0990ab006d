/**
 * Whether a URL's host is this machine or on its own link: loopback, link-local and the IPv6 addresses of the instance
 * metadata and container credential services. Requests to these never pass through a proxy.
 *
 * Literals only, besides `localhost`: a name that merely resolves to such an address is left to the proxy rules.
 *
 * @param hostname - as `URL.hostname` gives it: lower case, IPv4 in dotted form, IPv6 in brackets and compressed.
 * @see https://datatracker.ietf.org/doc/html/rfc3927 169.254.0.0/16
 * @see https://datatracker.ietf.org/doc/html/rfc4291#section-2.5.6 fe80::/10
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html fd00:ec2::/32
 */
export function isLocalAddress(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^(127|169\.254)\.[0-9.]+$/.test(hostname) ||
    // `::ffff:127.0.0.1` and `::ffff:169.254.x.y`, which URL writes in hexadecimal.
    /^\[::ffff:(7f[0-9a-f]{2}|a9fe):[0-9a-f]{1,4}\]$/.test(hostname) ||
    /^\[(fe[89ab][0-9a-f]|fd00:ec2):[0-9a-f:]*\]$/.test(hostname)
  )
}

/** Whether a host is given by address. A URL writes every IPv4 address in digits and dots, and no name ends in a digit. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^[0-9.]+$/.test(host)
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
