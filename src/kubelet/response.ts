import type { RegistryToken } from '../ecr/token.ts'
import type { Request } from './request.ts'

/**
 * The one JSON document for stdout, ending in a newline. It has exactly the fields the kubelet knows, since the kubelet
 * decodes strictly and drops an answer with any other.
 *
 * @param authKey - `host[:port]` exactly as in the image: the kubelet compares ports as text, absent is not 443.
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/
 */
export function formatResponse(
  apiVersion: Request['apiVersion'],
  authKey: string,
  { username, password, lifeMs }: RegistryToken,
): string {
  const response = {
    kind: 'CredentialProviderResponse',
    apiVersion,
    // One ECR token opens every repository of its registry host.
    cacheKeyType: 'Registry',
    cacheDuration: cacheDuration(lifeMs),
    auth: { [authKey]: { username, password } },
  }
  return `${JSON.stringify(response)}\n`
}

/**
 * Half of what is left of the token's life, as a Go duration in whole seconds. Half, so that a cached token always has
 * as much life left as it has been kept. `0s` (do not cache) when nothing is left or nothing is known: `null` would make
 * the kubelet fall back to its configured default, often 12 h, and keep a dead token that long.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function cacheDuration(lifeMs: number): string {
  return `${Math.floor(lifeMs / 2000)}s`
}
