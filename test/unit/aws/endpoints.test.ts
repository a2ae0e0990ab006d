import { expect, test } from 'bun:test'

import * as v from 'valibot'

import {
  findPartition,
  type Partition,
  PARTITIONS,
  type Service,
  serviceHost,
  serviceUrl,
} from '../../../src/aws/endpoints.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { mergeProfiles, readSharedConfig, toProfile } from '../../../src/config/shared_files.ts'
import { expectFailure, expectRejection } from '../../support/failures.ts'
import { fakeSystem } from '../../support/system.ts'
import endpointSuites from '../../vectors/endpoints/configured-endpoint-urls.json'
import ecrPublicTests from '../../vectors/endpoints/ecr-public/endpoint-tests-1.json'
import ecrTests from '../../vectors/endpoints/ecr/endpoint-tests-1.json'
import partitions from '../../vectors/endpoints/partitions.json'
import ssoOidcTests from '../../vectors/endpoints/sso-oidc/endpoint-tests-1.json'
import ssoTests from '../../vectors/endpoints/sso/endpoint-tests-1.json'
import stsTests from '../../vectors/endpoints/sts/endpoint-tests-1.json'

// AWS's own endpoint tests: the cases that name a region and no configured endpoint, and end in a URL.
const EndpointCase = v.object({
  documentation: v.string(),
  params: v.object({
    // Pseudo-regions are left out: a registry is always in a real one.
    Region: v.pipe(v.string(), v.notValue('aws-global')),
    UseFIPS: v.boolean(),
    UseDualStack: v.boolean(),
    Endpoint: v.optional(v.never()),
    // The legacy global endpoint of STS is never used: it is one region's, and the slowest way to every other.
    UseGlobalEndpoint: v.optional(v.literal(false)),
  }),
  expect: v.object({ endpoint: v.object({ url: v.string() }) }),
})

function casesOf(service: Service, suite: { readonly testCases: readonly unknown[] }) {
  return suite.testCases.flatMap((entry) => {
    const result = v.safeParse(EndpointCase, entry)
    return result.success ? [{ service, ...result.output }] : []
  })
}

// ECR Public is only ever asked in us-east-1, so its names in other partitions (which do not exist) are left out.
const CASES = [
  ...casesOf('ecr', ecrTests),
  ...casesOf('sts', stsTests),
  ...casesOf('sso', ssoTests),
  ...casesOf('sso-oidc', ssoOidcTests),
  ...casesOf('ecr-public', ecrPublicTests).filter(({ params }) => params.Region === 'us-east-1'),
]

test.each(CASES)(
  'serviceHost() $service: $documentation',
  ({ service, params, expect: expected }) => {
    const form = { fips: params.UseFIPS, dualStack: params.UseDualStack }
    expect(`https://${serviceHost(service, params.Region, form)}`).toBe(expected.endpoint.url)
  },
)

/** How many cases of a suite end in a URL, but for those that are left out. */
function countUrls(suite: { readonly testCases: readonly object[] }): number {
  return suite.testCases
    .map((entry) => JSON.stringify(entry))
    .filter((text) => text.includes('"url"'))
    .filter((text) => !/"Endpoint":|"aws-global"|"UseGlobalEndpoint":true/.test(text)).length
}

test("as many of AWS's endpoint tests were run as the suites hold, but for those left out", () => {
  expect(casesOf('ecr', ecrTests).length).toBe(countUrls(ecrTests))
  expect(casesOf('sts', stsTests).length).toBe(countUrls(stsTests))
  expect(casesOf('sso', ssoTests).length).toBe(countUrls(ssoTests))
  expect(casesOf('sso-oidc', ssoOidcTests).length).toBe(countUrls(ssoOidcTests))
  expect(CASES.length).toBeGreaterThan(100)
})

/** The partition whose regions AWS describes so. AWS escapes hyphens, which need no escape. */
function findByPattern(pattern: string): Partition | undefined {
  return PARTITIONS.find(
    ({ regionPattern }) => regionPattern.source === pattern.replaceAll('\\-', '-'),
  )
}

test.each(partitions.partitions)(
  "the table has AWS's partition $id",
  ({ regionRegex, outputs }) => {
    const partition = findByPattern(regionRegex)
    expect(partition?.dnsSuffix).toBe(outputs.dnsSuffix)
    expect(`api.${partition?.dualStackDomain}`).toBe(outputs.dualStackDnsSuffix)
  },
)

