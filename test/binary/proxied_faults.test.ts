import { expect, test } from 'bun:test'

import type { Fault } from '../world/faults.ts'
import type { GateOptions } from '../world/gate.ts'
import type { LineFault } from '../world/line_faults.ts'
import type { Service } from '../world/service.ts'
import type { World } from '../world/world.ts'
import { cross, type Expected, type Way, WAYS } from './scenarios/matrix.ts'
import { play, type Scenario } from './scenarios/scenario.ts'

// Every step that may use a proxy, through an http and an https proxy, times what goes wrong on the way to the proxy, in its
// answer, and with the server behind it. As in faults.test.ts; on top of it, the line blames the right one of the two, and
// neither of them is asked anything before it has proved who it is. The proxy's user and password are secrets, too.

/** A step through a proxy: the host that is asked, which only the proxy can reach, and the kind of proxy. */
interface ProxiedWay extends Way {
  readonly host: string
  readonly isSecure: boolean
}

const HOSTS: ReadonlyMap<Service, readonly [variable: string, host: string]> = new Map([
  ['sts', ['AWS_ENDPOINT_URL_STS', 'sts.us-west-2.amazonaws.com']],
  ['sso', ['AWS_ENDPOINT_URL_SSO', 'portal.sso.us-east-1.amazonaws.com']],
  ['oidc', ['AWS_ENDPOINT_URL_SSO_OIDC', 'oidc.us-east-1.amazonaws.com']],
  ['ecr', ['AWS_ENDPOINT_URL_ECR', 'api.ecr.us-west-2.amazonaws.com']],
  ['ecr-public', ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'api.ecr-public.us-east-1.amazonaws.com']],
])

/** The service of the step has its own name; all others stay on this machine, and so out of the proxy. */
const PROXIED: readonly ProxiedWay[] = [false, true].flatMap((isSecure) =>
  WAYS.flatMap((way) => {
    const [variable, host] = HOSTS.get(way.service) ?? []
    if (variable === undefined || host === undefined) return []
    const env = { ...way.scenario.env, [variable]: undefined }
    return [{ ...way, host, isSecure, scenario: { ...way.scenario, env, names: [host] } }]
  }),
)
const SECURE = PROXIED.filter(({ isSecure }) => isSecure)
const PLAIN = PROXIED.filter(({ isSecure }) => !isSecure)

/** A refresh token works once: when the answer is lost after AWS has used it, somebody has to log in again. */
const MENDED = PROXIED.filter(({ step }) => step !== 'oidc-token')
const USED_UP = PROXIED.filter(({ step }) => step === 'oidc-token')

type LineFaults = Readonly<Record<string, LineFault>>
type Answers = Readonly<Record<string, readonly Fault[]>>
type ServerFaults = Readonly<Record<string, Fault>>

const head = (text: string): readonly Fault[] => [
  { kind: 'raw', bytes: Buffer.from(text, 'latin1'), open: true },
]
const status = (code: number): readonly Fault[] => [
  { kind: 'answer', status: code, body: '<html>sentinel-body</html>' },
]
const headers = (more: Readonly<Record<string, string>>): readonly Fault[] => [
  { kind: 'headers', headers: more },
]

// On the way to the proxy.

const REFUSED: LineFaults = { refused: { kind: 'refuse' } }
const CUT: LineFaults = {
  'closed at once': { kind: 'close' },
  'reset at once': { kind: 'reset' },
  'another protocol': { kind: 'greet', bytes: '220 sentinel-greeting ESMTP\r\n' },
}
const SILENT: LineFaults = { silence: { kind: 'silence' } }

