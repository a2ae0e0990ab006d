import type { Setting } from '../config/kinds.ts'
import { fromEnvironment } from '../config/settings.ts'
import { SOURCES } from '../config/source_settings.ts'
import { Failure } from '../failure.ts'
import type { System } from '../system.ts'
import type { Credentials } from './credentials.ts'
import type { Container, WebIdentity } from './source.ts'

/**
 * The keys in the environment, or `undefined` unless both halves are there; one half alone is passed over, as in the AWS
 * SDK for Go. A value of white space only counts as missing.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 */
export function readEnvironmentKeys(env: System['env']): Credentials | undefined {
  const find = ({ env: names }: Setting<string>) =>
    names.map((name) => env[name] ?? '').find((value) => value.trim() !== '')
  const accessKeyId = find(SOURCES.accessKeyId)
  const secretAccessKey = find(SOURCES.secretAccessKey)
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = find(SOURCES.sessionToken)
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    source: 'environment',
    expiresAtMs: undefined,
  }
}

/**
 * The web identity in the environment, as EKS sets it for service accounts.
 *
 * @throws {Failure} `bad_config` - a token file without a role.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 */
export function readEnvironmentWebIdentity(env: System['env']): WebIdentity | undefined {
  const tokenFile = fromEnvironment(SOURCES.webIdentityTokenFile, env)
  if (tokenFile === undefined) return undefined
  const roleArn = fromEnvironment(SOURCES.roleArn, env)?.value
  if (roleArn === undefined) {
    throw new Failure('bad_config', `cannot use ${tokenFile.origin} without AWS_ROLE_ARN`)
  }
  const sessionName = fromEnvironment(SOURCES.roleSessionName, env)?.value
  return { tokenFile: tokenFile.value, roleArn, sessionName }
}

/** The ECS agent's fixed address, below which a relative URI lies. */
const ECS_ENDPOINT = 'http://169.254.170.2'

/**
 * Where a container's credentials are, or `undefined` outside one. A relative URI wins over a full one.
 *
 * @throws {Failure} `bad_config` - not a path, or not a URL.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function readContainer(env: System['env']): Container | undefined {
  const relative = fromEnvironment(SOURCES.containerRelativeUri, env)
  if (relative !== undefined) {
    // Without the slash the value would become part of the host name.
    if (/^\/[\x21-\x7e]*$/.test(relative.value)) {
      return { url: `${ECS_ENDPOINT}${relative.value}`, origin: relative.origin }
    }
    throw new Failure(
      'bad_config',
      `cannot use ${relative.origin}: it must be a path that begins with /`,
    )
  }
  const full = fromEnvironment(SOURCES.containerFullUri, env)
  if (full === undefined) return undefined
  const url = URL.parse(full.value)
  if (
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username + url.password === ''
  ) {
    return { url: url.href, origin: full.origin }
  }
  throw new Failure(
    'bad_config',
    `cannot use ${full.origin}: it must be an http or https URL without user information`,
  )
}
