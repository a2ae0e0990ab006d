import { isLocalAddress } from '../../base/addresses.ts'
import { failure } from '../../base/failure.ts'
import type { System } from '../../base/system.ts'
import { isExempt } from './exempt.ts'

/** A proxy between this program and a host. */
export interface Proxy {
  readonly url: URL
  /** What it is shown in `Proxy-Authorization`, empty for nothing. */
  readonly authorization: string
  /** For the error line, without its user information. */
  readonly name: string
}

/** The variables for each scheme, the first that is not empty counts. Requests of no other scheme have a proxy. */
const VARIABLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['https:', ['HTTPS_PROXY', 'https_proxy']],
  ['http:', ['HTTP_PROXY', 'http_proxy']],
])

/**
 * The proxy that a request goes through, as Go reads the environment: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the
 * request, unless `NO_PROXY` exempts the host; upper case first. `ALL_PROXY` is not read. Requests to this machine or its
 * link never go through one, whatever the environment says: they carry the node's own credentials.
 *
 * @throws {Failure} `config_value` - the variable is no URL of an http or https proxy; `config_cgi` - `HTTP_PROXY` is set by the
 * requester of a CGI program (https://httpoxy.org); names the variable, never its value.
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 */
export function findProxy(url: URL, env: System['env']): Proxy | undefined {
  if (isLocalAddress(url.hostname)) return undefined
  const variable = VARIABLES.get(url.protocol)?.find((name) => (env[name] ?? '') !== '')
  if (variable === undefined) return undefined
  const { NO_PROXY: upper = '', no_proxy: lower = '', REQUEST_METHOD: cgi = '' } = env
  if (isExempt(url, upper === '' ? lower : upper)) return undefined
  if (cgi !== '' && url.protocol === 'http:') throw failure('config_cgi', { origin: variable })
  return parseProxy(env[variable] ?? '', variable)
}

// A URL parser drops some of these and takes `\` for a slash, so the host would silently be another one.
const UNSAFE = /[\s\p{Cc}\\]/u

function parseProxy(text: string, variable: string): Proxy {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const url = UNSAFE.test(text) ? null : URL.parse(hasScheme ? text : `http://${text}`)
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && !isCutShort(url)
  const authorization = isProxy ? authorizationOf(url) : undefined
  if (isProxy && authorization !== undefined) {
    return { url, authorization, name: `${url.host} (from ${variable})` }
  }
  throw failure('config_value', { origin: variable, accepts: 'the URL of an http or https proxy' })
}

/** RFC 7617, 2; `undefined` when the user information is not percent-encoded UTF-8. */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return ''
  try {
    const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(text).toString('base64')}`
  } catch {
    return undefined
  }
}

/**
 * Whether the host seems to end too early. In `http://user:12/34@proxy` the slash of the password had to be written
 * `%2F`: as it stands, `user:12` is the host, which would be sent the request and be shown in the error line.
 */
function isCutShort(proxy: URL): boolean {
  return `${proxy.pathname}${proxy.search}${proxy.hash}`.includes('@')
}
