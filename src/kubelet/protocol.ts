import * as v from 'valibot'

import { decode, NonEmpty, parseJson, type Refuse } from '../base/decode.ts'
import { failure } from '../base/failure.ts'
import type { RegistryToken } from '../ecr/token.ts'

const refuse: Refuse = (reason) => failure('request_form', { reason })

/** All three were served by every kubelet from 1.26 on; older ones know one or two of them. */
const API_VERSIONS = [
  'credentialprovider.kubelet.k8s.io/v1',
  'credentialprovider.kubelet.k8s.io/v1beta1',
  'credentialprovider.kubelet.k8s.io/v1alpha1',
] as const

// `v.object` lets unknown fields pass: newer kubelets add some.
const CredentialProviderRequest = v.object({
  apiVersion: v.picklist(API_VERSIONS),
  kind: v.literal('CredentialProviderRequest'),
  image: NonEmpty,
  // With `tokenAttributes` in the kubelet's configuration (KEP-4412), for images of pods with a service account.
  serviceAccountToken: v.optional(v.string(), ''),
  serviceAccountAnnotations: v.nullish(v.record(v.string(), v.string()), {}),
})

/**
 * One question of the kubelet. `image` has neither tag nor digest when a kubelet sends it, but may have a port;
 * `serviceAccountToken` is empty when there is none.
 */
type Request = v.InferOutput<typeof CredentialProviderRequest>

/** Largest request read, in bytes. Real ones are under 4 KiB, most of it a service-account token. */
export const MAX_REQUEST_BYTES = 1024 * 1024

/**
 * The kubelet's request.
 *
 * @throws {Failure} `request_empty`; `request_form` - too large, not JSON, another kind or API version, or without an image.
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/
 */
export function parseRequest(bytes: Uint8Array): Request {
  if (bytes.length > MAX_REQUEST_BYTES) throw refuse(`it is larger than ${MAX_REQUEST_BYTES} bytes`)
  if (bytes.length === 0) throw failure('request_empty', {})
  return decode(CredentialProviderRequest, parseJson(bytes, refuse), refuse)
}

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
