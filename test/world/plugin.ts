import { closeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { createPipe, drainPipe, fillPipe } from './pipe.ts'

/** One run of the plugin. */
export interface PluginRun {
  /** What goes to stdin, followed by the end of input. Default: nothing. */
  readonly stdin?: string | Uint8Array
  readonly args?: readonly string[]
  /** The whole environment; nothing is inherited. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default `/`, as under systemd. */
  readonly cwd?: string
  /** After this long the plugin is killed. Default 60000, the kubelet's. */
  readonly timeoutMs?: number
  /** The program to run. Default: the compiled binary. */
  readonly command?: readonly string[]
  /** What is done to it while it runs. */
  readonly during?: ((child: Pick<Bun.Subprocess, 'pid' | 'kill'>) => Promise<void>) | undefined
  /** The user it runs as; only root may choose. */
  readonly uid?: number
}

/** What came of a run. */
export interface PluginResult {
  /** 137 when killed. */
  readonly exitCode: number
  /** The signal that ended it, if one did. */
  readonly signal: Bun.Subprocess['signalCode']
  readonly stdout: string
  readonly stderr: string
  /** From the start of the process to the end of its output. */
  readonly milliseconds: number
  readonly timedOut: boolean
}

/** The compiled binary. */
export const pluginPath = fileURLToPath(
  new URL('../../dist/ecr-credential-provider', import.meta.url),
)

/**
 * Runs the plugin the way a kubelet does: pipes on all three descriptors, stdin written and closed, SIGKILL to the
 * child alone when time is up, and then a wait for the end of both outputs.
 */
export async function runPlugin(run: PluginRun = {}): Promise<PluginResult> {
  const { timeoutMs = 60_000, command = [pluginPath] } = run
  const [stdin, stdout, stderr] = [createPipe(), createPipe(), createPipe()]
  const startedMs = performance.now()
  const child = Bun.spawn([...command, ...(run.args ?? [])], {
    cwd: run.cwd ?? '/',
    env: { ...run.env },
    stdin: stdin.readEnd,
    stdout: stdout.writeEnd,
    stderr: stderr.writeEnd,
    ...(run.uid === undefined ? {} : { uid: run.uid }),
  })
  for (const end of [stdin.readEnd, stdout.writeEnd, stderr.writeEnd]) closeSync(end)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const [out, err, exitCode] = await Promise.all([
    drainPipe(stdout.readEnd),
    drainPipe(stderr.readEnd),
    child.exited,
    fillPipe(stdin.writeEnd, Buffer.from(run.stdin ?? '')),
    run.during?.(child),
  ])
  clearTimeout(timer)
  const milliseconds = performance.now() - startedMs
  const texts = { stdout: decode(out), stderr: decode(err) }
  return { exitCode, signal: child.signalCode, ...texts, milliseconds, timedOut }
}

/** The line a kubelet writes to the plugin's stdin; `extra` fields come last, and may replace the others. */
export function kubeletRequest(
  image: string,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  const kind = 'CredentialProviderRequest'
  const apiVersion = 'credentialprovider.kubelet.k8s.io/v1'
  return `${JSON.stringify({ kind, apiVersion, image, ...extra })}\n`
}

/** Keeps a byte order mark, which the kubelet would refuse. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
