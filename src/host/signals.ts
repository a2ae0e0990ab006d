import { codeOf } from '../base/failure.ts'

/** See `System.isRunning`. */
export function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch (error) {
    // Not allowed to signal it: it is another user's.
    return codeOf(error) === 'EPERM'
  }
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Makes `System.onSignal`. Listeners are installed on first use (for PID 1 at once) and then kept: a signal is delivered only
 * when the event loop is idle, so a pending one would be lost if they were removed.
 */
export function createSignals(): (cleanUp: () => void) => () => void {
  const cleanUps = new Set<() => void>()
  let isListening = false
  function end(signal: NodeJS.Signals, number: number): void {
    for (const cleanUp of cleanUps) cleanUp()
    for (const each of SIGNALS) process.off(each, end)
    process.kill(process.pid, signal)
    // Still here: PID 1, as in a container, is not ended by a signal that it does not handle, not even by one of its own.
    // See pid_namespaces(7).
    process.exit(128 + number)
  }
  function listen(): void {
    if (!isListening) for (const signal of SIGNALS) process.on(signal, end)
    isListening = true
  }
  if (process.pid === 1) listen()
  return (cleanUp) => {
    listen()
    cleanUps.add(cleanUp)
    return () => void cleanUps.delete(cleanUp)
  }
}
