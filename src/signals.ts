/** See `System.isRunning`. */
export function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0)
  } catch (error) {
    // Not allowed to signal it: it is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** See `System.onSignal`. */
export function onSignal(cleanUp: () => void): () => void {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  function end(signal: NodeJS.Signals): void {
    stop()
    cleanUp()
    process.kill(process.pid, signal)
  }
  function stop(): void {
    for (const signal of signals) process.off(signal, end)
  }
  for (const signal of signals) process.on(signal, end)
  return stop
}
