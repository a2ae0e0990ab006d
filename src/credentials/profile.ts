import type { Profile } from '../config/profiles.ts'
import { Failure, quote } from '../failure.ts'
import type { Credentials } from './credentials.ts'

/** Keys that make a profile name another source of credentials, in the order in which the SDKs look for them. */
const OTHER_SOURCES = [
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'sso_account_id',
  'sso_role_name',
  'sso_region',
  'login_session',
  'credential_process',
  'role_arn',
] as const

/**
 * The keys in a profile, or `undefined` when the profile names no source of credentials.
 *
 * @throws {Failure} `bad_config` - half a key pair, or a source that is not supported: never passed over for another.
 */
export function readProfileKeys(profile: Profile): Credentials | undefined {
  if (profile.partialKeysIn !== undefined) {
    throw new Failure(
      'bad_config',
      `cannot use profile ${quote(profile.name)}: ${quote(profile.partialKeysIn)} has only one of aws_access_key_id and aws_secret_access_key`,
    )
  }
  const other = OTHER_SOURCES.find((key) => valueOf(profile, key) !== '')
  if (other !== undefined) {
    throw new Failure(
      'bad_config',
      `cannot use profile ${quote(profile.name)}: its ${other} is not supported by this version`,
    )
  }
  const accessKeyId = valueOf(profile, 'aws_access_key_id')
  if (accessKeyId === '') return undefined
  const sessionToken = valueOf(profile, 'aws_session_token')
  return {
    accessKeyId,
    secretAccessKey: valueOf(profile, 'aws_secret_access_key'),
    sessionToken: sessionToken === '' ? undefined : sessionToken,
    source: `profile ${quote(profile.name)}`,
    expiresAtMs: undefined,
  }
}

function valueOf(profile: Profile, key: string): string {
  return profile.values.get(key)?.value ?? ''
}
