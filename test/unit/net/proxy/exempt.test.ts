import { expect, test } from 'bun:test'

import { isExempt } from '../../../../src/net/proxy/exempt.ts'

test.each([
  ['h.example:443', true],
  ['h.example:444', false],
  ['https://h.example', false],
  ['*.h.example', false],
  ['EXAMPLE', true],
  [' , x ,h.example ', true],
  ['', false],
  ['h.exampl', false],
  ['0.0.0.0/0', false],
  ['h.example?x', false],
])('isExempt() for https://h.example and %j: %p', (list, expected) => {
  expect(isExempt(new URL('https://h.example/'), list)).toBe(expected)
})

test.each([
  ['10.0.0.0/8', true],
  ['11.0.0.0/8', false],
  ['10.1.2.3/32', true],
  ['10.1.2.3/33', false],
  ['10.1.2.3/', false],
  ['10.1.2.3/x', false],
  ['::/0', false],
  ['10.1.2.3:443', true],
  ['10.1.2.3:', true],
  ['10.0.0.0/8/8', false],
  ['010.1.2.3', false],
  ['::ffff:10.1.2.3', true],
  ['::ffff:10.0.0.0/104', true],
  ['::ffff:11.0.0.0/104', false],
  ['::ffff:10.0.0.0/8', false],
  ['10.1.2.3:80', false],
  ['2.3', false],
  ['0.0.0.0/0', true],
  ['10.0.0.0/0008', true],
  ['11.0.0.0/x8', false],
  ['11.0.0.0/8x', false],
  ['::ffff:10.1.2.2/95', false],
  // Not for the URL parser to take apart.
  ['10.1.2.3]?', false],
  ['::ffff:10.1.2.3]?', false],
  ['@[::ffff:10.1.2.3', false],
])('isExempt() for https://10.1.2.3 and %j: %p', (list, expected) => {
  expect(isExempt(new URL('https://10.1.2.3/'), list)).toBe(expected)
})

test.each([
  ['8.8.8.8', '8.0.0.0/8', true],
  ['192.168.100.255', '192.168.100.255/32', true],
  ['100.1.1.1', '100.0.0.0/8', true],
  ['[2001:db8:1::1]', '2001:db8::/32', true],
  ['[2001:db8:1:2:3:4:5:6]', '2001:db8::/32', true],
  ['[2001:db9::1]', '2001:db8::/32', false],
  ['[2001:db9::1]', '::/0', true],
  ['[2001:db8::1]', '2001:db8::1/128', true],
  ['[2001:db8::1]', '2001:db8::2/128', false],
  ['[::1:2:3]', '::1:2:0/112', true],
  ['[::1:2:3]', '::5:2:0/112', false],
  // Sixteen numbers have as many bits as an IPv6 address, and are none.
  ['[2001:db8::1]', '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1/32', false],
  // An empty entry stands for no domain, not even for that of a name that ends in a dot.
  ['h.example.', ',', false],
  ['x', 'x', true],
])('isExempt() for https://%s and %j: %p', (host, list, expected) => {
  expect(isExempt(new URL(`https://${host}/`), list)).toBe(expected)
})
