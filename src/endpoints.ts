/** The AWS services this program calls, by their signing names where they are signed. */
export type Service = 'ecr' | 'ecr-public'

/** Which form of a service's host name is wanted. */
export interface EndpointForm {
  readonly fips: boolean
  readonly dualStack: boolean
}

/** A group of AWS regions under one DNS suffix and one set of accounts. */
export interface Partition {
  readonly name: string
  readonly regionPattern: RegExp
  /** Suffix of service and of registry host names. */
  readonly dnsSuffix: string
  /** Suffix of dual-stack service host names, always `api.` and then the partition's dual-stack domain. */
  readonly dualStackDnsSuffix: string
}

const AWS: Partition = {
  name: 'aws',
  regionPattern: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
  dnsSuffix: 'amazonaws.com',
  dualStackDnsSuffix: 'api.aws',
}

/**
 * Every partition, in the order their patterns are tried.
 *
 * @see https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
 */
export const PARTITIONS: readonly Partition[] = [
  AWS,
  {
    name: 'aws-cn',
    regionPattern: /^cn-\w+-\d+$/,
    dnsSuffix: 'amazonaws.com.cn',
    dualStackDnsSuffix: 'api.amazonwebservices.com.cn',
  },
  {
    name: 'aws-eusc',
    regionPattern: /^eusc-(de)-\w+-\d+$/,
    dnsSuffix: 'amazonaws.eu',
    dualStackDnsSuffix: 'api.amazonwebservices.eu',
  },
  {
    name: 'aws-iso',
    regionPattern: /^us-iso-\w+-\d+$/,
    dnsSuffix: 'c2s.ic.gov',
    dualStackDnsSuffix: 'api.aws.ic.gov',
  },
  {
    name: 'aws-iso-b',
    regionPattern: /^us-isob-\w+-\d+$/,
    dnsSuffix: 'sc2s.sgov.gov',
    dualStackDnsSuffix: 'api.aws.scloud',
  },
  {
    name: 'aws-iso-e',
    regionPattern: /^eu-isoe-\w+-\d+$/,
    dnsSuffix: 'cloud.adc-e.uk',
    dualStackDnsSuffix: 'api.cloud-aws.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    regionPattern: /^us-isof-\w+-\d+$/,
    dnsSuffix: 'csp.hci.ic.gov',
    dualStackDnsSuffix: 'api.aws.hci.ic.gov',
  },
  {
    name: 'aws-us-gov',
    regionPattern: /^us-gov-\w+-\d+$/,
    dnsSuffix: 'amazonaws.com',
    dualStackDnsSuffix: 'api.aws',
  },
]

/** The partition whose pattern the region matches, or `undefined` for a region newer than the table. */
export function findPartition(region: string): Partition | undefined {
  return PARTITIONS.find((partition) => partition.regionPattern.test(region))
}

/**
 * Host name of a service in a region.
 *
 * @param options.partition - used for a region that no pattern knows; default `aws`, as the SDKs do.
 * @see https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */
export function serviceHost(
  service: Service,
  region: string,
  options: EndpointForm & { readonly partition?: Partition | undefined },
): string {
  const partition = findPartition(region) ?? options.partition ?? AWS
  const fips = options.fips ? '-fips' : ''
  if (!options.dualStack) return `api.${service}${fips}.${region}.${partition.dnsSuffix}`
  if (service === 'ecr') return `ecr${fips}.${region}.${partition.dualStackDnsSuffix}`
  // ECR Public keeps `api.` in front of its FIPS dual-stack name only.
  return `${options.fips ? 'api.' : ''}ecr-public${fips}.${region}.${partition.dualStackDnsSuffix}`
}