test('every region that AWS lists is in its partition', () => {
  for (const { regionRegex, regions } of partitions.partitions) {
    const partition = findByPattern(regionRegex)
    for (const region of Object.keys(regions)) {
      if (!region.endsWith('-global'))
        expect([region, findPartition(region)]).toEqual([region, partition])
    }
  }
})

const FIPS = { AWS_USE_FIPS_ENDPOINT: 'true' }
const DUAL = { AWS_USE_DUALSTACK_ENDPOINT: 'true' }
const plain = { fips: false, dualStack: false }

// The form of an endpoint comes from the registry's host or from the settings, whichever asks for more.
test.each([
  [{}, plain, 'https://api.ecr.us-west-2.amazonaws.com/'],
  [FIPS, plain, 'https://api.ecr-fips.us-west-2.amazonaws.com/'],
  [DUAL, plain, 'https://ecr.us-west-2.api.aws/'],
  [{ ...FIPS, ...DUAL }, plain, 'https://ecr-fips.us-west-2.api.aws/'],
  [
    { AWS_USE_FIPS_ENDPOINT: 'false' },
    { ...plain, fips: true },
    'https://api.ecr-fips.us-west-2.amazonaws.com/',
  ],
  [{}, { ...plain, dualStack: true }, 'https://ecr.us-west-2.api.aws/'],
  [FIPS, { ...plain, dualStack: true }, 'https://ecr-fips.us-west-2.api.aws/'],
  [DUAL, { ...plain, fips: true }, 'https://ecr-fips.us-west-2.api.aws/'],
])('serviceUrl() with %j for %j is %s', (env, form, expected) => {
  const settings = readSettings(env, undefined)
  expect(
    serviceUrl({ service: 'ecr', region: 'us-west-2', ...form }, { settings, config: new Map() }),
  ).toBe(expected)
})

function url(service: 'sts' | 'sso' | 'sso-oidc', env: Record<string, string>): string {
  return serviceUrl(
    { service, region: 'us-west-2' },
    { settings: readSettings(env, undefined), config: new Map() },
  )
}

test('serviceUrl() takes the form of STS and SSO from the settings alone', () => {
  expect(url('sts', {})).toBe('https://sts.us-west-2.amazonaws.com/')
  expect(url('sts', FIPS)).toBe('https://sts-fips.us-west-2.amazonaws.com/')
  expect(url('sso', DUAL)).toBe('https://portal.sso.us-west-2.api.aws/')
  expect(url('sso-oidc', { ...FIPS, ...DUAL })).toBe('https://oidc-fips.us-west-2.api.aws/')
})

test("serviceUrl() puts a configured URL in the place of a registry's form, but not of a setting", () => {
  const form = { fips: true, dualStack: true }
  const configured = { AWS_ENDPOINT_URL: 'https://vpce.example' }
  const wanted = { service: 'ecr', region: 'us-west-2', ...form } as const
  expect(
    serviceUrl(wanted, { settings: readSettings(configured, undefined), config: new Map() }),
  ).toBe('https://vpce.example/')
  for (const env of [FIPS, DUAL]) {
    const settings = readSettings({ ...configured, ...env }, undefined)
    const message = expectFailure('config_endpoint_form', () =>
      serviceUrl(wanted, { settings, config: new Map() }),
    )
    expect(message).toContain(`AWS_ENDPOINT_URL together with ${Object.keys(env)[0] ?? ''}`)
  }
})

const SERVICES = `[default]
services = s
[services s]
ecr =
  endpoint_url = https://ecr.example
ecr_public =
  endpoint_url = https://ecr-public.example
sts =
  endpoint_url = https://sts.example
sso =
  endpoint_url = https://sso.example
sso_oidc =
  endpoint_url = https://sso-oidc.example
[services x]
ecr =
  endpoint_url = https://x.example`

async function urlWith(
  service: 'ecr' | 'ecr-public' | 'sts' | 'sso' | 'sso-oidc',
  text: string,
  env = {},
): Promise<string> {
  const config = await readSharedConfig(
    fakeSystem({ env: { HOME: '/h' }, files: { '/h/.aws/config': text } }),
  )
  const settings = readSettings(env, config.get('default'))
  return serviceUrl({ service, region: 'us-east-1' }, { settings, config })
}

