import { findPartition, PARTITIONS } from '../../aws/endpoints.ts'
import type { ConfigOptions } from './options.ts'
import { partitionRegions } from './partitions.ts'
import { V1_MINOR } from './version.ts'

/** A value of YAML and JSON, as far as a configuration needs it. */
export type Node = string | boolean | readonly Node[] | { readonly [key: string]: Node }

/** Where `--cache` keeps tokens: a tmpfs, so that no password reaches a disk. */
const CACHE_DIRECTORY = '/run/ecr-credential-provider'

/** The `CredentialProviderConfig` that is asked for. @param minor - the kubelet's minor version. */
export function makeConfig(options: ConfigOptions, minor: number): Node {
  const version = minor >= V1_MINOR ? 'v1' : 'v1beta1'
  const args = [
    ...(options.hasCache ? [`--cache-dir=${CACHE_DIRECTORY}`] : []),
    ...options.mirrors.map(({ host, region }) =>
      region === undefined ? `--mirror=${host}` : `--mirror=${host}=${region}`,
    ),
  ]
  const provider = {
    name: 'ecr-credential-provider',
    apiVersion: `credentialprovider.kubelet.k8s.io/${version}`,
    matchImages: makePatterns(options),
    defaultCacheDuration: '12h',
    ...(args.length > 0 ? { args } : {}),
    env: makeEnvironment(options),
    ...(options.hasServiceAccounts ? { tokenAttributes: makeTokenAttributes() } : {}),
  }
  return {
    apiVersion: `kubelet.config.k8s.io/${version}`,
    kind: 'CredentialProviderConfig',
    providers: [provider],
  }
}

/** `ecr*` is `ecr` and `ecr-fips`. */
function makePatterns({ partition, hasPublic, mirrors }: ConfigOptions): readonly string[] {
  const chosen = findPartition(partitionRegions().get(partition ?? '') ?? '')
  const patterns = (chosen === undefined ? PARTITIONS : [chosen]).flatMap(
    ({ dnsSuffix, dualStackDomain }) => [
      `*.dkr.ecr*.*.${dnsSuffix}`,
      `*.dkr-ecr*.*.on.${dualStackDomain}`,
    ],
  )
  const others = hasPublic ? ['public.ecr.aws', 'ecr-public.aws.com'] : []
  // GovCloud has the domains of the commercial regions.
  return [...new Set([...patterns, ...others, ...mirrors.map(({ host }) => host)])]
}

/** The compiler costs a run this short more than it gains. On hybrid nodes the profile is the one that nodeadm writes. */
function makeEnvironment({ distribution }: ConfigOptions): Node {
  const hybrid = [
    { name: 'AWS_CONFIG_FILE', value: '/etc/aws/hybrid/config' },
    { name: 'AWS_PROFILE', value: 'hybrid' },
  ]
  const own = distribution === 'hybrid' ? hybrid : []
  return [...own, { name: 'BUN_JSC_useJIT', value: '0' }]
}

function makeTokenAttributes(): Node {
  return {
    serviceAccountTokenAudience: 'sts.amazonaws.com',
    cacheType: 'ServiceAccount',
    requireServiceAccount: false,
    optionalServiceAccountAnnotationKeys: ['eks.amazonaws.com/ecr-role-arn'],
  }
}
