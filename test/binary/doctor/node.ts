import { expect } from 'bun:test'
import { chmodSync, copyFileSync, cpSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import * as v from 'valibot'

import { type GateOptions, openGate } from '../../world/gate.ts'
import type { LineRule } from '../../world/line_faults.ts'
import { pluginPath, type PluginResult, runPlugin } from '../../world/plugin.ts'
import type { FaultRule } from '../../world/recorder.ts'
import type { Key } from '../../world/sigv4.ts'
import { startWorld, type World, type WorldOptions } from '../../world/world.ts'
import { fillKeys, formsOf, keyVariables, type Sandbox } from '../scenarios/scenario.ts'

/**
 * A node whose kubelet is played by a shell that waits: it has the name, the flags and the environment of one. In every text
 * `DIR` is the node's own directory, `URL(x)` and `HOST(x)` an address of the world, and `URL(proxy)` its proxy.
 */
export interface Node {
  /** The kubelet's environment, over the documented variables that lead into the world; `undefined` unsets one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The `env` and `args` of its provider. */
  readonly own?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly matchImages?: readonly string[]
  /** What the provider has beside these, as YAML lines without indentation. */
  readonly more?: string
  /** The whole configuration instead. */
  readonly config?: string
  readonly files?: Readonly<Record<string, string>>
  /** The kubelet's flags instead of the two. */
  readonly flags?: readonly string[]
  /** `doctor`'s arguments behind the image and `--pid`. */
  readonly words?: readonly string[]
  /** Default: an image behind a mirror on this machine. `undefined`: none. */
  readonly image?: string | undefined
  /** What else is filled in, in the image. */
  readonly fill?: (text: string) => string
  /** Stands in front of the world, and is given to the kubelet as its proxy. */
  readonly gate?: GateOptions
  readonly names?: readonly string[]
  readonly line?: LineRule
  readonly certificate?: WorldOptions['certificate']
  readonly faults?: readonly FaultRule[]
  readonly prepare?: (world: World) => void
  /** What the kubelet is run in, and more variables. */
  readonly around?: (world: World) => Promise<Sandbox>
  /** What is done once the kubelet runs. */
  readonly later?: (world: World) => void | Promise<void>
  /** Where in `DIR` the binary is that runs `doctor`. Default: `bin`. */
  readonly program?: string
  /** Whether the kubelet has a root directory of its own, in which `/mnt` is `DIR`. */
  readonly root?: boolean
  /** The environment of whoever runs `doctor`. */
  readonly shell?: Readonly<Record<string, string>>
}

const Report = v.strictObject({
  schema: v.literal(1),
  verdict: v.picklist(['ok', 'fail', 'unknown']),
  image: v.optional(v.string()),
  checks: v.array(
    v.strictObject({
      id: v.pipe(v.string(), v.regex(/^[a-z]+\.[a-z_]+$/)),
      status: v.picklist(['ok', 'warn', 'fail', 'unknown', 'skip', 'info']),
      ms: v.optional(v.pipe(v.number(), v.integer())),
      cause: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]+$/))),
      summary: v.pipe(v.string(), v.nonEmpty()),
      fix: v.optional(v.pipe(v.string(), v.nonEmpty())),
    }),
  ),
})

/** What `doctor` says about a node. */
interface Examined {
  readonly report: v.InferOutput<typeof Report>
  /** `status id cause` of each check that is not ok. */
  readonly found: readonly string[]
  readonly text: string
  readonly result: PluginResult
  readonly world: World
}

/** The image of a node that is told no other: `team/app:1` behind a mirror. */
const IMAGE = 'HOST(registry)/team/app:1'

/** Examines a node, once for programs and once for people, and sees that neither report holds a secret. */
export async function examine(node: Node): Promise<Examined> {
  const { line, certificate, names = [] } = node
  const world = await startWorld({
    names,
    ...(line === undefined ? {} : { line }),
    ...(certificate === undefined ? {} : { certificate }),
  })
  const gate = await openGate(node.gate ?? {}, world)
  const keys = new Map<string, Key>()
  const fill = (text: string) => fillIn(fillKeys(text, { keys, world }), world, gate.url)
  node.prepare?.(world)
  const around = await node.around?.(world)
  const env = { ...around?.env, ...node.env }
  const kubelet = startKubelet({ ...node, env, before: around?.command ?? [] }, world, fill)
  try {
    await kubelet.ready
    await node.later?.(world)
    world.faults.push(...(node.faults ?? []))
    const image = 'image' in node ? node.image : IMAGE
    const filled = image === undefined ? undefined : fill(node.fill?.(image) ?? image)
    const words = [...(filled === undefined ? [] : [filled]), '--pid', `${kubelet.pid}`]
    const own = (node.words ?? []).map(fill)
    const command = [`${world.directory}/${node.program ?? 'bin'}/ecr-credential-provider`]
    const run = async (more: readonly string[]) =>
      runPlugin({ command, args: ['doctor', ...words, ...own, ...more], env: node.shell ?? {} })
    const result = await run(['--json'])
    const { stdout: text, stderr } = await run([])
    const secrets = [...world.state.secrets, ...world.state.ecr.passwords]
    for (const form of formsOf(secrets)) {
      for (const shown of [result.stdout, result.stderr, text, stderr]) {
        expect(shown).not.toContain(form)
      }
    }
    expect([result.stderr, stderr]).toEqual(['', ''])
    // A word that is too long for a line has one of its own.
    const long = text.split('\n').filter((each) => each.length > 80 && /\S \S/.test(each.slice(16)))
    expect(long).toEqual([])
    const report = v.parse(Report, JSON.parse(result.stdout))
    expect(result.exitCode).toBe({ ok: 0, fail: 1, unknown: 3 }[report.verdict])
    const found = report.checks
      .filter(({ status }) => status !== 'ok' && status !== 'skip' && status !== 'info')
      .map(({ status, id, cause }) => `${status} ${id} ${cause ?? ''}`)
    return { report, found, text, result, world }
  } finally {
    around?.stop?.()
    kubelet.stop()
    gate.stop()
    await world.stop()
  }
}

