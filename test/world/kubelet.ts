import { parseDuration } from './duration.ts'
import { type Json, type JsonObject, parseStrictJson } from './json.ts'
import { matchImage } from './match.ts'

/** A plugin's answer as a kubelet takes it. */
interface Answer {
  readonly apiVersion: string
  readonly cacheKeyType: 'Image' | 'Registry' | 'Global'
  /** `undefined` makes the kubelet use the configured default. */
  readonly cacheDurationMs: number | undefined
  readonly auth: ReadonlyMap<string, Credentials>
}

/** User name and password for one auth key. */
interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * The answer on a plugin's stdout, or an error where a kubelet would not accept it: strict decoding, one document,
 * the version it asked for, a known cache key type, a Go duration.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/credentialprovider/plugin/plugin.go
 */
export function readAnswer(stdout: string, expectedApiVersion: string): Answer {
  const answer = readObject(parseStrictJson(stdout), 'the answer')
  refuseUnknown(answer, ['kind', 'apiVersion', 'cacheKeyType', 'cacheDuration', 'auth'])
  const apiVersion = readString(answer, 'apiVersion')
  if (apiVersion !== expectedApiVersion) {
    throw new Error(`apiVersion is '${apiVersion}', not '${expectedApiVersion}'`)
  }
  const kind = readString(answer, 'kind')
  if (kind !== 'CredentialProviderResponse') throw new Error(`kind is '${kind}'`)
  return {
    apiVersion,
    cacheKeyType: readCacheKeyType(answer),
    cacheDurationMs: readCacheDuration(answer),
    auth: readAuth(answer),
  }
}

/** What a kubelet would try for an image, in its order; empty means an anonymous pull. */
export function findCredentials(
  answer: Answer,
  image: string,
): readonly (Credentials & { readonly key: string })[] {
  return [...answer.auth]
    .map(([key, credentials]) => ({ key: shortenKey(key), ...credentials }))
    .filter(({ key }) => matchImage(key, image))
    .toSorted((left, right) => (left.key < right.key ? 1 : -1))
}

/** The key without the scheme, the API version and a lone slash, as the kubelet's keyring keeps it. */
function shortenKey(key: string): string {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]*)(.*)$/s.exec(key) ?? []
  const rest = path.replace(/^\/v[12](?=\/)/, '')
  return rest === '/' ? host : host + rest
}

function readCacheKeyType(answer: JsonObject): Answer['cacheKeyType'] {
  const value = readString(answer, 'cacheKeyType')
  if (value === 'Image' || value === 'Registry' || value === 'Global') return value
  throw new Error(`cacheKeyType is '${value}'`)
}

function readCacheDuration(answer: JsonObject): number | undefined {
  const value = answer.get('cacheDuration') ?? null
  if (value === null) return undefined
  if (typeof value !== 'string') throw new Error('cacheDuration is not a string')
  return parseDuration(value)
}

function readAuth(answer: JsonObject): ReadonlyMap<string, Credentials> {
  const value = answer.get('auth') ?? null
  if (value === null) return new Map()
  const entries = [...readObject(value, 'auth')].map(([key, entry]) => {
    const fields = readObject(entry, `auth of '${key}'`)
    refuseUnknown(fields, ['username', 'password'])
    const credentials = {
      username: readString(fields, 'username'),
      password: readString(fields, 'password'),
    }
    return [key, credentials] as const
  })
  return new Map(entries)
}

function readObject(value: Json, name: string): JsonObject {
  if (value instanceof Map) return value
  throw new Error(`${name} is not an object`)
}

/** As in Go, a string that is absent or `null` is empty. */
function readString(object: JsonObject, field: string): string {
  const value = object.get(field) ?? ''
  if (typeof value === 'string') return value
  throw new Error(`${field} is not a string`)
}

function refuseUnknown(object: JsonObject, known: readonly string[]): void {
  const unknown = [...object.keys()].find((field) => !known.includes(field))
  if (unknown !== undefined) throw new Error(`Unknown field '${unknown}'`)
}
