import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { pluginPath, type PluginResult, type PluginRun, runPlugin } from '../world/plugin.ts'
import type { World } from '../world/world.ts'

/** Whether this machine lets a test make mounts of its own; many containers do not. */
export const HAS_MOUNTS = Bun.spawnSync(['unshare', '-rm', 'true']).success

/** The end of a test's name, for the one who wonders why it did not run. */
export const NEEDED = HAS_MOUNTS ? '' : ' (skipped: unshare -rm is not permitted here)'

/** Runs the binary on a host that has these files in /etc, by their paths there, and nothing else in it. */
export async function runInEtc(
  world: World,
  files: Readonly<Record<string, string>>,
  run: PluginRun,
): Promise<PluginResult> {
  const etc = `${world.directory}/etc`
  mkdirSync(etc, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${etc}/${path}`), { recursive: true })
    writeFileSync(`${etc}/${path}`, text)
  }
  const script = 'mount -t tmpfs none /etc && cp -R "$HOME/etc/." /etc && exec "$0" "$@"'
  return runPlugin({
    ...run,
    command: ['unshare', '-rm', '/bin/sh', '-c', script, pluginPath],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...run.env },
  })
}
