import { expect, test } from 'bun:test'

import { registryOf } from '../../../../src/operator/doctor/settings.ts'

test.each([
  ['us-west-2', 'amazonaws.com'],
  ['cn-north-1', 'amazonaws.com.cn'],
  // No partition has it yet.
  ['xx-new-1', 'amazonaws.com'],
])('registryOf() %s', (region, suffix) => {
  const host = `000000000000.dkr.ecr.${region}.${suffix}`
  expect(registryOf(region)).toMatchObject({ host, service: 'ecr', region })
})
