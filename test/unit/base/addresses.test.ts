import { expect, test } from 'bun:test'

import { hostOf, isLocalAddress, portOf, serverNameOf } from '../../../src/base/addresses.ts'

test.each([
  'http://localhost:1/',
  'http://LOCALHOST/',
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f000001/',
  'http://169.254.169.254/',
  'http://169.254.170.2/',
  'http://169.254.170.23/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:127.1.0.1]/',
  'http://[::ffff:127.255.255.255]/',
  'http://[fe80::1]/',
  'http://[febf::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fd00:ec2::23]/',
  'http://[FD00:0EC2:0:0::254]/',
])('isLocalAddress() holds for %s', (url) => {
  expect(isLocalAddress(new URL(url).hostname)).toBe(true)
})

test.each([
  'https://api.ecr.us-west-2.amazonaws.com/',
  'http://localhost.evil.io/',
  'http://127.0.0.1.evil.io/',
  'http://169.254.evil.io/',
  'http://128.0.0.1/',
  'http://169.255.0.1/',
  'http://10.127.0.1/',
  'http://10.0.0.1/',
  'http://0.0.0.0/',
  'http://[::]/',
  'http://[::2]/',
  'http://[fec0::1]/',
  'http://[fd00:ec3::254]/',
  'http://[fe8::1]/',
  'http://[::ffff:8.8.8.8]/',
])('isLocalAddress() does not hold for %s', (url) => {
  expect(isLocalAddress(new URL(url).hostname)).toBe(false)
})

test.each([
  ['https://h.example/', 'h.example', 'h.example', 443],
  ['http://h.example/', 'h.example', 'h.example', 80],
  ['https://h.example.:8443/', 'h.example.', 'h.example', 8443],
  ['https://[fd00::1]/', 'fd00::1', 'fd00::1', 443],
  ['http://10.0.0.1:443/', '10.0.0.1', '10.0.0.1', 443],
])(
  'of %s the host is %j, the name in its certificate %j, the port %d',
  (text, host, name, port) => {
    const url = new URL(text)
    expect([hostOf(url), serverNameOf(url), portOf(url)]).toEqual([host, name, port])
  },
)
