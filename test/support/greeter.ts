import type { Connection } from '../../src/base/system.ts'
import type { Leaf } from '../world/certificates.ts'
import { issue, showing } from '../world/issued.ts'

/** A server of this process that answers what it is told with a greeting: `x` with `hello x`, and `bye` with its end. */
interface Greeter {
  readonly port: number
  /** What it was told, without TLS. */
  readonly heard: readonly string[]
  /** How many connections it has. */
  readonly count: () => number
  readonly stop: () => void
}

/** Starts a greeter on 127.0.0.1, with TLS if it has a certificate. */
export function startGreeter(leaf?: Leaf): Greeter {
  const heard: string[] = []
  let count = 0
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    ...(leaf === undefined ? {} : { tls: leaf }),
    socket: {
      open: () => {
        count += 1
      },
      close: () => {
        count -= 1
      },
      data: (socket, bytes) => {
        const text = bytes.toString()
        heard.push(text)
        if (text === 'bye') socket.end()
        else socket.write(`hello ${text}`)
      },
    },
  })
  return { port: listener.port, heard, count: () => count, stop: () => listener.stop(true) }
}

/** Tells a greeter something, and gives all that has come once the greeting is there. */
export async function greet(
  { sendAndParse }: Pick<Connection, 'sendAndParse'>,
  name: string,
): Promise<string> {
  return sendAndParse(new TextEncoder().encode(name), (received) => {
    const text = received.toString()
    return text.endsWith(`hello ${name}`) ? text : undefined
  })
}

/** A certificate for `h.example` that is shown alone, and the intermediate, no root, that has issued it. */
export async function issueChain(): Promise<{ leaf: Leaf; intermediate: string }> {
  const root = await issue({ name: 'root' })
  const middle = await issue({ name: 'middle', issuer: root })
  const names = [{ type: 'dns' as const, value: 'h.example' }]
  const own = await issue({ name: 'h.example', names, issuer: middle })
  const { issueLeaf } = await showing([own], '')
  return { leaf: await issueLeaf('good'), intermediate: middle.pem }
}
