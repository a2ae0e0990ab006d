import { expect, test } from 'bun:test'

import type { LineFault } from '../world/line_faults.ts'
import type { World } from '../world/world.ts'
import { cross, type Expected, type Way, WAYS } from './scenarios/matrix.ts'
import { play, type Scenario } from './scenarios/scenario.ts'

// Every step of the network, times everything that goes wrong before anything is asked: the connection, and TLS. As in
// faults.test.ts, and on top of it: a service that did not prove who it is has not been asked at all.

type Faults = Readonly<Record<string, LineFault>>

/** A ServerHello without extensions: version, random, no session, ECDHE-ECDSA with AES-128-GCM, no compression. */
const SERVER_HELLO = Buffer.from(
  `160303002a 02000026 0303 ${'5a'.repeat(32)} 00 c02b 00`.replaceAll(' ', ''),
  'hex',
)

/** A fatal alert: protocol_version (RFC 8446, 6). */
const WRONG_VERSION = Buffer.from('15030300020246', 'hex')

/** Nobody listens. */
const REFUSED: Faults = { refused: { kind: 'refuse' } }

/** What another attempt mends, on any connection. */
const PASSING: Faults = {
  'closed at once': { kind: 'close' },
  'reset at once': { kind: 'reset' },
  'another protocol': { kind: 'greet', bytes: '220 SECRET ESMTP\r\n' },
}

/** Black holes. */
const SILENT: Faults = { silence: { kind: 'silence' } }
const SILENT_IN_TLS: Faults = {
  'a handshake that stops': { kind: 'reply', bytes: SERVER_HELLO, open: true },
}

/** What another attempt mends, where TLS belongs; with the words for it. */
const TLS: readonly (readonly [faults: Faults, words: RegExp])[] = [
  [{ expired: { kind: 'tls', certificate: 'expired' } }, /has expired/],
  [{ 'not valid yet': { kind: 'tls', certificate: 'not-yet-valid' } }, /is not valid yet/],
  [{ 'wrong name': { kind: 'tls', certificate: 'wrong-name' } }, /is for another host/],
  [{ 'unknown CA': { kind: 'tls', certificate: 'unknown-ca' } }, /is not trusted by/],
  [
    {
      'TLS 1.0': { kind: 'tls', version: 0x0301 },
      'TLS 1.1': { kind: 'tls', version: 0x0302 },
      'no common version': { kind: 'reply', bytes: WRONG_VERSION },
      'plain text': { kind: 'reply', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\nSECRET' },
    },
    /the TLS handshake with \S+ failed|\S+ does not speak TLS/,
  ],
]

/** What does no harm. */
const HARMLESS: Faults = {
  'TLS 1.2': { kind: 'tls', version: 0x0303 },
  'TLS 1.3': { kind: 'tls', version: 0x0304 },
}

const TLS_WAYS = WAYS.filter(({ service }) => service !== 'imds' && service !== 'container')

const three = (words: RegExp) => new RegExp(`^(?=.*3 attempts)(?!.*SECRET).*${words.source}`)
const TIMED_OUT = {
  fails: /but no answer in|did not answer the TLS handshake|no time left/,
  timeoutSeconds: 2,
}

/** Whoever had been asked would have noted it. */
const isUnasked = ({ step }: Way) => {
  return ({ requests }: World) => expect(requests.filter((each) => each.step === step)).toEqual([])
}

/** ECR is connected to before it is asked. Where that fails at once, the fault is to befall the first attempt, too. */
function cells(faults: Faults, expected: Expected): readonly Scenario[] {
  return cross(faults, expected, ({ service, before }, fault, times) => {
    const isEarly = service === 'ecr' || service === 'ecr-public'
    const isWaitedFor = fault.kind === 'silence' || (fault.kind === 'reply' && fault.open === true)
    const early = isEarly && !isWaitedFor ? 1 : 0
    return { line: { service, skip: before, times: times + early, fault } }
  })
}

const ON_TLS = { ways: TLS_WAYS }

const CASES = [
  // Only for good: nothing tells this side that a connection was refused, and that it is time to listen again.
  ...cells(REFUSED, { fails: three(/refused the connection/) }),
  ...cells(PASSING, { times: 1 }),
  ...cells(PASSING, {
    fails: three(/closed the connection|not well-formed HTTP|does not speak TLS/),
  }),
  ...cells(SILENT, { times: 1 }),
  ...cells(SILENT, TIMED_OUT),
  ...cells(SILENT_IN_TLS, { ...ON_TLS, times: 1 }),
  ...cells(SILENT_IN_TLS, { ...ON_TLS, ...TIMED_OUT }),
  ...TLS.flatMap(([faults, words]) => [
    ...cells(faults, { ...ON_TLS, times: 1 }),
    ...cells(faults, { ...ON_TLS, fails: three(words), check: isUnasked }),
  ]),
  ...cells(HARMLESS, ON_TLS),
]

test.concurrent.each(CASES.map((scenario) => [scenario.name, scenario] as const))(
  'the compiled binary: %s',
  async (_, scenario) => play(scenario),
  60_000,
)

test('the matrix has every step and every fault, once each', () => {
  const names = new Set(CASES.map(({ name }) => name))
  expect(names.size).toBe(CASES.length)
  // Refused; three more and a silence, each at first and always. With TLS the eight others, too, and two versions.
  expect(names.size).toBe(11 * (1 + 2 * 4) + 6 * (2 * 9 + 2))
})
