import type { Socket } from 'bun'

import { createOutbox } from './outbox.ts'
import { formatReply, textReply } from './reply.ts'
import { parseHttpRequest, type WireRequest } from './request.ts'
import { type Client, type Destination, finish, forward, openTunnel } from './tunnel.ts'

/** How a proxy behaves. */
export interface ProxyOptions {
  /** The local port that stands for a host, for instance `world.route`. Without one only loopback is reached. */
  readonly route?: (host: string) => number | undefined
  /** `user:password` that a request must bring along. */
  readonly credentials?: string
  /** Answers every request with this status instead of doing it. */
  readonly status?: number
  /** Holds every piece of a tunnel back for so long, each way. */
  readonly delayMs?: number
}

/** A request to a proxy. */
export interface ProxiedRequest {
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
  const { delayMs } = options
  const requests: ProxiedRequest[] = []
  const listener = Bun.listen<Client>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { outbox: createOutbox(socket), received: Buffer.alloc(0), tunnel: undefined }
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
        const refusal = judge(parsed.request, options)
        const destination = readDestination(parsed.request, options)
        const status = refusal ?? (destination === undefined ? 502 : 200)
        requests.push({ method, target, headers, status })
        if (destination === undefined || status !== 200) return answer(socket, status)
        client.tunnel = openTunnel(socket, { request: parsed.request, destination, delayMs })
        if ((await client.tunnel) === undefined) return answer(socket, 502)
      },
      drain: (socket) => socket.data.outbox.wake(),
      async close(socket) {
        socket.data.outbox.wake()
        await finish(await socket.data.tunnel, delayMs)
      },
      error: () => {},
    },
  })
  const user = options.credentials === undefined ? '' : `${options.credentials}@`
  const url = `http://${user}127.0.0.1:${listener.port}`
  return { url, requests, stop: () => listener.stop(true) }
}

/** The status to refuse a request with, or `undefined` when it may go on. */
function judge(request: WireRequest, options: ProxyOptions): number | undefined {
  const { credentials, status } = options
  if (credentials !== undefined) {
    const wanted = `Basic ${Buffer.from(credentials).toString('base64')}`
    if (request.headers.get('proxy-authorization') !== wanted) return 407
  }
  return status
}

function readDestination(request: WireRequest, options: ProxyOptions): Destination | undefined {
  const { method, target } = request
  if (method !== 'CONNECT' && !target.startsWith('http://')) return undefined
  const url = new URL(method === 'CONNECT' ? `https://${target}` : target)
  const hostname = url.hostname.replaceAll(/^\[|\]$/g, '')
  const routed = options.route?.(hostname)
  if (routed !== undefined) return { hostname: '127.0.0.1', port: routed }
  const loopback = ['127.0.0.1', 'localhost', '::1'].includes(hostname)
  const standard = method === 'CONNECT' ? 443 : 80
  return loopback ? { hostname, port: url.port === '' ? standard : Number(url.port) } : undefined
}

async function answer(socket: Socket<Client>, status: number): Promise<void> {
  const challenge = status === 407 ? { 'Proxy-Authenticate': 'Basic realm="world"' } : {}
  const reply = textReply(status, `proxy says ${status}`)
  const { head, body } = formatReply({ ...reply, headers: { ...reply.headers, ...challenge } })
  await socket.data.outbox.send(Buffer.concat([head, body]))
  socket.end()
}
