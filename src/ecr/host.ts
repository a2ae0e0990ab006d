import { type EndpointForm, PARTITIONS } from '../aws/endpoints.ts'
import { failure } from '../base/failure.ts'
import { REGION } from '../config/settings_table.ts'

/** The registry an image lives in, read from the image's host name alone. */
export interface Registry extends EndpointForm {
  /** `host[:port]` exactly as the image has it, in its own case: the key the kubelet will look up. */
  readonly host: string
  readonly service: 'ecr' | 'ecr-public'
  /** `undefined` for a mirror whose region is left to the settings. */
  readonly region: string | undefined
}

/** What a host name alone says of a registry. */
type Served = Omit<Registry, 'host'>

/** A host that serves images of ECR under a name of its own. */
export interface Mirror {
  /** `host` or `host:port` in lower case, or `*` for any host. */
  readonly host: string
  readonly region: string | undefined
}

/** ECR Public has one API region, whatever the node's. https://docs.aws.amazon.com/general/latest/gr/ecr-public.html */
const PUBLIC: Served = { service: 'ecr-public', region: 'us-east-1', fips: false, dualStack: false }

/** Both names serve the same registry; the second one is its dual-stack name. */
const PUBLIC_HOSTS: ReadonlyMap<string, Served> = new Map([
  ['public.ecr.aws', PUBLIC],
  ['ecr-public.aws.com', { ...PUBLIC, dualStack: true }],
])

/** Private ECR in its plain form, where the settings say, or the instance. */
const ANYWHERE: Served = { service: 'ecr', region: undefined, fips: false, dualStack: false }

/** The private registry of the node's own region. */
export const OWN_REGISTRY: Registry = { ...ANYWHERE, host: '' }

// Twelve-digit account, `dkr.ecr` or `dkr-ecr`, then a region and a suffix, which are judged on their own. Anchored at both
// ends, so a look-alike with an ECR name in front or behind never matches.
const PRIVATE_HOST =
  /^[0-9]{12}\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z0-9-]+)\.(?<suffix>[a-z0-9.-]+)$/

// What may stand before the first slash. No `@`: user information could hide the real host from a reader.
const AUTHORITY = /^(?<name>[A-Za-z0-9.-]+)(?::(?<port>[0-9]{1,5}))?$/

/**
 * The ECR registry of an image, decided by the image's host alone, before any network call.
 *
 * @param image - as the kubelet sends it; a scheme, tag or digest is tolerated.
 * @param mirrors - hosts to answer for as well, as private ECR; a host of ECR itself is never taken for one.
 * @throws {Failure} `request_image` - no host name can be read from it; `account_digits`, `not_ecr` - the host is not
 * one of Amazon ECR's.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
 */
export function parseRegistry(image: string, mirrors: readonly Mirror[]): Registry {
  const authority = image.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? ''
  const name = AUTHORITY.exec(authority)?.groups?.['name']?.toLowerCase()
  // The image is not shown: whatever precedes the host (`user:password@`) may be a secret.
  if (name === undefined) throw failure('request_image', {})
  const registry =
    PUBLIC_HOSTS.get(name) ?? findPrivate(name) ?? findMirror(authority.toLowerCase(), mirrors)
  if (registry !== undefined) return { host: authority, ...registry }
  // With an account of the right length it would be a registry: somebody has mistyped the account.
  const intended = findPrivate(name.replace(/^[0-9]+/, '0'.repeat(12)))
  if (intended === undefined) throw failure('not_ecr', { host: authority })
  throw failure('account_digits', { host: authority, digits: name.search(/[^0-9]/) })
}

function findPrivate(name: string): Served | undefined {
  const { fips, region: found = '', suffix } = PRIVATE_HOST.exec(name)?.groups ?? {}
  const region = REGION.parse(found)
  const partition = PARTITIONS.find(
    ({ dnsSuffix, dualStackDomain }) => suffix === dnsSuffix || suffix === `on.${dualStackDomain}`,
  )
  if (region === undefined || partition === undefined) return undefined
  return {
    service: 'ecr',
    region,
    partition,
    fips: fips !== undefined,
    dualStack: suffix !== partition.dnsSuffix,
  }
}

/** The port may be left out of a mirror: then it stands for every port of the host. */
function findMirror(authority: string, mirrors: readonly Mirror[]): Served | undefined {
  const name = authority.replace(/:[0-9]+$/, '')
  const mirror =
    mirrors.find(({ host }) => host === authority || host === name) ??
    mirrors.find(({ host }) => host === '*')
  return mirror === undefined ? undefined : { ...ANYWHERE, region: mirror.region }
}
