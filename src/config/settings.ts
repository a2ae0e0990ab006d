import { Failure, quote } from '../failure.ts'
import type { System } from '../system.ts'
import type { Profile } from './profiles.ts'

/** How a setting's text becomes its value; `undefined` from `parse` means "not acceptable". */
interface Kind<T> {
  readonly parse: (text: string) => T | undefined
  /** What is acceptable, for the error line and the README. */
  readonly accepts: string
}

/** One setting: its variables in order of precedence, then its key in a profile. */
interface Setting<T> extends Kind<T> {
  readonly env: readonly string[]
  readonly key: string | undefined
}

const TEXT: Kind<string> = { parse: (text) => text, accepts: 'any text' }

const SERVICE_URL: Kind<string> = {
  parse: parseServiceUrl,
  accepts: 'an http or https URL without user information, query or fragment',
}

const ENDPOINT_MODE: Kind<'ipv4' | 'ipv6'> = {
  parse: (text) => (['ipv4', 'ipv6'] as const).find((mode) => mode === text.trim().toLowerCase()),
  accepts: 'IPv4 or IPv6',
}

/** Only `true` has an effect, in any case; every other value, even `1`, is no error and does nothing. */
const ONLY_TRUE: Kind<boolean> = {
  parse: (text) => text.toLowerCase() === 'true',
  accepts: 'true; anything else has no effect',
}

/** Every setting that has an effect, once. */
const SETTINGS = {
  caBundle: { env: ['AWS_CA_BUNDLE'], key: 'ca_bundle', ...TEXT },
  endpointUrl: { env: ['AWS_ENDPOINT_URL'], key: undefined, ...SERVICE_URL },
  ecrEndpointUrl: { env: ['AWS_ENDPOINT_URL_ECR'], key: undefined, ...SERVICE_URL },
  ecrPublicEndpointUrl: { env: ['AWS_ENDPOINT_URL_ECR_PUBLIC'], key: undefined, ...SERVICE_URL },
  imdsDisabled: { env: ['AWS_EC2_METADATA_DISABLED'], key: undefined, ...ONLY_TRUE },
  imdsEndpoint: {
    env: ['AWS_EC2_METADATA_SERVICE_ENDPOINT'],
    key: 'ec2_metadata_service_endpoint',
    ...SERVICE_URL,
  },
  imdsEndpointMode: {
    env: ['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'],
    key: 'ec2_metadata_service_endpoint_mode',
    ...ENDPOINT_MODE,
  },
} as const

/** A setting's value and where it was set: a variable's name, or a file and line. */
export interface Found<T> {
  readonly value: T
  readonly origin: string
}

/** Every setting, validated; `undefined` where nothing sets it. */
export type Settings = ReturnType<typeof readSettings>

/**
 * The settings of the environment, then of the profile; the first one that is not empty counts.
 *
 * @throws {Failure} `bad_config` - a value is not acceptable; names the variable or the file and line, never the value.
 */
export function readSettings(env: System['env'], profile: Profile | undefined) {
  function read<T>(setting: Setting<T>): Found<T> | undefined {
    const found = findText(setting, env, profile)
    if (found === undefined) return undefined
    const value = setting.parse(found.value)
    if (value !== undefined) return { value, origin: found.origin }
    throw new Failure('bad_config', `cannot use ${found.origin}: it must be ${setting.accepts}`)
  }
  return {
    caBundle: read(SETTINGS.caBundle),
    endpointUrl: read(SETTINGS.endpointUrl),
    ecrEndpointUrl: read(SETTINGS.ecrEndpointUrl),
    ecrPublicEndpointUrl: read(SETTINGS.ecrPublicEndpointUrl),
    imdsDisabled: read(SETTINGS.imdsDisabled),
    imdsEndpoint: read(SETTINGS.imdsEndpoint),
    imdsEndpointMode: read(SETTINGS.imdsEndpointMode),
  }
}

function findText(
  { env: names, key }: Pick<Setting<unknown>, 'env' | 'key'>,
  env: System['env'],
  profile: Profile | undefined,
): Found<string> | undefined {
  for (const name of names) {
    const value = env[name] ?? ''
    if (value !== '') return { value, origin: name }
  }
  const found = key === undefined ? undefined : profile?.values.get(key)
  if (key === undefined || found === undefined || found.value === '') return undefined
  return { value: found.value, origin: `${key} in ${quote(found.file)} line ${found.line}` }
}

/** The URL as written, without a query or fragment that could change what is signed. */
function parseServiceUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(text)) return undefined
  return URL.parse(text)?.href
}
