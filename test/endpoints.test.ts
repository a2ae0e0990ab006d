import { expect, test } from 'bun:test'

import * as v from 'valibot'

import { findPartition, PARTITIONS, type Service, serviceHost } from '../src/endpoints.ts'
import ecrPublicTests from './vectors/endpoints/ecr-public/endpoint-tests-1.json'
import ecrTests from './vectors/endpoints/ecr/endpoint-tests-1.json'
import partitions from './vectors/endpoints/partitions.json'

// AWS's own endpoint tests: the cases that name a region and no configured endpoint, and end in a URL.
const EndpointCase = v.object({
  documentation: v.string(),
  params: v.object({
    Region: v.string(),
    UseFIPS: v.boolean(),
    UseDualStack: v.boolean(),
    Endpoint: v.optional(v.never()),
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
  ...casesOf('ecr-public', ecrPublicTests).filter(({ params }) => params.Region === 'us-east-1'),
]

test.each(CASES)(
  'serviceHost() $service: $documentation',
  ({ service, params, expect: expected }) => {
    const form = { fips: params.UseFIPS, dualStack: params.UseDualStack }
    expect(`https://${serviceHost(service, params.Region, form)}`).toBe(expected.endpoint.url)
  },
)

test("as many of AWS's endpoint tests were run as the suites hold", () => {
  const regions = ecrTests.testCases.filter(({ expect: expected }) => 'endpoint' in expected)
  // All but one name a region; that one has a configured endpoint instead.
  expect(casesOf('ecr', ecrTests).length).toBe(regions.length - 1)
  expect(CASES.length - casesOf('ecr', ecrTests).length).toBe(4)
})

test.each(partitions.partitions)(
  "the table has AWS's partition $id",
  ({ id, regionRegex, outputs }) => {
    const partition = PARTITIONS.find(({ name }) => name === id)
    // AWS escapes hyphens, which need no escape.
    expect(partition?.regionPattern.source).toBe(regionRegex.replaceAll('\\-', '-'))
    expect(partition?.dnsSuffix).toBe(outputs.dnsSuffix)
    expect(partition?.dualStackDnsSuffix).toBe(outputs.dualStackDnsSuffix)
  },
)

test('every region that AWS lists is in its partition', () => {
  for (const { id, regions } of partitions.partitions) {
    for (const region of Object.keys(regions)) {
      if (!region.endsWith('-global'))
        expect([region, findPartition(region)?.name]).toEqual([region, id])
    }
  }
})
