import { expect, test } from 'bun:test'

import { kindOf } from '../../../../src/operator/doctor/network.ts'

test.each([
  ['10.0.3.17', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['100.128.0.1', 'public'],
  ['fd12::1', 'private'],
  ['2600:1f14::1', 'public'],
  ['52.46.1.1', 'public'],
  ['127.0.0.1', 'this machine'],
  ['::1', 'this machine'],
] as const)('%s is %s', (address, kind) => {
  expect(kindOf(address)).toBe(kind)
})
