import type { Machine } from '../../../base/machine.ts'
import { usage } from '../options.ts'
import type { Tell } from '../report.ts'

/** An image as a registry is asked for it. */
export interface ImageReference {
  readonly host: string
  readonly repository: string
  /** A tag, or a digest, which wins. */
  readonly reference: string
  /** As the kubelet gives it to a plugin: without tag and digest. */
  readonly plain: string
  /** `app:1`, for lines. */
  readonly short: string
}

/** What it takes to ask about one image. */
export interface Inquiry {
  readonly image: ImageReference
  /** Where it is asked for; `REGION` where that is not known. */
  readonly region: string
  /** As whom: `instance role 'node-role'`. */
  readonly who: string
  readonly machine: Machine
  readonly tell: Tell
}

/**
 * An image as people write it.
 *
 * @throws {Failure} `usage_option` - it is none; says nothing of it, since what precedes an @ may be a secret.
 * @see https://github.com/distribution/reference/blob/main/reference.go
 */
export function parseImage(image: string): ImageReference {
  const { host, repository, tag, digest } =
    /^(?<host>[A-Za-z0-9.-]+(?::[0-9]{1,5})?)\/(?<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(
      image,
    )?.groups ?? {}
  if (host === undefined || repository === undefined) {
    throw usage('IMAGE', 'HOST/NAME, and may end in :TAG or @sha256:DIGEST')
  }
  const reference = digest ?? tag ?? 'latest'
  const name = repository.split('/').at(-1) ?? ''
  const short = digest === undefined ? `${name}:${reference}` : `${name}@${digest.slice(0, 19)}`
  return { host, repository, reference, plain: `${host}/${repository}`, short }
}
