import { quote } from '../base/failure.ts'
import { readTextFile, refuseFile } from '../base/files.ts'
import type { System } from '../base/system.ts'
import { parseIni, type Section, type Sections, whyUnreadable } from './ini.ts'

/** A profile, `sso-session` or `services` section after both files have been merged. */
export interface Profile {
  readonly name: string
  readonly values: Section
  /**
   * The file that holds only one half of a key pair: an error if the profile is used. Of a profile in both files only the
   * credentials file is looked at, as in the AWS SDK for Go.
   */
  readonly partialKeysIn: string | undefined
}

/**
 * Both files as one: profiles under their bare names, other sections as `sso-session X` and `services X`, and what is none of
 * these behind {@link STRAY}.
 */
export type SharedConfig = ReadonlyMap<string, Profile>

/**
 * Marks a section `[X]` of the config file, where only `[profile X]` is a profile, so that the error for a missing profile can
 * point to it. No configuration can name it: neither a variable nor a file that is accepted holds a NUL.
 */
export const STRAY = '\0'

/** Real files are a few KiB, generated ones hold profiles by the thousand; two of this size take up to 150 MB and 1.5 s. */
const MAX_CONFIG_BYTES = 1024 * 1024

/**
 * The shared config and credentials files, merged. A file that does not exist is an empty one.
 *
 * @throws {Failure} `config_file` - a file exists but cannot be read, or is not what it should be.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function readSharedConfig(
  system: Pick<System, 'env' | 'readFile' | 'homeDirectory' | 'step'>,
): Promise<SharedConfig> {
  const { AWS_CONFIG_FILE: config = '', AWS_SHARED_CREDENTIALS_FILE: credentials = '' } = system.env
  const configFile = config === '' ? await inHome('.aws/config', system) : config
  const credentialsFile =
    credentials === '' ? await inHome('.aws/credentials', system) : credentials
  system.step(
    `reading ${quote(configFile ?? 'no config file')} and ${quote(credentialsFile ?? 'no credentials file')}`,
  )
  async function readSections(name: string, path: string | undefined): Promise<Sections> {
    if (path === undefined) return new Map()
    const refuse = refuseFile(name, path)
    const text = (await readTextFile({ path, maxBytes: MAX_CONFIG_BYTES, refuse }, system)) ?? ''
    if (text === '') return new Map()
    const sections = parseIni(text, path)
    const state = whyUnreadable(text, sections)
    if (state === undefined) return sections
    throw refuse(`it ${state}`)
  }
  const above = readSections('the credentials file', credentialsFile)
  // What is wrong with the config file is said first, whichever is read first.
  above.catch(() => undefined)
  const underneath = configProfiles(await readSections('the config file', configFile))
  return mergeProfiles(underneath, await above)
}

/** A path below the home directory (`HOME`, else the user database's); `undefined` when there is no such directory. */
export async function inHome(
  path: string,
  system: Pick<System, 'env' | 'homeDirectory'>,
): Promise<string | undefined> {
  const { HOME: own = '' } = system.env
  const home = own === '' ? await system.homeDirectory() : own
  return home === undefined ? undefined : `${home}/${path}`
}

/** In the config file profiles are called `profile X`, but for `default`, which may be called either way. */
function configProfiles(sections: Sections): SharedConfig {
  const profiles = new Map<string, Profile>()
  for (const [header, section] of sections) {
    const name = header.replace(/^profile /, '')
    const isKnown = header !== name || /^(default$|sso-session |services )/.test(header)
    // `[profile default]` beats `[default]` entirely.
    if (header === 'default' && sections.has('profile default')) continue
    profiles.set(isKnown ? name : `${STRAY}${name}`, toProfile(name, section))
  }
  return profiles
}

const PAIR = ['aws_access_key_id', 'aws_secret_access_key'] as const

/**
 * What the credentials file does not override in a profile that stands in both files. The AWS SDK for Go lists what it may:
 * of the keys that this program reads, all but these, and a key pair only as a whole.
 *
 * @see https://github.com/aws/aws-sdk-go-v2/blob/main/config/shared_config.go (`mergeSections`)
 */
const KEPT = [
  'disable_clock_skew_correction',
  'endpoint_url',
  'ignore_configured_endpoint_urls',
  'sdk_ua_app_id',
  'services',
]

/** A section as a profile. */
export function toProfile(name: string, values: Section): Profile {
  const present = PAIR.flatMap((key) => values.get(key) ?? [])
  const filled = present.filter(({ value }) => value !== '')
  const isPartial = present.length === 1 || filled.length === 1
  return { name, values, partialKeysIn: isPartial ? present[0]?.file : undefined }
}

/** The profiles of the config file with those of the credentials file over them, where every section is one under its bare name. */
export function mergeProfiles(config: SharedConfig, credentials: Sections): SharedConfig {
  const merged = new Map(config)
  for (const [name, values] of credentials) {
    if (name.startsWith('profile ')) continue
    const under = config.get(name)
    const over = toProfile(name, values)
    merged.set(name, under === undefined ? over : mergeProfile(under, over))
  }
  return merged
}

function mergeProfile(under: Profile, over: Profile): Profile {
  const hasPair = PAIR.every((key) => over.values.has(key))
  const kept = new Set<string>([...KEPT, ...(hasPair ? [] : PAIR)])
  const overrides = [...over.values].filter(([key]) => !kept.has(key))
  // A services section stands as the config file has it.
  const added = under.name.startsWith('services ') ? [] : overrides
  return { ...over, values: new Map([...under.values, ...added]) }
}
