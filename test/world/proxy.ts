import type { Socket } from 'bun'

import { planActions } from './delivery.ts'
import type { Action, Fault } from './faults.ts'
import { createOutbox } from './outbox.ts'
import { playActions } from './playback.ts'
import { type Reply, textReply } from './reply.ts'
import { parseHttpRequest, type WireRequest } from './request.ts'
import { spoilReply } from './spoil.ts'
import { type Client, type Destination, finish, forward, openTunnel } from './tunnel.ts'
import { limitVersion, type WireTls } from './wire.ts'

/** How a proxy behaves. */
interface ProxyOptions {
  /** The local port that stands for a host, for instance `world.route`. Without one only loopback is reached. */
  readonly route?: (host: string) => number | undefined
  /** `user:password` that a request must bring along. */
  readonly credentials?: string
  /** Certificate to speak TLS with: an `https://` proxy. A plain one without. */
  readonly tls?: WireTls
  /** What goes wrong with its answers to CONNECT. */
  readonly faulty?: FaultyAnswers
  /** Holds every piece of a tunnel back for so long, each way. */
  readonly delayMs?: number
}

/** The answers that faults befall: all, or the first `times`. What still says yes in the end is followed by the tunnel. */
export interface FaultyAnswers {
  readonly times?: number
  readonly faults: readonly Fault[]
}

/** A request to a proxy. */
interface ProxiedRequest {
  readonly method: string
  /** `host:port` of a CONNECT, else the absolute URL. */
  readonly target: string
  readonly headers: ReadonlyMap<string, string>
  /** What the proxy answered to it; 200 means a tunnel or a forwarded request. */
  readonly status: number
}

/** A running proxy. It never connects to anything but loopback. */
export interface Proxy {
  /** For `HTTPS_PROXY` and `HTTP_PROXY`, with the credentials in it. */
  readonly url: string
  readonly requests: readonly ProxiedRequest[]
  readonly stop: () => void
}

/** Starts an HTTP proxy on 127.0.0.1 that knows CONNECT and absolute URLs. */
export function startProxy(options: ProxyOptions = {}): Proxy {
  const { delayMs, tls } = options
  const requests: ProxiedRequest[] = []
  const listener = Bun.listen<Client>({
    hostname: '127.0.0.1',
    port: 0,
    ...(tls === undefined ? {} : { tls: limitVersion(tls) }),
    socket: {
      open(socket) {
        const outbox = createOutbox(socket)
        socket.data = { outbox, received: Buffer.alloc(0), closed: false, tunnel: undefined }
      },
      async data(socket, bytes) {
        const client = socket.data
        if (client.tunnel !== undefined) {
          const peer = await client.tunnel
          return forward(peer, { bytes, delayMs })
        }
        client.received = Buffer.concat([client.received, bytes])
        const parsed = parseHttpRequest(client.received)
        if (parsed.state === 'malformed') return answer(socket, 400)
        if (parsed.state === 'partial') return
        const { method, target, headers } = parsed.request
        const destination = readDestination(parsed.request, options)
        const status = judge(parsed.request, options) ?? (destination === undefined ? 502 : 200)
        requests.push({ method, target, headers, status })
        if (destination === undefined || status !== 200) return answer(socket, status)
        const { actions, opens } = planYes(requests.length, options)
        if (!opens) {
          await playActions(socket, actions)
          socket.end()
          return
        }
        const { request } = parsed
        client.tunnel = openTunnel(socket, { request, destination, delayMs, actions })
        if ((await client.tunnel) === undefined) return answer(socket, 502)
      },
      drain: (socket) => socket.data.outbox.wake(),
      async close(socket) {
        socket.data.closed = true
        socket.data.outbox.wake()
        await finish(await socket.data.tunnel, delayMs)
      },
      error: () => {},
    },
  })
  const user = options.credentials === undefined ? '' : `${options.credentials}@`
  const url = `${tls === undefined ? 'http' : 'https'}://${user}127.0.0.1:${listener.port}`
  return { url, requests, stop: () => listener.stop(true) }
}

const YES: Reply = { status: 200, headers: { 'Content-Length': undefined }, body: '' }

/** How it says yes to the so many-th request, and whether a tunnel follows. */
function planYes(
  count: number,
  { faulty }: ProxyOptions,
): { readonly actions: readonly Action[]; readonly opens: boolean } {
  const { times = Infinity, faults = [] } = faulty ?? {}
  const own = count > times ? [] : faults
  const actions = planActions(YES, own)
  const last = actions.at(-1)?.do
  const isYes = own.reduce(spoilReply, YES).status < 300
  return { actions, opens: isYes && (last === 'write' || last === 'wait') }
}

/** The status to refuse a request with, or `undefined` when it may go on. */
function judge(request: WireRequest, { credentials }: ProxyOptions): number | undefined {
  if (credentials === undefined) return undefined
  const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`
  return request.headers.get('proxy-authorization') === wanted ? undefined : 407
}

function readDestination(request: WireRequest, options: ProxyOptions): Destination | undefined {
  const { method, target } = request
  if (method !== 'CONNECT' && !target.startsWith('http://')) return undefined
  const url = new URL(method === 'CONNECT' ? `https://${target}` : target)
  const hostname = url.hostname.replaceAll(/^\[|\]$/g, '')
  const routed = options.route?.(hostname)
  if (routed !== undefined) return { hostname: '127.0.0.1', port: routed }
  const standard = method === 'CONNECT' ? 443 : 80
  const port = url.port === '' ? standard : Number(url.port)
  if (['127.0.0.1', 'localhost', '::1'].includes(hostname)) return { hostname, port }
  // RFC 6761, 6.3; and the addresses that stand for no address, and lead Linux to this machine.
  return /\.localhost$|^0\.0\.0\.0$|^::$/.test(hostname)
    ? { hostname: '127.0.0.1', port }
    : undefined
}

async function answer(socket: Socket<Client>, status: number): Promise<void> {
  const challenge = status === 407 ? { 'Proxy-Authenticate': 'Basic realm="world"' } : {}
  const reply = textReply(status, `proxy says ${status}`)
  await playActions(
    socket,
    planActions({ ...reply, headers: { ...reply.headers, ...challenge } }, []),
  )
  socket.end()
}
