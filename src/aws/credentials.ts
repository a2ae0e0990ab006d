import * as v from 'valibot'

import { decode, NonEmpty, parseTimestamp, type Refuse } from '../base/decode.ts'

/** Keys to sign with, and where they are from. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  /** For the error line, without secrets: `instance role 'node-role'`, `environment`. */
  readonly label: string
  /** Milliseconds since 1970. A time in the past is no error: see `describeCredentials`. */
  readonly expiresAtMs?: number | undefined
}

/** What a signature is made with, and valid for. */
export interface Signing {
  readonly region: string
  readonly credentials: Credentials
}

const PAIR = { AccessKeyId: NonEmpty, SecretAccessKey: NonEmpty }

/** May be missing, `null` or empty. */
const Optional = v.nullish(v.string(), '')

/** What each sender of keys documents. Only keys that a command prints may be lasting ones, without a session token. */
const FORMS = {
  /** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
  imds: v.object({ ...PAIR, Token: NonEmpty, Expiration: NonEmpty }),
  /** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
  container: v.object({ ...PAIR, Token: NonEmpty, Expiration: Optional }),
  /** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
  process: v.object({
    Version: v.literal(1),
    ...PAIR,
    SessionToken: Optional,
    Expiration: Optional,
  }),
}

/**
 * Keys in the JSON of their sender.
 *
 * @throws {Failure} of `refuse` - not the documented form.
 */
export function decodeKeys(
  value: unknown,
  sender: keyof typeof FORMS,
  refuse: Refuse,
): Omit<Credentials, 'label'> {
  const keys = decode(FORMS[sender], value, refuse)
  const token = 'Token' in keys ? keys.Token : keys.SessionToken
  return {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: token === '' ? undefined : token,
    expiresAtMs: keys.Expiration === '' ? undefined : parseTimestamp(keys.Expiration, refuse),
  }
}

/**
 * Their label for an error line, with the expiry where it is past. Expired keys are used all the same: IMDS hands them out
 * during an outage, and the node's clock may be wrong. If AWS then refuses them, this says why.
 */
export function describeCredentials(credentials: Credentials, nowMs: number): string {
  const { label, expiresAtMs } = credentials
  if (expiresAtMs === undefined || expiresAtMs > nowMs) return `credentials: ${label}`
  return `credentials: ${label}, expired at ${new Date(expiresAtMs).toISOString()}`
}
