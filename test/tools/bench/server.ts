import { fileURLToPath } from 'node:url'

import type { Delays } from './cases.ts'

/** A fake AWS in another process. */
export interface Server {
  /** What points an AWS client at it. */
  readonly environment: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

/** Starts `serve.ts` and waits for its environment. */
export async function startServer({ imdsMs, roundTripMs, ecrMs }: Delays): Promise<Server> {
  const script = fileURLToPath(new URL('serve.ts', import.meta.url))
  const delays = [imdsMs, roundTripMs, ecrMs].map(String)
  const child = Bun.spawn([process.execPath, script, ...delays], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return {
    environment: readEnvironment(await readLine(child.stdout)),
    stop: async () => {
      await child.stdin.end()
      await child.exited
    },
  }
}

async function readLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true })
    if (text.includes('\n')) return text
  }
  throw new Error('The fake AWS did not start')
}

function readEnvironment(line: string): Record<string, string> {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new Error('Not an environment')
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}
