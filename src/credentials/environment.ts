import type { System } from '../system.ts'
import type { Credentials } from './credentials.ts'

/**
 * The keys in the environment, or `undefined` unless both halves are there; one half alone is passed over, as in the AWS
 * SDK for Go. A value of white space only counts as missing.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
 */
export function readEnvironmentKeys(env: System['env']): Credentials | undefined {
  const accessKeyId = firstFilled(env, ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'])
  const secretAccessKey = firstFilled(env, ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'])
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: firstFilled(env, ['AWS_SESSION_TOKEN']),
    source: 'environment',
    expiresAtMs: undefined,
  }
}

function firstFilled(env: System['env'], names: readonly string[]): string | undefined {
  return names.map((name) => env[name] ?? '').find((value) => value.trim() !== '')
}
