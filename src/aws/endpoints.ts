import { failure, quote } from '../base/failure.ts'
import { type Found, validate } from '../config/settings.ts'
import { SERVICE_URL, SETTINGS } from '../config/settings_table.ts'
import type { Run } from './run.ts'

/** The AWS services this program calls; those that are signed, by their signing names. */
export type Service = 'ecr' | 'ecr-public' | 'sts' | 'sso' | 'sso-oidc'

/** A group of AWS regions under one DNS suffix and one set of accounts. */
export type Partition = ReturnType<typeof partition>

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

/**
 * @param dnsSuffix - suffix of service and of registry host names.
 * @param dualStackDomain - domain of dual-stack host names: of services below `api.`, of registries below `on.`.
 */
function partition(regionPattern: RegExp, dnsSuffix: string, dualStackDomain: string) {
  return { regionPattern, dnsSuffix, dualStackDomain } as const
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
  if (form.dualStack) return `${form.fips ? both : dualStack}.${region}.api.${dualStackDomain}`
  const isPlain = !form.fips || (region.startsWith('us-gov-') && GOVCLOUD_PLAIN.has(service))
  return `${isPlain ? plain : fips}.${region}.${dnsSuffix}`
}

/** A service in a region. The settings may ask for FIPS and dual-stack beside what is asked for here. */
interface ServiceRequest extends Partial<EndpointForm> {
  readonly service: Service
  readonly region: string
}

type Configured = Pick<Run, 'settings' | 'config'>

/**
 * The URL of a service: a configured one, else the one of AWS for the region and form.
 *
 * @throws {Failure} `config_value` - a configured URL is malformed; `config_endpoint_form` - it stands beside a setting for
 * FIPS or dual-stack, which it would silently undo.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function serviceUrl(wanted: ServiceRequest, run: Configured): string {
  const { service, region } = wanted
  const configured = configuredUrl(service, run)
  const fips = run.settings.get(SETTINGS.fips)
  const dualStack = run.settings.get(SETTINGS.dualStack)
  if (configured === undefined) {
    const host = serviceHost(service, region, {
      ...wanted,
      fips: wanted.fips === true || fips?.value === true,
      dualStack: wanted.dualStack === true || dualStack?.value === true,
    })
    return `https://${host}/`
  }
  const contradiction = [fips, dualStack].find((setting) => setting?.value === true)
  if (contradiction === undefined) return configured.value
  throw failure('config_endpoint_form', { origin: configured.origin, other: contradiction.origin })
}

function configuredUrl(service: Service, run: Configured): Found<string> | undefined {
  const { settings, config } = run
  if (settings.get(SETTINGS.ignoreEndpoints)?.value === true) return undefined
  const own = settings.get(SETTINGS[service])
  if (own !== undefined) return own
  const all = settings.get(SETTINGS.endpoint)
  // As in the AWS SDK for Go, AWS_ENDPOINT_URL takes precedence over the services section.
  if (all?.origin === SETTINGS.endpoint.env[0]) return all
  const key = service.replace('-', '_')
  const section = config.get(`services ${settings.get(SETTINGS.services)?.value ?? ''}`)
  const property = section?.values.get(key)
  const value = property?.nested.get('endpoint_url') ?? ''
  if (property === undefined || value === '') return all
  const origin = `endpoint_url of ${key} in ${quote(property.file)} line ${property.line}`
  return validate(SERVICE_URL, { value, origin })
}
