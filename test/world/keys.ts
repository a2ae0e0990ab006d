import { randomBytes } from 'node:crypto'

import type { Key } from './sigv4.ts'

/** What a new key shall be. */
interface KeyRequest {
  readonly owner: string
  /** `false` for a user's long-lived key without a session token. Default `true`. */
  readonly temporary?: boolean
  /** Default 6 hours, for temporary keys only; negative for a key that has expired. */
  readonly lifetimeSeconds?: number
}

/** The part of the state that keys and secrets are kept in. */
interface Issuer {
  readonly keys: Map<string, Key>
  readonly secrets: Set<string>
  readonly clockSkewSeconds: number
}

/** A new key the world will accept; its id spells its owner. */
export function issueKey(issuer: Issuer, request: KeyRequest): Key {
  const { owner, temporary = true, lifetimeSeconds = 6 * 60 * 60 } = request
  const name = owner
    .replace(/^(assumed-)?role\//, '')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toUpperCase()
  const count = String(issuer.keys.size + 1).padStart(4, '0')
  const key: Key = {
    accessKeyId: `${temporary ? 'ASIA' : 'AKIA'}${name.slice(0, 100)}${count}`.padEnd(16, 'X'),
    secretAccessKey: createSecret(issuer, 'secret-access-key'),
    owner,
    ...(temporary ? { sessionToken: createSecret(issuer, 'session-token') } : {}),
    ...(temporary ? { expiresAtMs: readClock(issuer) + lifetimeSeconds * 1000 } : {}),
  }
  issuer.keys.set(key.accessKeyId, key)
  return key
}

/** A new secret that names what it is, so that a leak can be told from its text. */
export function createSecret(state: Pick<Issuer, 'secrets'>, name: string): string {
  const secret = `sentinel+${name}/${randomBytes(12).toString('hex')}=`
  state.secrets.add(secret)
  return secret
}

/** The fake's time in milliseconds. */
export function readClock(state: Pick<Issuer, 'clockSkewSeconds'>): number {
  return Date.now() + state.clockSkewSeconds * 1000
}

/** RFC 3339 without a fraction, as AWS writes it. */
export function formatExpiration(ms: number | undefined): string {
  return new Date(ms ?? 0).toISOString().replace(/\.\d+Z$/, 'Z')
}
