import { kubeletRequest, type PluginRun, runPlugin } from '../../world/plugin.ts'
import { startProxy } from '../../world/proxy.ts'
import { startWorld } from '../../world/world.ts'
import { evict, residentPages } from './page_cache.ts'

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
/** The kinds of run as the README has them, without JIT. */
export const RECOMMENDED = ['plain', 'warm', 'cached', 'proxied'] as const

const API = 'api.ecr.us-west-2.amazonaws.com'

/**
 * The pages of a binary that its runs touch, by the kind of run: what the page cache has of it after a run that began
 * with nothing of it there. The binary must lie on a disk without read-ahead.
 *
 * @param command the program and its arguments, if it is not the binary itself: an emulator.
 */
export async function measureTouched(
  binary: string,
  command: readonly string[] = [binary],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const world = await startWorld({ names: [API] })
  const proxy = startProxy({ route: world.route })
  const env = world.environment({ BUN_JSC_useJIT: '0' })
  const { AWS_ENDPOINT_URL_ECR: _, ...withoutEcr } = env
  const stdin = kubeletRequest(IMAGE)
  const cache = ['--cache-dir', `${world.directory}/cache`]
  // In this order: what `warm` stores is what the cached run answers with.
  const runs: Readonly<Record<string, PluginRun>> = {
    plain: { stdin, env },
    warm: { args: ['warm', IMAGE, ...cache], env },
    cached: { stdin, args: cache, env },
    proxied: { stdin, env: { ...withoutEcr, HTTPS_PROXY: proxy.url } },
    'with JIT': { stdin, env: world.environment() },
  }
  const touched = new Map<string, readonly number[]>()
  try {
    for (const [name, run] of Object.entries(runs)) {
      touched.set(name, await touchOnce(binary, { ...run, command }))
    }
    return touched
  } finally {
    proxy.stop()
    await world.stop()
  }
}

async function touchOnce(binary: string, run: PluginRun): Promise<readonly number[]> {
  evict(binary)
  if (residentPages(binary).length > 0) throw new Error(`the page cache keeps ${binary}`)
  const { exitCode, stderr } = await runPlugin(run)
  if (exitCode !== 0) throw new Error(`the run failed: ${stderr}`)
  return residentPages(binary)
}
