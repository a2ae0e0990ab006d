import { expect, test } from 'bun:test'

import { kubeletRequest, runPlugin } from '../world/plugin.ts'
import { startSilentServer } from '../world/silence.ts'
import { inWorld } from '../world/world.ts'

// The compiled binary connects to ECR while it is still finding credentials.

const stdin = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app')

/** A server that notes what it is sent, and when, and never answers. */
function listen() {
  const events: string[] = []
  const received: Buffer[] = []
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: () => void events.push('connection'),
      data: (_, bytes) => void received.push(Buffer.from(bytes)),
    },
  })
  return { events, received, url: `127.0.0.1:${listener.port}`, stop: () => listener.stop(true) }
}

test.concurrent(
  'nothing is sent on a connection whose use never comes, and it ends the run no later',
  async () =>
    inWorld(async (world) => {
      const ecr = listen()
      world.faults.push({ step: 'imds-role', fault: { kind: 'answer', status: 404 } })
      const run = await runPlugin({
        stdin,
        env: { ...world.environment(), AWS_ENDPOINT_URL_ECR: `http://${ecr.url}` },
      })
      ecr.stop()
      expect([run.exitCode, run.stdout, run.timedOut]).toEqual([1, '', false])
      expect(run.stderr).toContain('this instance has no role')
      expect([ecr.events, ecr.received]).toEqual([['connection'], []])
    }),
)

test.concurrent('a handshake that never ends does not keep a failed run from ending', async () =>
  inWorld(async (world) => {
    const silent = startSilentServer()
    world.faults.push({ step: 'imds-role', fault: { kind: 'answer', status: 404 } })
    const env = {
      ...world.environment(),
      AWS_ENDPOINT_URL_ECR: `https://127.0.0.1:${silent.port}`,
    }
    // Its time-out and the deadline are longer than the time that it is given here.
    const run = await runPlugin({ stdin, env, args: ['--timeout', '50'], timeoutMs: 8000 })
    silent.stop()
    expect([run.exitCode, run.timedOut]).toEqual([1, false])
    expect(run.stderr).toContain('this instance has no role')
  }),
)

test.concurrent('a connection that ECR closed too early is opened again', async () =>
  inWorld(async (world) => {
    const { hostname, port } = new URL(world.urls.ecr)
    let connections = 0
    // In front of ECR: hangs up on the first connection, before any request.
    const relay = Bun.listen<{ upstream?: Promise<Bun.Socket> }>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (socket) => {
          connections += 1
          if (connections === 1) {
            socket.end()
            return
          }
          socket.data = {
            upstream: Bun.connect({
              hostname,
              port: Number(port),
              socket: {
                data: (_, bytes) => void socket.write(bytes),
                close: () => void socket.end(),
              },
            }),
          }
        },
        data: (socket, bytes) =>
          void socket.data.upstream?.then((upstream) => upstream.write(Buffer.from(bytes))),
      },
    })
    const env = {
      ...world.environment(),
      AWS_ENDPOINT_URL_ECR: `https://127.0.0.1:${relay.port}`,
      AWS_MAX_ATTEMPTS: '1',
    }
    const run = await runPlugin({ stdin, env })
    relay.stop(true)
    expect([run.exitCode, run.stderr, connections]).toEqual([0, '', 2])
  }),
)
