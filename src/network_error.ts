/** The request that failed. */
export interface Attempt {
  readonly host: string
  readonly timeoutMs: number
  /** Name of the trust store, if TLS was asked for. */
  readonly trustedBy: string | undefined
}

/** Words of ours for an error of Bun's, whose own message may quote the URL or the input. */
export function describeError(error: unknown, { host, timeoutMs, trustedBy }: Attempt): string {
  if (!(error instanceof Error)) return `the connection to ${host} failed`
  if (error.name === 'TimeoutError') return `no answer from ${host} in ${timeoutMs} ms`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  switch (code) {
    case 'ECONNREFUSED':
      return `${host} refused the connection`
    case 'ECONNRESET':
      return `${host} closed the connection before its answer was complete`
    case 'ENOTFOUND':
      return `the host name ${host} does not exist`
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
    case 'ESERVFAIL':
      return `the host name ${host} cannot be looked up`
    case 'EPROTO':
      return `the TLS handshake with ${host} failed`
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${host} has expired`
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${host} is not valid yet; hint: is the clock of this node right`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${host} is for another host`
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `the certificate of ${host} is not trusted by ${trustedBy ?? 'the trust store'}`
    default:
      return /^[A-Z][A-Za-z_]{2,40}$/.test(code)
        ? `the connection to ${host} failed (${code})`
        : `the connection to ${host} failed`
  }
}
