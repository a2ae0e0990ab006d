import { expect, test } from 'bun:test'

import fc from 'fast-check'

import { Failure } from '../src/failure.ts'
import { findProxy } from '../src/proxy.ts'
import { expectFailure } from './failures.ts'
import vectors from './vectors/proxy/no-proxy.json'

const PROXY = { HTTP_PROXY: 'proxy.example:3128', HTTPS_PROXY: 'proxy.example:3128' }

/** Where Go would use a proxy and this program does not, on purpose: link-local addresses never pass through one. */
const LOCAL_HERE = ['[fe80::424b:c8be:1643:a1b6]']

const USE_CASES = vectors.useProxy.flatMap(({ name, no_proxy: list, port, cases }) =>
  cases.map((entry) => ({ name, list, port, ...entry })),
)

test.each(USE_CASES)("findProxy() as Go's $name: $host", ({ list, port, host, useProxy }) => {
  const expected = useProxy && !LOCAL_HERE.includes(host)
  const proxy = findProxy(new URL(`http://${host}:${port}/`), { ...PROXY, NO_PROXY: list })
  expect(proxy !== undefined).toBe(expected)
})

const URL_CASES = vectors.proxyForURL.map(({ config, url, proxy, ...rest }) => ({
  env: {
    HTTP_PROXY: config.http_proxy ?? '',
    HTTPS_PROXY: config.https_proxy ?? '',
    NO_PROXY: config.no_proxy ?? '',
    REQUEST_METHOD: config.cgi === true ? 'GET' : '',
  },
  url,
  proxy,
  error: 'error' in rest,
}))

test.each(
  // No URL of this program has another scheme, or a zone in an address, which no URL of the web has.
  URL_CASES.filter(({ url }) => url.startsWith('http') && URL.canParse(url)),
)('findProxy() as Go for $url with $env', ({ env, url, proxy, error }) => {
  // Bun's fetch speaks to no other proxies; Go takes any scheme and fails later.
  const isUnusable = /^(?!https?:)[a-z0-9]+:/.test(proxy ?? '')
  if (error || isUnusable) {
    expectFailure('bad_config', () => findProxy(new URL(url), env))
    return
  }
  const found = findProxy(new URL(url), env)?.url
  expect(found).toBe(proxy === null ? undefined : new URL(proxy).href)
})

test('findProxy() takes upper case first, and no ALL_PROXY', () => {
  const url = new URL('https://h.example/')
  expect(findProxy(url, { HTTPS_PROXY: 'upper', https_proxy: 'lower' })?.url).toBe('http://upper/')
  expect(findProxy(url, { HTTPS_PROXY: '', https_proxy: 'lower' })?.url).toBe('http://lower/')
  expect(findProxy(url, { HTTPS_PROXY: 'p', NO_PROXY: 'x', no_proxy: 'h.example' })?.url).toBe(
    'http://p/',
  )
  expect(findProxy(url, { HTTPS_PROXY: 'p', no_proxy: 'h.example' })).toBeUndefined()
  expect(findProxy(url, { ALL_PROXY: 'p', all_proxy: 'p', HTTP_PROXY: 'p' })).toBeUndefined()
})

test.each([
  'http://169.254.169.254/',
  'http://169.254.170.2/',
  'http://169.254.170.23/',
  'http://[fd00:ec2::254]/',
  'http://[fd00:ec2::23]/',
  'https://127.0.0.1/',
  'https://localhost/',
  'http://[::1]/',
])('findProxy() has none for %s', (url) => {
  expect(findProxy(new URL(url), PROXY)).toBeUndefined()
})

test('findProxy() keeps the password in the URL and out of the name', () => {
  expect(
    findProxy(new URL('https://h/'), { HTTPS_PROXY: 'https://user:p%40ss@proxy.example:8443' }),
  ).toEqual({
    url: 'https://user:p%40ss@proxy.example:8443/',
    name: 'proxy.example:8443 (from HTTPS_PROXY)',
  })
})

test.each([
  'socks5://u:SECRET@h',
  'SECRET://h',
  'http://',
  'http://u:SECRET@',
  'h:port-SECRET',
  'http://[SECRET',
  ':SECRET',
])('findProxy() refuses %s', (text) => {
  const message = expectFailure('bad_config', () =>
    findProxy(new URL('https://h/'), { https_proxy: text }),
  )
  expect(message).toBe('cannot use https_proxy: it must be the URL of an http or https proxy')
})

test.each([
  ['h.example:443', false],
  ['h.example:444', true],
  ['https://h.example', true],
  ['*.h.example', true],
  ['EXAMPLE', false],
  [' , x ,h.example ', false],
  ['', true],
  ['h.exampl', true],
  ['0.0.0.0/0', true],
])('findProxy() for https://h.example with NO_PROXY=%j: %p', (list, expected) => {
  expect(findProxy(new URL('https://h.example/'), { ...PROXY, NO_PROXY: list }) !== undefined).toBe(
    expected,
  )
})

test.each([
  ['10.0.0.0/8', false],
  ['11.0.0.0/8', true],
  ['10.1.2.3/32', false],
  ['10.1.2.3/33', true],
  ['10.1.2.3/', true],
  ['10.1.2.3/x', true],
  ['::/0', true],
  ['10.1.2.3:443', false],
  ['10.1.2.3:80', true],
  ['2.3', true],
])('findProxy() for https://10.1.2.3 with NO_PROXY=%j: %p', (list, expected) => {
  expect(findProxy(new URL('https://10.1.2.3/'), { ...PROXY, NO_PROXY: list }) !== undefined).toBe(
    expected,
  )
})

test('findProxy() throws nothing but a Failure, and shows nothing of what it was given', () => {
  const piece = fc.constantFrom(
    'SECRET',
    '://',
    ':',
    '@',
    '/',
    '.',
    ',',
    '[',
    ']',
    '*',
    '10.0.0.0',
    '/8',
    'h',
    ' ',
    '::1',
    '%',
  )
  const texts = fc.array(piece).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, texts, (proxy, list) => {
      try {
        findProxy(new URL('https://h.example/'), { HTTPS_PROXY: proxy, NO_PROXY: list })
      } catch (error) {
        expect(error).toBeInstanceOf(Failure)
        expect(String(error)).not.toContain('SECRET')
      }
    }),
    { numRuns: 3000 },
  )
})
