import { collect, collectTail } from './command_output.ts'
import { codeOf } from './failure.ts'
import { connectNested } from './nested_tls.ts'
import { openPrivateDirectory } from './private_directory.ts'
import { replaceFile } from './replace_file.ts'
import { createSignals, isRunning } from './signals.ts'
import { connect } from './socket.ts'
import type { CommandResult, System } from './system.ts'

/** How far a run has come, for whoever has to say why it does not end. */
export interface Progress {
  readonly step: System['step']
  /** Paths of the files that are being read. */
  readonly reading: Set<string>
}

/**
 * The process that this program runs in, as the rest of it sees it. Modules of `node:` are loaded where they are needed and
 * not before: each costs start-up time.
 */
export function createSystem(product: string, { step, reading }: Progress): System {
  const onSignal = createSignals()
  return {
    env: process.env,
    product,
    connect,
    connectNested,
    isCertificate,
    builtInRoots: () => process.getBuiltinModule('node:tls').rootCertificates.join('\n'),
    readFile: async (path, maxBytes) => {
      reading.add(path)
      const bytes = Bun.file(literal(path)).slice(0, maxBytes).bytes()
      return bytes.finally(() => reading.delete(path))
    },
    listFiles: async (directory) =>
      Array.fromAsync(
        new Bun.Glob('*').scan({
          cwd: literal(directory),
          absolute: true,
          onlyFiles: false,
          dot: true,
        }),
      ),
    replaceFile: async (path, text) => storeFile(path, text, onSignal),
    openPrivateDirectory: async (path) =>
      openPrivateDirectory(path, process.getBuiltinModule('node:fs')),
    sha256: (text) => new Bun.CryptoHasher('sha256').update(text).digest('hex'),
    processId: process.pid,
    isRunning,
    onSignal,
    lookUp,
    runCommand: async (command, timeoutMs) => runCommand(command, timeoutMs, onSignal),
    homeDirectory,
    now: () => Date.now(),
    elapsedMs: () => performance.now(),
    random: () => Math.random(),
    sleep: async (ms) => Bun.sleep(ms),
    step,
  }
}

/**
 * By c-ares, which like Go's resolver reads `/etc/hosts` and `/etc/resolv.conf` by itself. The C library's waits 10 s for an
 * AAAA answer that was lost, on a thread that nobody can stop.
 */
async function lookUp(hostname: string): Promise<readonly string[]> {
  try {
    const found = await Bun.dns.lookup(hostname, { backend: 'c-ares' })
    return found.map(({ address }) => address)
  } catch (error) {
    const code = String(codeOf(error)).replace('DNS_', '')
    throw Object.assign(new Error('look-up'), { code })
  }
}

function isCertificate(der: Uint8Array): boolean {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    return new X509Certificate(der).raw.length > 0
  } catch {
    return false
  }
}

/** A path that nobody takes for an address: `Bun.file('s3://bucket/key')` sends a signed request. */
function literal(path: string): string {
  return path.startsWith('/') ? path : `./${path}`
}

/** `homedir()` throws for a user that the database does not have. */
async function homeDirectory(): Promise<string | undefined> {
  const { homedir } = await import('node:os')
  try {
    return homedir()
  } catch {
    return undefined
  }
}

/**
 * What is stored has used up what was there before: half of it, or none, would cost a login. Nothing here waits, so a signal
 * does, until all is done.
 */
function storeFile(path: string, text: string, onSignal: System['onSignal']): void {
  const done = onSignal(() => undefined)
  try {
    replaceFile(path, text, process.getBuiltinModule('node:fs'))
  } finally {
    done()
  }
}

/** How long what a command wrote to stderr is waited for after its end, in milliseconds: it is in the pipe already. */
const LAST_WORDS_MS = 100

async function runCommand(
  command: string,
  timeoutMs: number,
  onSignal: System['onSignal'],
): Promise<CommandResult> {
  let pid: number | undefined
  // Before there is a command: a signal in between would leave it running.
  const release = onSignal(() => killGroup(pid))
  try {
    // A process group of its own, so that the command can be killed with what it started.
    const child = Bun.spawn(['/bin/sh', '-c', command], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    })
    pid = child.pid
    const stdout = collect(child.stdout)
    const stderr = collectTail(child.stderr)
    const answered = Promise.all([child.exited, stdout.done])
    const isOver = await Promise.race([
      answered.then(() => true),
      Bun.sleep(timeoutMs).then(() => false),
    ])
    // Its answer is whole. What it left running may hold stderr for ever, and is let live.
    if (isOver) await Promise.race([stderr.done, Bun.sleep(LAST_WORDS_MS)])
    else killGroup(pid)
    const exitCode = isOver ? (child.exitCode ?? 128) : undefined
    return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes() }
  } finally {
    release()
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The group is gone already; a process that left it holds the output open, and is let go.
  }
}
