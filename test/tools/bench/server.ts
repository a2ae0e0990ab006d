import { fileURLToPath } from 'node:url'

import * as v from 'valibot'

import type { Delays } from './cases.ts'

/** A fake AWS in another process. */
export interface Server {
  /** What points an AWS client at it. */
  readonly environment: Readonly<Record<string, string>>
  /** Calls that its ECR has had so far. */
  readonly countEcrCalls: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts `serve.ts`, which says what its clients need, and then how often ECR was called whenever it is asked. */
export async function startServer({ imdsMs, roundTripMs, ecrMs }: Delays): Promise<Server> {
  const script = fileURLToPath(new URL('serve.ts', import.meta.url))
  const delays = [imdsMs, roundTripMs, ecrMs].map(String)
  let next = Promise.withResolvers<unknown>()
  const child = Bun.spawn([process.execPath, script, ...delays], {
    ipc: (message) => next.resolve(message),
    onExit: () => next.reject(new Error('The fake AWS has ended')),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const environment = v.parse(v.record(v.string(), v.string()), await next.promise)
  return {
    environment,
    countEcrCalls: async () => {
      next = Promise.withResolvers()
      child.send('how many?')
      return v.parse(v.number(), await next.promise)
    },
    stop: async () => {
      next = Promise.withResolvers()
      next.promise.catch(() => {})
      child.kill()
      await child.exited
    },
  }
}