const CERTIFICATES: readonly (readonly [faults: LineFaults, words: string])[] = [
  [{ 'an expired certificate': { kind: 'tls', certificate: 'expired' } }, 'has expired'],
  [{ 'a certificate of tomorrow': { kind: 'tls', certificate: 'not-yet-valid' } }, 'is not valid'],
  [{ 'a wrong name': { kind: 'tls', certificate: 'wrong-name' } }, 'is for another host'],
  [{ 'an unknown CA': { kind: 'tls', certificate: 'unknown-ca' } }, 'is not trusted by'],
]
const NO_TLS: LineFaults = {
  'plain text': { kind: 'reply', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\nsentinel-body' },
  'TLS 1.1': { kind: 'tls', version: 0x0302 },
}

// The proxy's answer to CONNECT.

const DROPPED: Answers = { close: [{ kind: 'close' }], reset: [{ kind: 'reset' }] }
const STATUS: Answers = {
  '302': status(302),
  '407': status(407),
  '502': status(502),
  '503': status(503),
}
const FORBIDDEN: Answers = { '403': status(403) }
const MALFORMED: Answers = {
  'HTML with 200': head('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>sentinel-body'),
  'bytes behind the head': head('HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03'),
  'another head behind it': head('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
  'not HTTP': head('SSH-2.0-sentinel-body\r\n\r\n'),
  '101': head('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  'line feeds alone': head('HTTP/1.1 200 OK\n\n'),
  'a folded header': head('HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'),
}
const TOO_LARGE: Answers = {
  'a head of 70 KiB': headers({ 'X-Long': 'x'.repeat(70 * 1024) }),
  '100-continue without end': [
    { kind: 'preface', bytes: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3000) },
  ],
}
const HANGING: Answers = {
  hang: [{ kind: 'hang' }],
  'slow drip': [{ kind: 'drip', bytes: 1, everyMs: 200 }],
}
const HARMLESS: Answers = {
  'obs-text in the head': head(
    'HTTP/1.1 200 Verbindung hergestellt \xfc\r\nVia: 1.1 b\xfcro\r\nX: \x80\xff\r\n\r\n',
  ),
  'HTTP/1.0 and no reason': head('HTTP/1.0 200\r\n\r\n'),
  // RFC 9110, 9.3.6: to be ignored here.
  'a length': headers({ 'Content-Length': '5' }),
  'a coding': headers({ 'Transfer-Encoding': 'chunked' }),
  '204': head('HTTP/1.1 204 -\r\n\r\n'),
  '100-continue': [{ kind: 'preface', bytes: 'HTTP/1.1 100 Continue\r\n\r\n' }],
  'a head of 32 KiB': headers({ 'X-Long': 'x'.repeat(32 * 1024) }),
  'one byte after the other': [{ kind: 'drip', bytes: 1, everyMs: 1 }],
}

// The server, through the tunnel.

const PASSING: ServerFaults = {
  'the server resets': { kind: 'reset' },
  'the server closes': { kind: 'close' },
  'the server truncates': { kind: 'truncate' },
  'the server says more': { kind: 'appendix', bytes: 'HTTP/1.1 200 OK\r\n\r\n' },
  'the server answers 503': { kind: 'answer', status: 503, body: '' },
}
const LARGE: ServerFaults = {
  'the server is oversized': { kind: 'oversize', bytes: 400_000 },
  'the server sends a header of 70 KiB': { kind: 'headers', headers: { X: 'x'.repeat(70 * 1024) } },
}
const COMPRESSED: ServerFaults = { 'the server compresses': { kind: 'gzip' } }
const REDIRECTS: ServerFaults = {
  'the server redirects': { kind: 'redirect', location: 'https://other.localhost/sentinel-body' },
}
const SLOW: ServerFaults = {
  'the server hangs': { kind: 'hang' },
  'the server drips': { kind: 'drip', bytes: 1, everyMs: 200 },
}
const FINE: ServerFaults = {
  'the server sends chunks': { kind: 'chunked', bytes: 7 },
  'the server sends 250 kB': { kind: 'oversize', bytes: 250_000 },
}

const ISSUED = `(?:, issued by '[^']*',)?`
const PROXY = String.raw`the proxy 127\.0\.0\.1:\d+ \(from HTTPS_PROXY\)${ISSUED}`

/** After three attempts, a fault of the proxy, and a word of neither its answer nor the server. */
const proxys = (words: string) =>
  new RegExp(
    // But for whom it does not let through, or cannot reach.
    `^(?!.*(?<![\\w.-]|let |reach )[\\w.-]+\\.amazonaws)(?!.*sentinel).*${words.replaceAll(/\bH\b/g, PROXY)}.*3 attempts`,
  )
/** A fault of the server, which is named, and not of the proxy. */
const servers = (words: string) =>
  new RegExp(
    `^(?!.*of the proxy)(?!.*sentinel).*${words.replaceAll(/\bH\b/g, String.raw`\S+\.amazonaws\.com${ISSUED}`)}`,
  )

const nobodyIsAsked =
  () =>
  ({ requests }: World) =>
    expect(requests.filter(({ verification }) => verification !== undefined)).toEqual([])

/** ECR is connected to before it is asked. Where that fails at once, the fault is to befall the first attempt, too. */
function often({ service }: Way, times: number, isWaitedFor: boolean): number {
  return times + (service.startsWith('ecr') && !isWaitedFor ? 1 : 0)
}

interface Plan extends Expected {
  readonly ways?: readonly ProxiedWay[]
}

function inFront(faults: LineFaults, { ways = PROXIED, ...expected }: Plan): readonly Scenario[] {
  return plan(ways, (way) =>
    cross(faults, { ...expected, ways: [way] }, (_, fault, times) => {
      const isWaitedFor = fault.kind === 'silence'
      return { gate: { line: { times: often(way, times, isWaitedFor), fault } } }
    }),
  )
}

function answering(faults: Answers, { ways = PROXIED, ...expected }: Plan): readonly Scenario[] {
  return plan(ways, (way) =>
    cross(faults, { ...expected, ways: [way] }, (_, own, times) => {
      const isWaitedFor = own.some(({ kind }) => kind === 'hang' || kind === 'drip')
      return { gate: { faulty: { times: often(way, times, isWaitedFor), faults: own } } }
    }),
  )
}

function behind(faults: ServerFaults, { ways = PROXIED, ...expected }: Plan): readonly Scenario[] {
  return plan(ways, (way) =>
    cross(faults, { ...expected, ways: [way] }, ({ step }, fault, times) => ({
      faults: [{ step, fault, times }],
    })),
  )
}

function atServer(faults: LineFaults, { ways = PROXIED, ...expected }: Plan): readonly Scenario[] {
  return plan(ways, (way) =>
    cross(named(faults), { ...expected, ways: [way] }, ({ service }, fault, times) => ({
      line: { service, times: often(way, times, false), fault },
    })),
  )
}

function named(faults: LineFaults): LineFaults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [`the server has ${name}`, fault]),
  )
}

