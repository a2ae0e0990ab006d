/** Keys to sign with, and where they are from. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  /** For the error line, without secrets: `instance role node-role`, `environment`. */
  readonly source: string
  /** Milliseconds since 1970. A time in the past is no error: see `describeCredentials`. */
  readonly expiresAtMs: number | undefined
}

/**
 * The source for an error line, with the expiry where it is past. Expired keys are used all the same: IMDS hands them out
 * during an outage, and the node's clock may be wrong. If AWS then refuses them, this says why.
 */
export function describeCredentials(credentials: Credentials, nowMs: number): string {
  const { source, expiresAtMs } = credentials
  if (expiresAtMs === undefined || expiresAtMs > nowMs) return `credentials: ${source}`
  return `credentials: ${source}, expired at ${new Date(expiresAtMs).toISOString()}`
}
