import { failure, quote } from '../base/failure.ts'
import { type Found, fromProfile } from '../config/settings.ts'
import { type Setting, SOURCE_SETTINGS } from '../config/settings_table.ts'
import type { Profile, SharedConfig } from '../config/shared_files.ts'
import type { Sso } from './source.ts'

/** The region is not judged before it is used. */
type FoundSso = Omit<Sso, 'region'> & { readonly region: Found<string> }

/** A profile whose links have been followed: `source` is the profile that its credentials come from. */
export interface LinkedProfile {
  readonly profile: Profile
  readonly source?: LinkedProfile
  readonly sso?: FoundSso | undefined
  /** Whether its role is assumed. A profile that refers to itself lends its keys only, without its role. */
  readonly assumesRole: boolean
}

const { sourceProfile, credentialSource, credentialProcess, webIdentityTokenFile } = SOURCE_SETTINGS
const { ssoSession, ssoStartUrl, ssoRegion, ssoAccountId, ssoRoleName } = SOURCE_SETTINGS

/** Keys that each say how to get credentials: at most one may stand in a profile. All but the command need a role. */
const EXCLUSIVE = [sourceProfile, credentialSource, credentialProcess, webIdentityTokenFile]

/** Longer chains are a mistake: each link is a role to be assumed. */
const MAX_LINKS = 64

/** The value of a key, `undefined` when it is absent or empty. */
export function valueOf(profile: Profile, key: Setting<string>): string | undefined {
  return fromProfile(key, profile)?.value
}

/** Whether a key pair is there; halves are refused by `linkProfile`. */
export function hasKeys(profile: Profile): boolean {
  return valueOf(profile, SOURCE_SETTINGS.accessKeyId) !== undefined
}

/**
 * A profile with every `source_profile` followed, validated step by step as the AWS SDK for Go does, so that a
 * configuration means the same here.
 *
 * @param visited - names on the way here; a second visit takes the profile without its role and link, which ends a loop.
 * @throws {Failure} `profile_...` - a rule is broken; names the profile.
 * @see https://github.com/aws/aws-sdk-go-v2/blob/main/config/shared_config.go (`setFromIniSections`)
 */
export function linkProfile(
  profile: Profile,
  config: SharedConfig,
  visited: ReadonlySet<string> = new Set(),
): LinkedProfile {
  const assumesRole = !visited.has(profile.name)
  assertWholeKeys(profile)
  const named = EXCLUSIVE.filter((key) => valueOf(profile, key) !== undefined)
  const needy = named.find((key) => key !== credentialProcess)
  if (needy !== undefined && valueOf(profile, SOURCE_SETTINGS.roleArn) === undefined) {
    throw failure('profile_no_role', { profile: profile.name, key: needy.key ?? '' })
  }
  // Keys of its own end the chain: a link beyond them is not followed, but the role is assumed with them.
  if (visited.size > 0 && hasKeys(profile)) return { profile, assumesRole }
  if (named.length > 1) {
    const keys = named.map(({ key }) => key).join(', ')
    throw failure('profile_many_sources', { profile: profile.name, keys })
  }
  const sourceName = assumesRole ? valueOf(profile, sourceProfile) : undefined
  if (sourceName === undefined) return { profile, assumesRole, sso: findSso(profile, config) }
  const link = { profile: profile.name, source: sourceName }
  const next = config.get(sourceName)
  if (next === undefined) throw failure('profile_source_missing', link)
  if (visited.size === MAX_LINKS) {
    throw failure('profile_chain', { profile: profile.name, limit: MAX_LINKS })
  }
  const source = linkProfile(next, config, new Set([...visited, profile.name]))
  if (!hasCredentials(source)) throw failure('profile_source_empty', link)
  return { profile, source, assumesRole }
}

function assertWholeKeys(profile: Profile): void {
  const hasSecret = valueOf(profile, SOURCE_SETTINGS.secretAccessKey) !== undefined
  const file = profile.partialKeysIn
  // The merged pair counts too: a half may be left where the other file has neither.
  if (file === undefined && hasSecret === hasKeys(profile)) return
  const where = file === undefined ? 'the merge of both files' : quote(file)
  throw failure('profile_half_keys', { profile: profile.name, where })
}

/** Whether a source profile names credentials of any kind. `login_session` does not count. */
function hasCredentials({ profile, source, sso }: LinkedProfile): boolean {
  if (source !== undefined || sso !== undefined || hasKeys(profile)) return true
  return EXCLUSIVE.some((key) => key !== sourceProfile && valueOf(profile, key) !== undefined)
}

/**
 * What a profile says about IAM Identity Center. With `sso_session` region and start URL stand in a section of their own,
 * which the profile may repeat but not contradict; without it all four stand in the profile. `undefined` when it says nothing:
 * one key is enough to select it.
 *
 * @throws {Failure} `profile_sso` - the section or a key is missing, or the profile contradicts the section.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
export function findSso(profile: Profile, config: SharedConfig): FoundSso | undefined {
  const keys = [ssoSession, ssoStartUrl, ssoRegion, ssoAccountId, ssoRoleName]
  if (keys.every((key) => fromProfile(key, profile) === undefined)) return undefined
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
