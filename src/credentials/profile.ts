import { failure, quote } from '../base/failure.ts'
import { fromProfile } from '../config/settings.ts'
import { type Setting, SOURCES } from '../config/settings_table.ts'
import type { Profile, SharedConfig } from '../config/shared_files.ts'
import { findSso, hasSsoKeys } from './sso_profile.ts'

/** A profile whose links have been followed: `source` is the profile that its credentials come from. */
export interface LinkedProfile {
  readonly profile: Profile
  readonly source: LinkedProfile | undefined
  /** Whether its role is assumed. A profile that refers to itself lends its keys only, without its role. */
  readonly assumesRole: boolean
}

const { sourceProfile, credentialSource, credentialProcess, webIdentityTokenFile } = SOURCES

/** Keys that each say how to get credentials: at most one of them may stand in a profile. */
const EXCLUSIVE = [sourceProfile, credentialSource, credentialProcess, webIdentityTokenFile]

/** Keys that say how to assume a role, and mean nothing without one. */
const NEED_ROLE = [sourceProfile, credentialSource, webIdentityTokenFile]

/** Longer chains are a mistake: each link is a role to be assumed. */
const MAX_LINKS = 64

/** The value of a key, `undefined` when it is absent or empty. */
export function valueOf(profile: Profile, key: Setting<string>): string | undefined {
  return fromProfile(key, profile)?.value
}

/** Whether a key pair is there; halves are refused by `linkProfile`. */
export function hasKeys(profile: Profile): boolean {
  return valueOf(profile, SOURCES.accessKeyId) !== undefined
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
  if (assumesRole) assertRole(profile)
  // Keys of its own end the chain: a link beyond them is not followed, but the role is assumed with them.
  if (visited.size > 0 && hasKeys(profile)) return { profile, source: undefined, assumesRole }
  const sourceName = assumesRole ? valueOf(profile, sourceProfile) : undefined
  assertOneSource(profile, { ignoreLink: !assumesRole })
  if (sourceName === undefined) {
    if (hasSsoKeys(profile)) findSso(profile, config)
    return { profile, source: undefined, assumesRole }
  }
  const next = config.get(sourceName)
  if (next === undefined) {
    throw failure('profile_source_missing', { profile: profile.name, source: sourceName })
  }
  if (visited.size === MAX_LINKS) {
    throw failure('profile_chain', { profile: profile.name, limit: MAX_LINKS })
  }
  const source = linkProfile(next, config, new Set([...visited, profile.name]))
  if (!hasCredentials(source)) {
    throw failure('profile_source_empty', { profile: profile.name, source: sourceName })
  }
  return { profile, source, assumesRole }
}

function assertWholeKeys(profile: Profile): void {
  const halves = [SOURCES.accessKeyId, SOURCES.secretAccessKey].filter(
    (key) => valueOf(profile, key) !== undefined,
  )
  // The merged pair counts too: a half may be left where the other file has neither.
  if (profile.partialKeysIn === undefined && halves.length !== 1) return
  const file = profile.partialKeysIn
  const where = file === undefined ? 'the merge of both files' : quote(file)
  throw failure('profile_half_keys', { profile: profile.name, where })
}

function assertRole(profile: Profile): void {
  const needy = NEED_ROLE.find((key) => valueOf(profile, key) !== undefined)
  if (needy === undefined || valueOf(profile, SOURCES.roleArn) !== undefined) return
  throw failure('profile_no_role', { profile: profile.name, key: needy.key ?? '' })
}

function assertOneSource(profile: Profile, { ignoreLink }: { readonly ignoreLink: boolean }): void {
  const named = EXCLUSIVE.filter(
    (key) => valueOf(profile, key) !== undefined && !(ignoreLink && key === sourceProfile),
  )
  if (named.length < 2) return
  const keys = named.map(({ key }) => key).join(', ')
  throw failure('profile_many_sources', { profile: profile.name, keys })
}

/** Whether a source profile names credentials of any kind. `login_session` does not count. */
function hasCredentials({ profile, source }: LinkedProfile): boolean {
  if (source !== undefined || hasKeys(profile) || hasSsoKeys(profile)) return true
  return EXCLUSIVE.some((key) => key !== sourceProfile && valueOf(profile, key) !== undefined)
}
