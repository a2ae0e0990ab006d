import { coded, codeOf } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import { readBootClock } from './boot_clock.ts'
import { runCommand } from './command.ts'
import { openPrivateDirectory, replaceFile } from './disk.ts'
import { connectNested } from './nested_tls.ts'
import { connect } from './socket.ts'

/**
 * The process that this program runs in, as the rest of it sees it. Modules of `node:` are loaded where they are needed and
 * not before: each costs start-up time.
 *
 * @param reading - is told the paths of the files that are being read, for whoever has to say why a run does not end.
 * @param env - the variables, also for the commands that it runs.
 */
export function createSystem(
  product: string,
  step: System['step'],
  reading: Set<string>,
  env: System['env'] = process.env,
): System {
  const onSignal = createSignals()
  function noted<T>(path: string, work: Promise<T>): Promise<T> {
    reading.add(path)
    return work.finally(() => reading.delete(path))
  }
  return {
    env,
    product,
    connect,
    connectNested,
    inspectCertificate,
    builtInRoots: () => process.getBuiltinModule('node:tls').rootCertificates.join('\n'),
    readFile: async (path, maxBytes) =>
      noted(path, Bun.file(literal(path)).slice(0, maxBytes).bytes()),
    listFiles: async (directory) => {
      const options = { cwd: literal(directory), absolute: true, onlyFiles: false, dot: true }
      return noted(directory, Array.fromAsync(new Bun.Glob('*').scan(options)))
    },
    replaceFile: async (path, text) => {
      // The old refresh token is spent, so losing this write costs a login. Writing blocks, and with a listener a signal
      // waits until it is done.
      onSignal(() => undefined)
      replaceFile(path, text, process.getBuiltinModule('node:fs'))
    },
    openPrivateDirectory: (path) => openPrivateDirectory(path, process.getBuiltinModule('node:fs')),
    bootClock: () => readBootClock(() => performance.now(), process.getBuiltinModule('node:fs')),
    sha256: (text) => Bun.SHA256.hash(text, 'hex'),
    processId: process.pid,
    isRunning,
    onSignal,
    lookUp,
    runCommand: (command, timeoutMs) => runCommand(command, timeoutMs, { env, onSignal }),
    // homedir() throws for a user that the database does not have.
    homeDirectory: () => import('node:os').then(({ homedir }) => homedir()).catch(() => undefined),
    now: () => Date.now(),
    elapsedMs: () => performance.now(),
    random: () => Math.random(),
    sleep: (ms) => Bun.sleep(ms),
    step,
  }
}

/**
 * By c-ares, which like Go's resolver reads `/etc/hosts` and `/etc/resolv.conf` by itself. The C library's waits 10 s for an
 * AAAA answer that was lost, on a thread that nobody can stop.
 */
async function lookUp(hostname: string): Promise<readonly string[]> {
  let code = 'ENOTFOUND'
  // Asked for both families, c-ares reports only the last error, so "no AAAA record" can hide a failed A query. Ask for each
  // family separately before concluding that the name does not exist.
  for (const family of [0, 4, 6] as const) {
    try {
      const found = await Bun.dns.lookup(hostname, { backend: 'c-ares', family })
      return found.map(({ address }) => address)
    } catch (error) {
      code = String(codeOf(error)).replace('DNS_', '')
    }
    if (code !== 'ENOTFOUND') break
  }
  throw coded(code)
}

function inspectCertificate(der: Uint8Array): 'root' | 'other' | undefined {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    const { issuer, subject } = new X509Certificate(der)
    return issuer === subject ? 'root' : 'other'
  } catch {
    return undefined
  }
}

/** A path that nobody takes for an address: `Bun.file('s3://bucket/key')` sends a signed request. */
function literal(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}

/** See `System.isRunning`. */
function isRunning(processId: number): boolean {
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
function createSignals(): (cleanUp: () => void) => () => void {
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
