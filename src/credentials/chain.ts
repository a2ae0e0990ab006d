import type { Profile, SharedConfig } from '../config/profiles.ts'
import type { Settings } from '../config/settings.ts'
import { Failure, quote } from '../failure.ts'
import type { Network } from '../http.ts'
import type { System } from '../system.ts'
import type { Credentials } from './credentials.ts'
import { readEnvironmentKeys } from './environment.ts'
import { fetchInstanceCredentials } from './imds.ts'
import { readProfileKeys } from './profile.ts'

/** Variables that select a source which this version does not have. */
const OTHER_SOURCES = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const

/**
 * The profile in use, or `undefined` when none was asked for and there is no `default`. Only a profile that `AWS_PROFILE`
 * names must exist.
 *
 * @throws {Failure} `bad_config` - `AWS_PROFILE` names a profile that neither file has.
 */
export function selectProfile(config: SharedConfig, env: System['env']): Profile | undefined {
  const { AWS_PROFILE: asked = '', AWS_DEFAULT_PROFILE: fallback = '' } = env
  const profile = config.get([asked, fallback].find((name) => name !== '') ?? 'default')
  if (profile === undefined && asked !== '') {
    throw new Failure(
      'bad_config',
      `cannot find profile ${quote(asked)} (from AWS_PROFILE) in the config and credentials files`,
    )
  }
  return profile
}

/** What the selection looks at. */
export interface ChainInput {
  readonly env: System['env']
  readonly profile: Profile | undefined
  readonly settings: Settings
}

/**
 * The credentials to sign with. The source is selected from configuration alone, before any input or output: environment
 * keys, else what the profile names, else the instance's role. What is selected and fails, fails the run; no other source
 * is tried, so the node never signs with an identity that nobody configured.
 *
 * @throws {Failure} of the selected source.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function findCredentials(input: ChainInput, network: Network): Promise<Credentials> {
  // A profile is validated even when the environment has keys: a broken one is an error to be told, not to be met later.
  const profileKeys = input.profile === undefined ? undefined : readProfileKeys(input.profile)
  const environmentKeys = readEnvironmentKeys(input.env)
  if (environmentKeys !== undefined) return environmentKeys
  refuse(input.env, ['AWS_WEB_IDENTITY_TOKEN_FILE'])
  if (profileKeys !== undefined) return profileKeys
  refuse(input.env, OTHER_SOURCES)
  return fetchInstanceCredentials(input.settings, network)
}

function refuse(env: System['env'], names: readonly string[]): void {
  const name = names.find((variable) => (env[variable] ?? '') !== '')
  if (name === undefined) return
  throw new Failure(
    'bad_config',
    `cannot find AWS credentials: ${name} is not supported by this version`,
  )
}
