import * as v from 'valibot'

import { decodeIfValid } from '../../../base/decode.ts'
import type { HttpAnswer } from '../../../net/network.ts'

/** What a manifest leads to: one blob of an image, or the manifests of an index. */
export interface Manifest {
  /** Of a layer, else of the configuration; `undefined` in an index. */
  readonly blob: string | undefined
  readonly platforms: readonly { readonly digest: string; readonly name: string }[]
}

/** The forms of manifests that container runtimes ask for. */
export function manifestTypes(): string {
  return [
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ].join(', ')
}

/**
 * A manifest, `undefined` for what is none.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export function parseManifest({ body }: HttpAnswer): Manifest | undefined {
  // They become part of a path.
  const Blob = v.object({
    digest: v.pipe(
      v.string(),
      v.check((digest) => /^sha256:[0-9a-f]{64}$/.test(digest)),
    ),
  })
  const Platform = v.optional(v.object({ os: v.string(), architecture: v.string() }))
  const Form = v.object({
    config: v.optional(Blob),
    layers: v.optional(v.tupleWithRest([], Blob), []),
    manifests: v.optional(
      v.tupleWithRest([], v.object({ ...Blob.entries, platform: Platform })),
      [],
    ),
  })
  const { config, layers = [], manifests = [] } = decodeIfValid(Form, body) ?? {}
  const platforms = manifests.map(({ digest, platform }) => ({
    digest,
    name: platform === undefined ? '' : `${platform.os}/${platform.architecture}`,
  }))
  const blob = (layers[0] ?? config)?.digest
  return blob === undefined && platforms.length === 0 ? undefined : { blob, platforms }
}

/** The digest that the registry gives a manifest, shortened for people; empty where it gives none. */
export function shortDigest({ headers }: HttpAnswer): string {
  const digest = headers.get('docker-content-digest') ?? ''
  return /^sha256:[0-9a-f]{64}$/.test(digest) ? digest.slice(0, 19) : ''
}