/** Makes a root of its own for the kubelet, by links to ours, but for `/mnt`. `$0` is the node's directory. */
const OWN_ROOT = `
  mkdir "$0/root" && mount --rbind / "$0/root" && mount --bind "$0" "$0/root/mnt" &&
  exec chroot "$0/root" /mnt/kubelet "$@"`

/** What begins with `sentinel` is a secret; so is the node's own key. */
function startKubelet(
  node: Node & { readonly before: readonly string[] },
  world: World,
  fill: (text: string) => string,
) {
  const { directory } = world
  const config = node.config ?? formatConfig(node)
  const files = { 'config.yaml': config, ...node.files }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${directory}/${path}`), { recursive: true })
    writeFileSync(`${directory}/${path}`, fill(text))
  }
  install(`${directory}/bin`)
  const flags = node.flags ?? [
    '--image-credential-provider-config=DIR/config.yaml',
    '--image-credential-provider-bin-dir=DIR/bin',
  ]
  const proxies = node.gate === undefined ? {} : { HTTPS_PROXY: 'URL(proxy)' }
  const variables = Object.entries({ ...world.environment(), ...proxies, ...node.env })
  const env = Object.fromEntries(
    variables.flatMap(([name, value]) => {
      if (value === undefined) return []
      // As in a scenario: the variables with a key of its value.
      return name === 'KEYS' ? Object.entries(keyVariables(value, world)) : [[name, fill(value)]]
    }),
  )
  const { args, faults, own: mine, shell: outside } = node
  const texts = JSON.stringify([files, node.env, args, mine, outside, faults])
  for (const [secret] of texts.matchAll(/sentinel[\w.-]+/g)) world.state.secrets.add(secret)
  const shell = `${directory}/kubelet`
  cpSync('/bin/sh', shell, { dereference: true })
  const words = ['-c', 'echo; read _', ...flags.map(fill)]
  const own = ['unshare', '-m', '/bin/sh', '-c', OWN_ROOT, directory, ...words]
  const child = Bun.spawn(node.root === true ? own : [...node.before, shell, ...words], {
    env,
    cwd: '/',
    stdin: 'pipe',
    stdout: 'pipe',
  })
  const ready = child.stdout.getReader().read()
  return { pid: child.pid, ready, stop: () => child.kill('SIGKILL') }
}

/** The binary under the name of the provider: a link where that is possible, so that it is the same file. */
function install(directory: string): void {
  mkdirSync(directory)
  const path = `${directory}/ecr-credential-provider`
  try {
    linkSync(pluginPath, path)
  } catch {
    copyFileSync(pluginPath, path)
    chmodSync(path, 0o755)
  }
}

function formatConfig({ own = {}, args, matchImages, more = '' }: Node): string {
  const lines = [
    'name: ecr-credential-provider',
    'apiVersion: credentialprovider.kubelet.k8s.io/v1',
    `matchImages: ${JSON.stringify(matchImages ?? ['HOST(registry)', '*.dkr.ecr.*.amazonaws.com', 'public.ecr.aws'])}`,
    'defaultCacheDuration: 12h',
    `args: ${JSON.stringify(args ?? ['--mirror=HOST(registry)=us-west-2'])}`,
    `env: ${JSON.stringify(Object.entries(own).map(([name, value]) => ({ name, value })))}`,
    ...more.split('\n').filter((line) => line !== ''),
  ]
  return [
    'apiVersion: kubelet.config.k8s.io/v1',
    'kind: CredentialProviderConfig',
    'providers:',
    ...lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`),
    '',
  ].join('\n')
}

function fillIn(text: string, world: World, proxy: string): string {
  const urls = new Map<string, string | undefined>(Object.entries({ ...world.urls, proxy }))
  return text
    .replaceAll(/URL\((\w+)\)/g, (_, name: string) => urls.get(name) ?? '')
    .replaceAll(/HOST\((\w+)\)/g, (_, name: string) => new URL(urls.get(name) ?? '').host)
    .replaceAll('DIR', world.directory)
}
