import { expect, test } from 'bun:test'

import type { Connection } from '../../../../src/base/system.ts'
import { connectThrough } from '../../../../src/net/proxy/tunnel.ts'
import { answering } from '../../../support/system.ts'

const PROXY = { url: new URL('http://p.example:3128/'), authorization: 'Basic x', name: 'p' }
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'
const FAULT = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })

/** What happens on the way to a server, in order, when the proxy answers like this. */
async function connectBy(href: string, answer: string | undefined = ESTABLISHED) {
  const events: string[] = []
  const connection: Connection = {
    ...answering(''),
    sendAndParse: async (bytes, parse) => {
      events.push(new TextDecoder().decode(bytes))
      const parsed = parse(Buffer.from(answer))
      if (parsed === undefined) throw FAULT
      return parsed
    },
    secure: async ({ host, sni }) => {
      events.push(`TLS with ${host}, asked for ${sni}`)
      return connection
    },
    close: () => void events.push('closed'),
  }
  const connecting = connectThrough(PROXY, new URL(href), {
    lookUp: async (name) => [name],
    trust: async () => ({ forms: [() => ({ ca: 'ca', allowsIntermediates: false })], name: 'x' }),
    connect: async ({ hostname, port }) => {
      events.push(`to ${hostname}:${port}`)
      return connection
    },
    sleep: async () => undefined,
  })
  const error = await connecting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { events, error }
}

const asking = (target: string) =>
  `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\nproxy-authorization: Basic x\r\n\r\n`

test.each([
  ['https://h.example/', 'h.example:443', 'h.example'],
  ['https://h.example.:8443/', 'h.example.:8443', 'h.example'],
  ['https://10.0.0.1/', '10.0.0.1:443', '10.0.0.1'],
  ['https://[fd00::1]/', '[fd00::1]:443', 'fd00::1'],
])('connectThrough() opens a tunnel for %s to %s', async (href, target, name) => {
  expect(await connectBy(href)).toEqual({
    events: ['to p.example:3128', asking(target), `TLS with ${name}, asked for ${name}`],
    error: undefined,
  })
})

test('connectThrough() opens no tunnel for http', async () => {
  const expected = { events: ['to p.example:3128'], error: undefined }
  expect(await connectBy('http://h.example/')).toEqual(expected)
})

test.each([
  ['HTTP/1.1 407 -\r\n\r\n', { cause: 407 }],
  ['HTTP/1.1 300 -\r\n\r\n', { cause: 300 }],
  ['HTTP/1.1 502 -\r\n\r\nsorry', { cause: 502 }],
  [`${ESTABLISHED}x`, { cause: { code: 'EBADMSG' } }],
  ['SSH-2.0-x\r\n', { cause: { code: 'EBADMSG' } }],
  ['HTTP/1.1 200', { cause: FAULT }],
])('connectThrough() blames a proxy that answers %j, and closes', async (answer, fault) => {
  const { events, error } = await connectBy('https://h.example/', answer)
  expect(error).toMatchObject(fault)
  expect(events).toEqual(['to p.example:3128', asking('h.example:443'), 'closed'])
})

test.each(['http://h.example/', 'https://h.example/'])(
  'connectThrough() blames a proxy that cannot be reached, for %s',
  async (href) => {
    const connecting = connectThrough(PROXY, new URL(href), {
      lookUp: async () => Promise.reject(FAULT),
      trust: async () => ({ forms: [() => ({ ca: 'ca', allowsIntermediates: false })], name: 'x' }),
      connect: async () => answering(''),
      sleep: async () => undefined,
    })
    expect(await connecting.catch((error: unknown) => error)).toMatchObject({ cause: FAULT })
  },
)