function plan(
  ways: readonly ProxiedWay[],
  scenariosOf: (way: ProxiedWay) => readonly Scenario[],
): readonly Scenario[] {
  return ways.flatMap((way) =>
    scenariosOf(way).map(({ name, gate = {}, ...scenario }) => {
      const kind = way.isSecure ? 'an https proxy' : 'an http proxy'
      const own: GateOptions = { ...gate, isSecure: way.isSecure }
      return { ...scenario, name: `${name}, through ${kind}`, gate: own }
    }),
  )
}

const TIMED_OUT = {
  fails:
    /^(?!.*sentinel).*(but no answer in|could not connect to|did not answer the TLS handshake|no time left)/,
  timeoutSeconds: 2,
}

const CASES = [
  ...inFront(REFUSED, { fails: proxys('H refused the connection') }),
  ...inFront(CUT, { times: 1 }),
  ...inFront(CUT, {
    fails: proxys(
      '(H closed|H sent an answer that is not well-formed|the TLS handshake with H failed|H does not speak TLS)',
    ),
    check: nobodyIsAsked,
  }),
  ...inFront(SILENT, { times: 1, ways: SECURE }),
  ...inFront(SILENT, TIMED_OUT),
  ...CERTIFICATES.flatMap(([faults, words]) => [
    ...inFront(faults, { ways: SECURE, times: 1 }),
    ...inFront(faults, { ways: SECURE, fails: proxys(`the certificate of H ${words}`) }).map(
      // Nobody says a word to it, its password least of all.
      (scenario) => ({ ...scenario, proxied: '' }),
    ),
  ]),
  ...inFront(NO_TLS, {
    ways: SECURE,
    fails: proxys('(the TLS handshake with H failed|H does not speak TLS)'),
  }),
  ...answering(DROPPED, { times: 1 }),
  ...answering(DROPPED, {
    fails: proxys('H closed the connection before its answer was complete'),
  }),
  ...answering(STATUS, { times: 1, ways: PLAIN }),
  ...answering(STATUS, {
    fails: proxys(
      'H answered (HTTP status 302|407 Proxy|502: it cannot reach|503: it cannot reach)',
    ),
  }),
  ...answering(FORBIDDEN, { times: 1, ways: PLAIN }),
  ...answering(FORBIDDEN, { fails: proxys('H answered 403: it does not let [a-z.0-9-]+ through') }),
  ...answering(MALFORMED, { times: 1, ways: PLAIN }),
  ...answering(MALFORMED, {
    fails: proxys('H sent an answer that is not well-formed HTTP/1.1'),
    check: nobodyIsAsked,
  }),
  ...answering(TOO_LARGE, { fails: new RegExp(`${PROXY} sent an answer that is too large`) }),
  ...answering(HANGING, { ...TIMED_OUT, check: nobodyIsAsked }),
  ...answering(HARMLESS, {}),
  ...behind(PASSING, { times: 1, ways: MENDED }),
  ...behind(PASSING, { times: 1, ways: USED_UP, fails: /InvalidGrantException/ }),
  ...behind(PASSING, {
    fails: servers(
      '(H closed|H sent an answer that is not well-formed|HTTP status 503 from H|InvalidGrantException from H).*3 attempts',
    ),
  }),
  ...behind(LARGE, { fails: servers('H sent an answer that is too large') }),
  ...behind(COMPRESSED, { fails: servers('H sent a compressed answer') }),
  ...behind(REDIRECTS, { fails: servers('HTTP status 307 from H') }),
  ...behind(SLOW, TIMED_OUT),
  ...behind(FINE, {}),
  ...CERTIFICATES.flatMap(([faults, words]) => [
    ...atServer(faults, { times: 1, ways: PLAIN }),
    ...atServer(faults, { fails: servers(`the certificate of H ${words}`), check: nobodyIsAsked }),
  ]),
]

test.concurrent.each(CASES.map((scenario) => [scenario.name, scenario] as const))(
  'the compiled binary: %s',
  async (_, { args = [], ...scenario }) => play({ ...scenario, args: [...args, '--verbose'] }),
  60_000,
)

const STEPS = 'sts-assume-role sts-web-identity sso-credentials oidc-token ecr ecr-public'

test('the matrix has every step, proxy and fault, once each', () => {
  expect(PROXIED.map(({ step }) => step).join(' ')).toBe(`${STEPS} ${STEPS}`)
  const names = new Set(CASES.map(({ name }) => name))
  expect(names.size).toBe(CASES.length)
  // On the way to the proxy, in its answer, and with the server, for both kinds of proxy; then what is for one kind only.
  const both = 8 + (2 * 2 + 5 + 7 + 2 + 2 + 8) + (2 * 5 + 2 + 1 + 1 + 2 + 2 + 4)
  expect(names.size).toBe(12 * both + 6 * (1 + 2 * 4 + 2 + 5 + 7 + 4))
})
