import type { X509Certificate } from 'node:crypto'

import { isAddress } from '../base/addresses.ts'
import { coded } from '../base/failure.ts'

/**
 * The error for a certificate that is not for this host, `undefined` for one that is. Only its subjectAltName counts, and a
 * `*` only as a whole left-most label. Bun itself also takes a common name, and `t*.example.com`.
 *
 * @param host - a name, or an address without brackets.
 * @see https://www.rfc-editor.org/rfc/rfc9525#section-6.3
 */
export function mismatch(
  certificate: X509Certificate | undefined,
  host: string,
): Error | undefined {
  const options = { subject: 'never', partialWildcards: false } as const
  const found = isAddress(host) ? certificate?.checkIP(host) : certificate?.checkHost(host, options)
  if (found !== undefined) return undefined
  return coded('ERR_TLS_CERT_ALTNAME_INVALID')
}
