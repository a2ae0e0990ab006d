import { Failure, quote } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import type { System } from '../../base/system.ts'
import { parseRegistry } from '../../ecr/host.ts'
import { findProxy } from '../../net/proxy/rules.ts'
import { findRuntime, readEnvironment } from '../process.ts'
import { attempt } from './explain.ts'
import type { Tell } from './report.ts'

/** The most of a configuration that is read, in bytes. */
const MAX_BYTES = 1_048_576

/** Where containerd is configured: its own place, and those of k3s and RKE2. */
function configs(): readonly string[] {
  return [
    '/etc/containerd/config.toml',
    '/var/lib/rancher/k3s/agent/etc/containerd/config.toml',
    '/var/lib/rancher/rke2/agent/etc/containerd/config.toml',
  ]
}

/** Judges what the container runtime, which fetches images itself, does in another way than the kubelet. */
export async function judgeRuntime(
  host: string | undefined,
  env: System['env'],
  told: { readonly machine: Machine; readonly tell: Tell },
): Promise<void> {
  await judgePause(told.machine, told.tell)
  if (host !== undefined) await judgeRuntimeProxy(host, env, told)
}

/** Judges containerd's pause image: it is pulled without the kubelet, and so without any plugin. */
export async function judgePause(machine: Machine, tell: Tell): Promise<void> {
  const id = 'runtime.pause'
  for (const path of configs()) {
    const bytes = await machine.readFile(path, MAX_BYTES).catch(() => undefined)
    if (bytes === undefined) continue
    const image = pauseImageIn(new TextDecoder().decode(bytes))
    if (image === undefined || !isInEcr(image)) {
      tell({ id, status: 'ok', summary: `the pause image is not in ECR, by ${path}` })
      return
    }
    const summary = `containerd's pause image is in ECR, by ${quote(path)}, and no plugin is ever asked for that one`
    const fix = 'keep it on the node: pin it or import it, or name one that needs no password'
    tell({ id, status: 'warn', cause: 'pause_image', summary, fix })
    return
  }
}

/**
 * Judges whether the runtime, which fetches the image itself, goes to the registry the way that was tried here: it has an
 * environment of its own.
 */
export async function judgeRuntimeProxy(
  host: string,
  env: System['env'],
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): Promise<void> {
  const pid = await findRuntime(machine)
  const own =
    pid === undefined ? undefined : await readEnvironment(pid, machine).catch(() => undefined)
  if (own === undefined) return
  const url = new URL(`https://${host}/`)
  const ways = await attempt(() => [env, own].map((each) => findProxy(url, each)?.url.host))
  // A proxy that cannot be used has been said.
  if ('reason' in ways) return
  const [here, there] = ways.value
  if (here === there) return
  const summary = `the container runtime reaches ${host} ${nameOf(there)}, the kubelet ${nameOf(here)}`
  const fix = 'give both the same HTTPS_PROXY and NO_PROXY: containerd.service fetches the layers'
  tell({ id: 'runtime.proxy', status: 'warn', cause: 'runtime_proxy', summary, fix })
}

function nameOf(proxy: string | undefined): string {
  return proxy === undefined ? 'directly' : `by proxy ${proxy}`
}

/**
 * `sandbox_image` up to containerd 1.7, `sandbox` under `pinned_images` from 2.0 on.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/cri/config.md
 */
function pauseImageIn(toml: string): string | undefined {
  const line = /^[ \t]*sandbox(?:_image)?[ \t]*=[ \t]*["'](?<image>[^"'\n]+)["']/m
  return line.exec(toml)?.groups?.['image']
}

function isInEcr(image: string): boolean {
  try {
    // The public registry needs no password.
    return parseRegistry(image, []).service === 'ecr'
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}
