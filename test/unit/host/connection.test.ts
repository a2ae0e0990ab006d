import { expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'

import {
  brokenHandshake,
  createInbox,
  nameFailure,
  refusalOf,
} from '../../../src/host/connection.ts'
import { issue, type Wish } from '../../world/issued.ts'

async function codeFor(host: string, names: Wish['names'] = []) {
  // The common name always is the host's: it must not count.
  const { pem } = await issue({ name: host, names })
  return refusalOf(null, new X509Certificate(pem), host)
}

const REFUSED = { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }

test.each([
  ['h.example.com', 'h.example.com'],
  ['h.example.com', 'H.EXAMPLE.COM'],
  ['h.example.com', '*.example.com'],
])('refusalOf() takes for %s a certificate for %s', async (host, value) => {
  expect(await codeFor(host, [{ type: 'dns', value }])).toBeUndefined()
})

test.each([
  ['h.example.com', 'other.example.com'],
  ['h.example.com', 'h*.example.com'],
  ['h.example.com', '*.com'],
  ['a.h.example.com', '*.example.com'],
  ['example.com', '*.example.com'],
  ['10.0.0.1', '10.0.0.1'],
])('refusalOf() refuses for %s a certificate for the name %s', async (host, value) => {
  expect(await codeFor(host, [{ type: 'dns', value }])).toMatchObject(REFUSED)
})

test.each(['10.0.0.1', 'fd00::1'])('refusalOf() compares the address %s', async (host) => {
  expect(await codeFor(host, [{ type: 'ip', value: host }])).toBeUndefined()
  expect(await codeFor(host, [{ type: 'ip', value: '10.0.0.2' }])).toMatchObject(REFUSED)
})

test('refusalOf() takes no common name, and no certificate that is not there', async () => {
  expect(await codeFor('h.example.com')).toMatchObject(REFUSED)
  expect(refusalOf(null, undefined, 'h.example.com')).toMatchObject(REFUSED)
  expect(refusalOf(null, undefined, '10.0.0.1')).toMatchObject(REFUSED)
})

test.each(['127.0.0.1', '::1', '::ffff:7f00:1'])(
  'nameFailure() leaves a refusal by %s as it is: there is a way to it',
  async (hostname) => {
    const refusal = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    expect(await nameFailure({ hostname, port: 1 }, refusal)).toBe(refusal)
  },
)

const bytes = (text: string) => new TextEncoder().encode(text)
/** A line, once its end is there. */
const line = (received: Buffer) => /^.*\n/.exec(received.toString())?.[0]
const coded = (code: string) => Object.assign(new Error('x'), { code })

test.each([[['a\n']], [['a', '\n']], [['', 'a', '', '\n']]])(
  'wait() gives what has come in the pieces %j, before and after it was asked',
  async (pieces) => {
    const early = createInbox()
    for (const piece of pieces) early.take(bytes(piece))
    expect(await early.wait(line)).toBe('a\n')
    const late = createInbox()
    const waiting = late.wait(line)
    for (const piece of pieces) late.take(bytes(piece))
    expect(await waiting).toBe('a\n')
  },
)

test.each([
  ['a peer that has closed', undefined, 'ECONNRESET'],
  ['a failure', coded('EPROTO'), 'EPROTO'],
])('wait() fails at the end by %s, before and after it was asked', async (_, error, code) => {
  const early = createInbox()
  early.take(bytes('half a line'))
  early.end(error)
  // Only the first end counts.
  early.end(coded('EPIPE'))
  expect(await early.wait(line).catch((thrown: unknown) => thrown)).toMatchObject({ code })
  const late = createInbox()
  const waiting = late.wait(line).catch((thrown: unknown) => thrown)
  late.end(error)
  expect(await waiting).toMatchObject({ code })
})

test('wait() lets nothing be parsed before something has come', async () => {
  const inbox = createInbox()
  const parsed: string[] = []
  const waiting = inbox.wait((received) => {
    parsed.push(received.toString())
    return line(received)
  })
  expect(parsed).toEqual([])
  inbox.take(bytes('a\n'))
  expect([await waiting, ...parsed]).toEqual(['a\n', 'a\n'])
})

test('wait() gives what was whole before the end', async () => {
  const inbox = createInbox()
  inbox.take(bytes('a\n'))
  inbox.end(undefined)
  expect(await inbox.wait(line)).toBe('a\n')
})

test('wait() parses nothing more once it has given what there was, or has failed', async () => {
  const inbox = createInbox()
  let looks = 0
  for (const outcome of ['whole', undefined]) {
    const waiting = inbox.wait(() => {
      looks += 1
      return outcome
    })
    inbox.take(bytes('a'))
    inbox.end(undefined)
    await waiting.catch(() => undefined)
    const before = looks
    inbox.take(bytes('b'))
    inbox.end(undefined)
    expect(looks).toBe(before)
  }
})

test('wait() fails with what its parser throws', async () => {
  const inbox = createInbox()
  inbox.take(bytes('a'))
  const waiting = inbox
    .wait(() => {
      throw coded('EBADMSG')
    })
    .catch((thrown: unknown) => thrown)
  expect(await waiting).toMatchObject({ code: 'EBADMSG' })
})

test('isEmpty() is true until something has come, or the end', () => {
  const [fresh, fed, ended] = [createInbox(), createInbox(), createInbox()]
  fed.take(bytes('a'))
  ended.end(undefined)
  expect([fresh, fed, ended].map((inbox) => inbox.isEmpty())).toEqual([true, false, false])
})

// A connection to a UDP socket fails for other reasons, too; those say nothing about the way there.
test('nameFailure() leaves an error as it is where the probe fails for another reason', async () => {
  const refusal = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
  expect(await nameFailure({ hostname: '255.255.255.255', port: 1 }, refusal)).toBe(refusal)
})

async function certificateFor(host: string): Promise<X509Certificate> {
  const { pem } = await issue({ name: 'n', names: [{ type: 'dns', value: host }], days: [0, 1] })
  return new X509Certificate(pem)
}

test('refusalOf() has nothing against a certificate that is trusted, and for this host', async () => {
  expect(refusalOf(null, await certificateFor('h.example'), 'h.example')).toBeUndefined()
})

test('refusalOf() says first what the TLS library says, and what a person must know', async () => {
  const certificate = await certificateFor('h.example')
  const expired = Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })
  const about = {
    issuer: 'CN=n',
    validFrom: certificate.validFrom,
    validTo: certificate.validTo,
  }
  expect(certificate.validTo).toMatch(/ GMT$/)
  expect(refusalOf(expired, certificate, 'other')).toMatchObject({
    code: 'CERT_HAS_EXPIRED',
    ...about,
  })
  expect(refusalOf(null, certificate, 'other')).toMatchObject({ ...REFUSED, ...about })
  expect(refusalOf(null, undefined, 'h.example')).toMatchObject(REFUSED)
})

test.each([
  ['error:1000042e:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION', 'EPROTO'],
  ['error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER', 'ENOTLS'],
])('brokenHandshake() of %s', async (message, code) => {
  expect(brokenHandshake(new Error(message))).toMatchObject({ code })
  const broken = Object.assign(new Error(message), { code: 'EPROTO' })
  // No verdict on the certificate, even if one has come.
  const found = refusalOf(broken, await certificateFor('h.example'), 'other')
  expect(found).toMatchObject({ code })
  expect(found).not.toHaveProperty('issuer')
})
