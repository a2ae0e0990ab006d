/** A server that accepts connections and never says a word, not even to greet a TLS client. */
interface SilentServer {
  readonly port: number
  readonly stop: () => void
}

/** Starts a silent server on 127.0.0.1. */
export function startSilentServer(): SilentServer {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } })
  return { port: listener.port, stop: () => listener.stop(true) }
}

/** A port of 127.0.0.1 where nothing listens, so that a connection is refused at once. */
export function findClosedPort(): number {
  const { port, stop } = startSilentServer()
  stop()
  return port
}
