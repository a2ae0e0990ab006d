import type { IniValue, Section } from './ini.ts'

/** A value of a profile, and where it was set. */
interface ProfileValue extends IniValue {
  readonly file: string
}

/** A profile, `sso-session` or `services` section after both files have been merged. */
export interface Profile {
  readonly name: string
  readonly values: ReadonlyMap<string, ProfileValue>
  /** Set when one of the two files holds only one half of a key pair: an error if the profile is used. */
  readonly partialKeysIn: string | undefined
}

/**
 * Both files as one: profiles under their bare names, other sections as `sso-session X` and `services X`, and what is none of
 * these under {@link strayKey}.
 */
export type SharedConfig = ReadonlyMap<string, Profile>

/**
 * Key of a section `[X]` of the config file, where only `[profile X]` is a profile. Nothing can ask for it: neither variables
 * nor files that are read have a NUL.
 */
export function strayKey(name: string): string {
  return `\0${name}`
}

const PAIR = ['aws_access_key_id', 'aws_secret_access_key'] as const

/**
 * What the credentials file does not override in a profile that stands in both files. The AWS SDK for Go lists what it may:
 * of the keys that this program reads, all but these, and a key pair only as a whole.
 *
 * @see https://github.com/aws/aws-sdk-go-v2/blob/main/config/shared_config.go (`mergeSections`)
 */
const KEPT: ReadonlySet<string> = new Set([
  'disable_clock_skew_correction',
  'endpoint_url',
  'ignore_configured_endpoint_urls',
  'sdk_ua_app_id',
  'services',
])

/** A section as a profile; `file` is where it stands. */
export function toProfile(name: string, section: Section, file: string): Profile {
  const values = new Map([...section].map(([key, property]) => [key, { ...property, file }]))
  const present = PAIR.filter((key) => values.has(key))
  const filled = PAIR.filter((key) => (values.get(key)?.value ?? '') !== '')
  const partial = present.length === 1 || filled.length === 1
  return { name, values, partialKeysIn: partial ? file : undefined }
}

/** The profiles of the config file with those of the credentials file over them. */
export function mergeProfiles(config: SharedConfig, credentials: SharedConfig): SharedConfig {
  const merged = new Map(config)
  for (const [name, over] of credentials) {
    const under = config.get(name)
    merged.set(name, under === undefined ? over : mergeProfile(under, over))
  }
  return merged
}

function mergeProfile(under: Profile, over: Profile): Profile {
  const hasPair = PAIR.every((key) => over.values.has(key))
  const isHalf = (key: string) => !hasPair && PAIR.some((half) => half === key)
  const isOfServices = under.name.startsWith('services ')
  const overrides = [...over.values].filter(
    ([key]) => !isOfServices && !KEPT.has(key) && !isHalf(key),
  )
  return {
    name: under.name,
    values: new Map([...under.values, ...overrides]),
    partialKeysIn: over.partialKeysIn,
  }
}
