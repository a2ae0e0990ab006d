import { expect, test } from 'bun:test'

import { findProxy } from '../../../../src/net/proxy/rules.ts'
import { expectFailure } from '../../../support/failures.ts'
import vectors from '../../../vectors/proxy/no-proxy.json'

const PROXY = { HTTP_PROXY: 'proxy.example:3128', HTTPS_PROXY: 'proxy.example:3128' }

/** Hosts that Go sends to a proxy and this program does not, on purpose: link-local, which never pass through one. */
const LOCAL_HERE = ['[fe80::424b:c8be:1643:a1b6]']

/** Proxies that Go accepts and fails with later, and this program refuses: Bun's fetch speaks http and https only. */
const UNUSABLE = ['socks5://127.0.0.1', 'foo://host']

/** The only vector left out: the web's URLs have no zone in an address, so there is no URL to decide about. */
const NO_URL = 'http://[1000::%25.example.com]:123'

/**
 * x/net lets lower case win since the version of these vectors. The copy inside Go, which the upstream plugin is built
 * with, lets upper case win (1.26.8), and so does this program.
 */
const LOWER_CASE_WINS = 'TestFromEnvironmentUpperAndLowerCase'

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

test.each(URL_CASES.filter(({ url }) => url !== NO_URL))(
  'findProxy() as Go for $url with $env',
  ({ env, url, proxy, error }) => {
    if (error || (proxy !== null && UNUSABLE.includes(proxy))) {
      expectFailure(['config_cgi', 'config_value'], () => findProxy(new URL(url), env))
      return
    }
    const found = findProxy(new URL(url), env)?.url.href
    expect(found).toBe(proxy === null ? undefined : new URL(proxy).href)
  },
)

test('a zone in an address is no URL', () => {
  expect(URL_CASES.filter(({ url }) => !URL.canParse(url)).map(({ url }) => url)).toEqual([NO_URL])
})

test.each(vectors.fromEnvironment)(
  "findProxy() reads the variables of Go's $name",
  ({ name, env, expected }) => {
    const read = (value: string) =>
      name === LOWER_CASE_WINS ? value.replace('lower', 'upper') : value
    const find = (url: string) => findProxy(new URL(url), env)?.url.href
    expect(find('https://h.example/')).toBe(`http://${read(expected.https_proxy)}/`)
    expect(find(`https://${read(expected.no_proxy)}/`)).toBeUndefined()
    if (expected.cgi) expectFailure('config_cgi', () => find('http://h.example/'))
    else expect(find('http://h.example/')).toBe(`http://${read(expected.http_proxy)}/`)
  },
)

test('findProxy() minds REQUEST_METHOD only where HTTP_PROXY would be used', () => {
  const env = { http_proxy: 'p:1', NO_PROXY: 'exempt', REQUEST_METHOD: 'GET' }
  const message = expectFailure('config_cgi', () => findProxy(new URL('http://h.example/'), env))
  expect(message).toBe(
    'cannot use http_proxy while REQUEST_METHOD is set: whoever asks a CGI program sets it',
  )
  // Go fails here too; a value without effect is not fatal in this program.
  expect(findProxy(new URL('http://exempt/'), env)).toBeUndefined()
})

test('findProxy() takes upper case first, and no ALL_PROXY', () => {
  const url = new URL('https://h.example/')
  expect(findProxy(url, { HTTPS_PROXY: 'upper', https_proxy: 'lower' })?.url.href).toBe(
    'http://upper/',
  )
  expect(findProxy(url, { HTTPS_PROXY: '', https_proxy: 'lower' })?.url.href).toBe('http://lower/')
  expect(findProxy(url, { HTTPS_PROXY: 'p', NO_PROXY: 'x', no_proxy: 'h.example' })?.url.href).toBe(
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

test('findProxy() keeps user and password out of the name', () => {
  const proxy = 'https://user:p%40ss@proxy.example:8443'
  expect(findProxy(new URL('https://h/'), { HTTPS_PROXY: proxy })).toEqual({
    url: new URL(proxy),
    authorization: 'Basic dXNlcjpwQHNz',
    name: 'proxy.example:8443 (from HTTPS_PROXY)',
  })
})

test.each([
  ['http://h', ''],
  ['http://user@h', 'Basic dXNlcjo='],
  ['http://:pass@h', 'Basic OnBhc3M='],
  ['http://a%3Ab:c%25@h', 'Basic YTpiOmMl'],
  ['http://%C3%A4:%E2%82%AC@h', 'Basic w6Q64oKs'],
])('findProxy() gives the authorization of %s', (text, expected) => {
  const proxy = findProxy(new URL('https://x/'), { HTTPS_PROXY: text })
  expect(proxy?.authorization).toBe(expected)
})

test.each([
  'socks5://u:SECRET@h',
  'SECRET://h',
  'http://',
  'http://u:SECRET@',
  'h:port-SECRET',
  'http://[SECRET',
  'xhttp://SECRET@h',
  ':SECRET',
  // A part of the password would be taken for the host or its port.
  'http://SECRET:1/2@h',
  'SECRET:1/2@h',
  'http://SECRET:1?2@h',
  'http://SECRET:1#2@h',
  'http://SECRET\\1@h',
  // Not percent-encoded UTF-8.
  'http://u:SECRET%FF@h',
  'http://SECRET%zz@h',
  // What a URL parser would drop.
  ' http://SECRET',
  'http://SECRET\n',
  'http://SEC\tRET',
  'http://u:SECRET \u0000@h',
])('findProxy() refuses %j', (text) => {
  const message = expectFailure('config_value', () =>
    findProxy(new URL('https://h/'), { https_proxy: text }),
  )
  expect(message).toBe('cannot use https_proxy: it must be the URL of an http or https proxy')
})

test('findProxy() exempts no host without a list, and takes a scheme only in front', () => {
  expect(findProxy(new URL('https://x/'), PROXY)?.url.href).toBe('http://proxy.example:3128/')
  const env = { HTTPS_PROXY: 'p.example/http://x' }
  expect(findProxy(new URL('https://h/'), env)?.name).toBe('p.example (from HTTPS_PROXY)')
})
