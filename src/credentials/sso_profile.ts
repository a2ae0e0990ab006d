import { failure, quote } from '../base/failure.ts'
import { type Found, fromProfile, validate } from '../config/settings.ts'
import { REGION, type Setting, SOURCES } from '../config/settings_table.ts'
import type { Profile, SharedConfig } from '../config/shared_files.ts'
import type { Sso } from './source.ts'

const { ssoSession, ssoStartUrl, ssoRegion, ssoAccountId, ssoRoleName } = SOURCES
const KEYS = [ssoSession, ssoStartUrl, ssoRegion, ssoAccountId, ssoRoleName]

/** Whether a profile says anything about IAM Identity Center: one key is enough to select it. */
export function hasSsoKeys(profile: Profile): boolean {
  return KEYS.some((key) => fromProfile(key, profile) !== undefined)
}

/**
 * What a profile says about IAM Identity Center. With `sso_session` region and start URL stand in a section of their own,
 * which the profile may repeat but not contradict; without it all four stand in the profile.
 *
 * @throws {Failure} `profile_sso` - the section or a key is missing, or the profile contradicts the section.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
export function findSso(
  profile: Profile,
  config: SharedConfig,
): Omit<Sso, 'region'> & { readonly region: Found<string> } {
  const refuse = (reason: string) => failure('profile_sso', { profile: profile.name, reason })
  const session = fromProfile(ssoSession, profile)?.value.trim()
  const section = session === undefined ? profile : config.get(`sso-session ${session}`)
  if (section === undefined) {
    throw refuse(`there is no section [sso-session ${quote(session ?? '')}]`)
  }
  for (const key of [ssoRegion, ssoStartUrl]) {
    const repeated = fromProfile(key, profile)?.value
    if (repeated !== undefined && repeated !== fromProfile(key, section)?.value) {
      throw refuse(`its ${key.key ?? ''} differs from that of its sso_session`)
    }
  }
  const need = (key: Setting<string>, of: Profile): Found<string> => {
    const found = fromProfile(key, of)
    if (found !== undefined) return found
    throw refuse(`it needs ${key.key ?? ''} for IAM Identity Center`)
  }
  return {
    profile: profile.name,
    session,
    startUrl: need(ssoStartUrl, section).value,
    region: need(ssoRegion, section),
    accountId: need(ssoAccountId, profile).value,
    roleName: need(ssoRoleName, profile).value,
  }
}

/**
 * The same, to be used.
 *
 * @throws {Failure} of {@link findSso}; `config_value` - the region is none: it becomes part of a host's name.
 */
export function readSso(profile: Profile, config: SharedConfig): Sso {
  const found = findSso(profile, config)
  return { ...found, region: validate(REGION, found.region).value }
}
