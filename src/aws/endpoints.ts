/** The AWS services this program calls; those that are signed, by their signing names. */
export type Service = 'ecr' | 'ecr-public' | 'sts' | 'sso' | 'sso-oidc'

/** A group of AWS regions under one DNS suffix and one set of accounts. */
export interface Partition {
  readonly regionPattern: RegExp
  /** Suffix of service and of registry host names. */
  readonly dnsSuffix: string
  /** Domain of dual-stack host names: of services below `api.`, of registries below `on.`. */
  readonly dualStackDomain: string
}

/** Which form of a service's host name is wanted. */
export interface EndpointForm {
  readonly fips: boolean
  readonly dualStack: boolean
  /** Used for a region that no pattern knows; default `aws`, as the SDKs do. */
  readonly partition?: Partition
}

const AWS = partition(/^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/, 'amazonaws.com', 'aws')

/**
 * Every partition, in the order their patterns are tried.
 *
 * @see https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
 */
export const PARTITIONS: readonly Partition[] = [
  AWS,
  partition(/^cn-\w+-\d+$/, 'amazonaws.com.cn', 'amazonwebservices.com.cn'),
  partition(/^eusc-(de)-\w+-\d+$/, 'amazonaws.eu', 'amazonwebservices.eu'),
  partition(/^us-iso-\w+-\d+$/, 'c2s.ic.gov', 'aws.ic.gov'),
  partition(/^us-isob-\w+-\d+$/, 'sc2s.sgov.gov', 'aws.scloud'),
  partition(/^eu-isoe-\w+-\d+$/, 'cloud.adc-e.uk', 'cloud-aws.adc-e.uk'),
  partition(/^us-isof-\w+-\d+$/, 'csp.hci.ic.gov', 'aws.hci.ic.gov'),
  partition(/^us-gov-\w+-\d+$/, 'amazonaws.com', 'aws'),
]

function partition(regionPattern: RegExp, dnsSuffix: string, dualStackDomain: string): Partition {
  return { regionPattern, dnsSuffix, dualStackDomain }
}

/** The partition whose pattern the region matches, or `undefined` for a region newer than the table. */
export function findPartition(region: string): Partition | undefined {
  return PARTITIONS.find(({ regionPattern }) => regionPattern.test(region))
}

/** What stands before the region in a host name: plain or FIPS, then dual-stack, then both. */
const PREFIXES: Readonly<Record<Service, readonly [string, string, string, string]>> = {
  ecr: ['api.ecr', 'api.ecr-fips', 'ecr', 'ecr-fips'],
  // ECR Public keeps `api.` in front of its FIPS dual-stack name only.
  'ecr-public': ['api.ecr-public', 'api.ecr-public-fips', 'ecr-public', 'api.ecr-public-fips'],
  sts: ['sts', 'sts-fips', 'sts', 'sts-fips'],
  sso: ['portal.sso', 'portal.sso-fips', 'portal.sso', 'portal.sso-fips'],
  'sso-oidc': ['oidc', 'oidc-fips', 'oidc', 'oidc-fips'],
}

/** Services whose plain endpoint in GovCloud is its FIPS endpoint too. */
const GOVCLOUD_PLAIN: ReadonlySet<Service> = new Set(['sts', 'sso', 'sso-oidc'])

/**
 * Host name of a service in a region.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */
export function serviceHost(service: Service, region: string, form: EndpointForm): string {
  const { dnsSuffix, dualStackDomain } = findPartition(region) ?? form.partition ?? AWS
  const [plain, fips, dualStack, both] = PREFIXES[service]
  if (form.dualStack) {
    return `${form.fips ? both : dualStack}.${region}.api.${dualStackDomain}`
  }
  const isPlain = !form.fips || (region.startsWith('us-gov-') && GOVCLOUD_PLAIN.has(service))
  return `${isPlain ? plain : fips}.${region}.${dnsSuffix}`
}
