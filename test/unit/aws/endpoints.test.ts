import { expect, test } from 'bun:test'

import * as v from 'valibot'

import {
  findPartition,
  type Partition,
  PARTITIONS,
  type Service,
  serviceHost,
} from '../../../src/aws/endpoints.ts'
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