test.each(['ecr', 'ecr-public', 'sts', 'sso', 'sso-oidc'] as const)(
  'serviceUrl() finds %s in the services section of the profile',
  async (service) => {
    expect(await urlWith(service, SERVICES)).toBe(`https://${service}.example/`)
  },
)

test.each([
  ['ecr', 'AWS_ENDPOINT_URL_ECR'],
  ['ecr-public', 'AWS_ENDPOINT_URL_ECR_PUBLIC'],
  ['sts', 'AWS_ENDPOINT_URL_STS'],
  ['sso', 'AWS_ENDPOINT_URL_SSO'],
  ['sso-oidc', 'AWS_ENDPOINT_URL_SSO_OIDC'],
] as const)('serviceUrl() of %s takes %s first', async (service, name) => {
  expect(await urlWith(service, SERVICES, { [name]: 'https://own' })).toBe('https://own/')
})

test.each([
  ['no section is named', SERVICES.replace('services = s', 'a = b')],
  ['the section is missing', SERVICES.replace('services = s', 'services = y')],
  ['the service is missing', SERVICES.replace('ecr =', 'other =')],
  ['the service has no URL', SERVICES.replace('endpoint_url = https://ecr.', 'a = https://ecr.')],
  ['the URL is empty', SERVICES.replace('https://ecr.example', '')],
])('serviceUrl() is that of AWS where %s', async (_, text) => {
  expect(await urlWith('ecr', text)).toBe('https://api.ecr.us-east-1.amazonaws.com/')
})

test('serviceUrl() names file and line of a bad URL in a services section', async () => {
  const message = await expectRejection(
    'config_value',
    urlWith('ecr', SERVICES.replace('https://ecr.example', 'SECRET')),
  )
  expect(message).toBe(
    "cannot use endpoint_url of ecr in '/h/.aws/config' line 4: it must be an http or https URL without user information, query or fragment",
  )
})

// The suite of the SDKs; its S3 and DynamoDB stand for ECR and STS.
const OURS = new Map<string, 'ecr' | 'sts'>([
  ['s3', 'ecr'],
  ['dynamodb', 'sts'],
])
const rename = (text: string) => text.replace('_S3', '_ECR').replace('_DYNAMODB', '_STS')
const [suite] = endpointSuites.testSuites
const sections: Readonly<Record<string, object>> = suite?.services ?? {}
const environments: Readonly<Record<string, object>> = suite?.environments ?? {}
const profiles: Readonly<Record<string, object>> = suite?.profiles ?? {}

function propertiesOf(values: object) {
  return new Map(
    Object.entries(values).map(([key, value]: [string, unknown]) => {
      const inside: [string, unknown][] =
        typeof value === 'object' ? Object.entries({ ...value }) : []
      const nested = new Map(inside.map(([name, text]) => [name, String(text)]))
      const text = typeof value === 'string' ? value : ''
      const property = { value: text, file: 'config', line: 1, nested }
      return [OURS.get(key) ?? key, property] as const
    }),
  )
}

const ENDPOINT_CASES = (suite?.endpointUrlTests ?? []).filter(
  (each) => each.client_config === 'default',
)

test.each(ENDPOINT_CASES)('serviceUrl() $name', ({ profile, environment, service, output }) => {
  const kind = OURS.get(service) ?? 'ecr'
  const config = mergeProfiles(
    new Map([
      ['default', toProfile('default', propertiesOf(profiles[profile] ?? {}))],
      ...Object.entries(sections).map(
        ([name, values]) => [`services ${name}`, toProfile(name, propertiesOf(values))] as const,
      ),
    ]),
    new Map(),
  )
  const env = Object.fromEntries(
    Object.entries(environments[environment] ?? {}).map(([name, value]) => [
      rename(name),
      String(value),
    ]),
  )
  const settings = readSettings(env, config.get('default'))
  const own = {
    ecr: 'https://api.ecr.fake-region-10.amazonaws.com/',
    sts: 'https://sts.fake-region-10.amazonaws.com/',
  }
  // Where configured endpoints are ignored the suite expects the service's own.
  const isOwn = /fake-region-10/.test(output.endpointUrl)
  const expected = isOwn ? own[kind] : new URL(output.endpointUrl).href
  expect(serviceUrl({ service: kind, region: 'fake-region-10' }, { settings, config })).toBe(
    expected,
  )
})

test('the suite of configured endpoints has cases', () => {
  expect(ENDPOINT_CASES.length).toBeGreaterThan(15)
})
