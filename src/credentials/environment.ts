import type { Credentials } from '../aws/credentials.ts'
import { failure } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { type Found, fromEnvironment, validate } from '../config/settings.ts'
import { type Kind, type Setting, SOURCE_SETTINGS } from '../config/settings_table.ts'
import type { WebIdentity } from './source.ts'

/** Variables that say nothing alone, each with the one that it needs. */
const PARTNERS = [
  [SOURCE_SETTINGS.accessKeyId, SOURCE_SETTINGS.secretAccessKey],
  [SOURCE_SETTINGS.secretAccessKey, SOURCE_SETTINGS.accessKeyId],
  [SOURCE_SETTINGS.sessionToken, SOURCE_SETTINGS.accessKeyId],
  [SOURCE_SETTINGS.roleArn, SOURCE_SETTINGS.webIdentityTokenFile],
] as const

/** Says which variables count as unset because their partner is missing: they do not make the run fail. */
export function sayUnpaired({ env, step }: Pick<System, 'env' | 'step'>): void {
  for (const [setting, partner] of PARTNERS) {
    const found = findKey(setting, env)
    if (found !== undefined && findKey(partner, env) === undefined)
      step(`passing over ${found.origin}: it means nothing without ${partner.env.join(' or ')}`)
  }
}

/**
 * The keys in the environment, or `undefined` unless both halves are there; one half alone is passed over, as in the AWS
 * SDKs for Go, Java and JavaScript. A value of white space only counts as missing.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 */
export function readEnvironmentKeys(env: System['env']): Credentials | undefined {
  const accessKeyId = findKey(SOURCE_SETTINGS.accessKeyId, env)?.value
  const secretAccessKey = findKey(SOURCE_SETTINGS.secretAccessKey, env)?.value
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = findKey(SOURCE_SETTINGS.sessionToken, env)?.value
  return { accessKeyId, secretAccessKey, sessionToken, label: 'environment' }
}

function findKey(setting: Setting<string>, env: System['env']): Found<string> | undefined {
  return fromEnvironment(setting, env, (text) => text.trim() !== '')
}

/**
 * The web identity in the environment, as EKS sets it for service accounts.
 *
 * @throws {Failure} `config_alone` - a token file without a role.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 */
export function readEnvironmentWebIdentity(env: System['env']): WebIdentity | undefined {
  const tokenFile = fromEnvironment(SOURCE_SETTINGS.webIdentityTokenFile, env)
  if (tokenFile === undefined) return undefined
  const arn = fromEnvironment(SOURCE_SETTINGS.roleArn, env)?.value
  if (arn === undefined) {
    throw failure('config_alone', { origin: tokenFile.origin, other: 'AWS_ROLE_ARN' })
  }
  const sessionName = fromEnvironment(SOURCE_SETTINGS.roleSessionName, env)?.value
  return { tokenFile: tokenFile.value, arn, sessionName }
}

/** A path at the ECS agent's fixed address. Without the slash the value would become part of the host name. */
const RELATIVE_URI: Kind<string> = {
  parse: (text) => (/^\/[\x21-\x7e]*$/.test(text) ? `http://169.254.170.2${text}` : undefined),
  accepts: 'a path that begins with /',
}

const FULL_URI: Kind<string> = {
  parse: (text) => {
    const { protocol = '', username, password, href } = URL.parse(text) ?? {}
    return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined
  },
  accepts: 'an http or https URL without user information',
}

/**
 * The URL of a container's credentials, or `undefined` outside one. A relative URI wins over a full one.
 *
 * @throws {Failure} `config_value` - not a path, or not a URL.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function readContainer(env: System['env']): Found<string> | undefined {
  const relative = fromEnvironment(SOURCE_SETTINGS.containerRelativeUri, env)
  if (relative !== undefined) return validate(RELATIVE_URI, relative)
  const full = fromEnvironment(SOURCE_SETTINGS.containerFullUri, env)
  return full === undefined ? undefined : validate(FULL_URI, full)
}
