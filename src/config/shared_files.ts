import { failure, quote } from '../base/failure.ts'
import { readTextFile } from '../base/files.ts'
import type { System } from '../base/system.ts'
import { headerOf, isText, parseIni, type Section } from './ini.ts'
import { mergeProfiles, type Profile, type SharedConfig, strayKey, toProfile } from './profiles.ts'

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
    if (path === undefined) return { file: '', sections: new Map() }
    const text = (await readTextFile({ path, name, maxBytes: MAX_CONFIG_BYTES }, system)) ?? ''
    const sections = parseIni(text)
    const state = whyUnreadable(text, sections)
    if (state === undefined) return { file: path, sections }
    throw failure('config_file', { name, path, reason: `it ${state}` })
  }
  const [underneath, above] = await Promise.all([
    readSections('the config file', configFile),
    readSections('the credentials file', credentialsFile),
  ])
  return mergeProfiles(configProfiles(underneath), credentialsProfiles(above))
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

interface Sections {
  readonly file: string
  readonly sections: ReadonlyMap<string, Section>
}

/**
 * Why nothing, or less than its author meant, would be read from a file, `undefined` where all is well. Passing over such a
 * file would leave the node's own role to sign.
 */
function whyUnreadable(text: string, sections: Sections['sections']): string | undefined {
  const isLost = sections.size === 0 && text.split('\n').some(isText)
  // Its mark is no UTF-8. Without one, the first of its characters is one of ASCII beside a NUL.
  if (isLost && /^(?:\uFFFD\uFFFD|[^\0\uFFFD]\0|\0[^\0\uFFFD])/.test(text))
    return 'is UTF-16: save it as UTF-8'
  if ((isLost && text.includes('\uFFFD')) || text.includes('\0')) return 'is not text in UTF-8'
  // All of such a file is one line: a comment, or a header with a comment, however much is behind it.
  if (/\r[^\r\n]/.test(text)) return 'ends lines with CR alone: save it with LF'
  if (isLost) return 'has text, but no line is a [section]'
  // What stands below would become part of the section above.
  const open = text
    .split('\n')
    .findIndex((line) => line.startsWith('[') && headerOf(line) === undefined)
  return open === -1 ? undefined : `has a [ without its ] in line ${open + 1}`
}

/** In the config file profiles are called `profile X`, but for `default`, which may be called either way. */
function configProfiles({ file, sections }: Sections): SharedConfig {
  const profiles = new Map<string, Profile>()
  for (const [header, section] of sections) {
    const name = header.replace(/^profile /, '')
    const isKnown = header !== name || /^(default$|sso-session |services )/.test(header)
    // `[profile default]` beats `[default]` entirely.
    if (header === 'default' && sections.has('profile default')) continue
    profiles.set(isKnown ? name : strayKey(name), toProfile(name, section, file))
  }
  return profiles
}

/** In the credentials file every section is a profile under its bare name. */
function credentialsProfiles({ file, sections }: Sections): SharedConfig {
  return new Map(
    [...sections]
      .filter(([header]) => !header.startsWith('profile '))
      .map(([header, section]) => [header, toProfile(header, section, file)]),
  )
}
