import type { Credentials } from '../aws/credentials.ts'
import { failure, quote } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { validate } from '../config/settings.ts'
import { REGION, SOURCE_SETTINGS } from '../config/settings_table.ts'
import { type Profile, type SharedConfig, STRAY } from '../config/shared_files.ts'
import { readContainer, readEnvironmentKeys, readEnvironmentWebIdentity } from './environment.ts'
import { hasKeys, type LinkedProfile, linkProfile, valueOf } from './profile.ts'
import type { AssumedRole, Source } from './source.ts'

type Env = System['env']

/** Shortest life of a role session, in seconds, and what is asked for unless the profile wants at least a minute more. */
const MIN_DURATION_SECONDS = 900

/**
 * The profile in use, or `undefined` when none was asked for and there is no `default`. Only a profile that `AWS_PROFILE`
 * names must exist.
 *
 * @throws {Failure} `profile_missing`, `profile_header` - `AWS_PROFILE` names a profile that neither file has.
 */
export function selectProfile(config: SharedConfig, env: Env): Profile | undefined {
  const { AWS_PROFILE: asked = '', AWS_DEFAULT_PROFILE: fallback = '' } = env
  const profile = config.get([asked, fallback].find((name) => name !== '') ?? 'default')
  if (profile === undefined && asked !== '') {
    const stray = config.get(`${STRAY}${asked}`)
    if (stray === undefined) throw failure('profile_missing', { profile: asked })
    const [value] = stray.values.values()
    const file = value === undefined ? 'the config file' : quote(value.file)
    throw failure('profile_header', { profile: asked, file })
  }
  return profile
}

/**
 * The one source of credentials, selected from configuration alone, before anything is asked: keys, else a web identity,
 * both of the environment, else what the profile names, else a container's, else the instance's role.
 *
 * @throws {Failure} `profile_...` - the profile breaks a rule, even when the environment wins, as in the AWS SDK for Go;
 * `config_...` - a variable or key of the source is not acceptable, or lacks the one that it needs.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function selectSource(profile: Profile | undefined, config: SharedConfig, env: Env): Source {
  const linked = profile === undefined ? undefined : linkProfile(profile, config)
  const keys = readEnvironmentKeys(env)
  if (keys !== undefined) return { kind: 'keys', keys }
  const identity = readEnvironmentWebIdentity(env)
  if (identity !== undefined) return { kind: 'web_identity', identity }
  if (linked !== undefined) return fromLinkedProfile(linked, env)
  return ambientSource("there is no profile 'default'", env)
}

function fromLinkedProfile(linked: LinkedProfile, env: Env): Source {
  const { profile, source, assumesRole } = linked
  const base = source === undefined ? ownSource(linked, env) : fromLinkedProfile(source, env)
  const arn = assumesRole ? valueOf(profile, SOURCE_SETTINGS.roleArn) : undefined
  // A web identity already is the role's.
  if (arn === undefined || (source === undefined && base.kind === 'web_identity')) return base
  return { kind: 'role', role: readRole(profile, arn), base }
}

/** What a profile names itself, in the order of the AWS SDK for Go. */
function ownSource({ profile, sso }: LinkedProfile, env: Env): Source {
  if (hasKeys(profile)) return { kind: 'keys', keys: readKeys(profile) }
  const credentialSource = valueOf(profile, SOURCE_SETTINGS.credentialSource)
  if (credentialSource !== undefined) return namedSource(credentialSource, profile, env)
  const tokenFile = valueOf(profile, SOURCE_SETTINGS.webIdentityTokenFile)
  const arn = valueOf(profile, SOURCE_SETTINGS.roleArn)
  if (tokenFile !== undefined && arn !== undefined) {
    const sessionName = valueOf(profile, SOURCE_SETTINGS.roleSessionName)
    return { kind: 'web_identity', identity: { tokenFile, arn, sessionName } }
  }
  if (sso !== undefined) {
    // It becomes part of a host's name.
    return { kind: 'sso', sso: { ...sso, region: validate(REGION, sso.region).value } }
  }
  if (valueOf(profile, SOURCE_SETTINGS.loginSession) !== undefined) {
    throw failure('profile_login_session', { profile: profile.name })
  }
  const command = valueOf(profile, SOURCE_SETTINGS.credentialProcess)
  if (command !== undefined) return { kind: 'process', command, profile: profile.name }
  return ambientSource(`profile ${quote(profile.name)} names no source`, env)
}

function namedSource(name: string, profile: Profile, env: Env): Source {
  const refuse = (reason: string) =>
    failure('profile_credential_source', { profile: profile.name, reason })
  switch (name) {
    case 'Ec2InstanceMetadata':
      return { kind: 'instance', reason: `profile ${quote(profile.name)} names it` }
    case 'EcsContainer': {
      const url = readContainer(env)
      if (url !== undefined) return { kind: 'container', url }
      throw refuse('is EcsContainer, but no container variable is set')
    }
    case 'Environment':
      // Keys in the environment win over every profile, so there are none.
      throw refuse('is Environment, but the environment has no keys')
    default:
      throw refuse('must be Environment, Ec2InstanceMetadata or EcsContainer')
  }
}

function ambientSource(profileState: string, env: Env): Source {
  const url = readContainer(env)
  if (url !== undefined) return { kind: 'container', url }
  const reason = `the environment has no keys, ${profileState}, and there is no container endpoint`
  return { kind: 'instance', reason }
}

function readKeys(profile: Profile): Credentials {
  return {
    accessKeyId: valueOf(profile, SOURCE_SETTINGS.accessKeyId) ?? '',
    secretAccessKey: valueOf(profile, SOURCE_SETTINGS.secretAccessKey) ?? '',
    sessionToken: valueOf(profile, SOURCE_SETTINGS.sessionToken),
    label: `profile ${quote(profile.name)}`,
  }
}

function readRole(profile: Profile, arn: string): AssumedRole {
  if (valueOf(profile, SOURCE_SETTINGS.mfaSerial) !== undefined) {
    throw failure('profile_mfa', { profile: profile.name })
  }
  return {
    arn,
    sessionName: valueOf(profile, SOURCE_SETTINGS.roleSessionName),
    externalId: valueOf(profile, SOURCE_SETTINGS.externalId),
    durationSeconds: durationOf(valueOf(profile, SOURCE_SETTINGS.durationSeconds) ?? ''),
  }
}

/** The SDK for Go compares whole minutes and ignores what is no number; so a profile means the same here. */
function durationOf(text: string): number {
  const seconds = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  return seconds >= MIN_DURATION_SECONDS + 60 ? seconds : MIN_DURATION_SECONDS
}
