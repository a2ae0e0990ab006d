import { expect, test } from 'bun:test'

import { runPlugin } from '../../world/plugin.ts'
import { addManifest } from '../../world/registry.ts'
import { examine } from './node.ts'
import { AWS_NODES } from './nodes/aws.ts'
import { REGISTRY_NODES } from './nodes/registry.ts'
import { SETTINGS_NODES } from './nodes/settings.ts'

/** Every broken node. */
const BROKEN = [...SETTINGS_NODES, ...AWS_NODES, ...REGISTRY_NODES]

const PUBLIC = {
  gate: {},
  names: ['public.ecr.aws', 'api.ecr-public.us-east-1.amazonaws.com'],
  env: { AWS_ENDPOINT_URL_ECR_PUBLIC: undefined },
}

test.concurrent.each([...BROKEN])(
  '$name',
  async ({ node, verdict, found, says }) => {
    const { report, found: actual, text } = await examine(node)
    expect([report.verdict, ...actual]).toEqual([verdict, ...found])
    if (says !== undefined) expect(text.replaceAll(/\s+/g, ' ')).toMatch(says)
    // What fails has a cause and something to do, and what comes after it is left out for its sake.
    const failed = report.checks.filter(({ status }) => status === 'fail' || status === 'unknown')
    for (const { id, cause, fix } of failed) {
      expect([id, typeof cause, typeof fix]).toEqual([id, 'string', 'string'])
    }
    const layer = failed[0]?.id.split('.')[0] ?? ''
    const skipped = report.checks.filter(({ status }) => status === 'skip')
    for (const { summary } of skipped) expect(summary).toBe(`needs: ${layer}`)
  },
  60_000,
)

test('there are at least forty broken nodes, and no two of a name', () => {
  expect(BROKEN.length).toBeGreaterThanOrEqual(40)
  expect(new Set(BROKEN.map(({ name }) => name)).size).toBe(BROKEN.length)
}, 60_000)

test.concurrent(
  'an index within an index is not looked into',
  async () => {
    const { report, found } = await examine({
      image: 'HOST(registry)/app:nested',
      prepare: ({ state }) => {
        const app = state.registry.repositories.get('app')
        const type = 'application/vnd.oci.image.index.v1+json'
        if (app === undefined) return
        const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : 'arm64' }
        const digest = addManifest(app, '', type, {
          manifests: [{ digest: `sha256:${'0'.repeat(64)}`, platform }],
        })
        addManifest(app, 'nested', type, { manifests: [{ digest, platform }] })
      },
    })
    expect([report.verdict, ...found]).toEqual(['ok'])
    const layers = report.checks.find(({ id }) => id === 'registry.layers')
    expect(layers?.status).toBe('skip')
  },
  60_000,
)

test.concurrent(
  'a node that is fine',
  async () => {
    const { report, found, world } = await examine({})
    expect([report.verdict, ...found]).toEqual(['ok'])
    expect(report.checks.map(({ id }) => id)).toEqual([
      'kubelet.process',
      'config.file',
      'config.image',
      'config.binary',
      'settings.values',
      'identity.credentials',
      'network.address',
      'network.connection',
      'network.clock',
      'token.ecr',
      'token.plugin',
      'registry.password',
      'registry.import',
      'registry.manifest',
      'registry.layers',
    ])
    const layers = world.requests.filter(({ step }) => step === 'storage')
    expect(layers.length).toBe(2)
    for (const { headers } of layers) {
      // The URL of the storage is its own proof; nothing else is shown to it.
      expect(headers.get('authorization')).toBeUndefined()
      expect(headers.get('range')).toBe('bytes=0-0')
    }
  },
  60_000,
)

test.concurrent(
  'an image for many architectures',
  async () => {
    const { report } = await examine({ image: 'HOST(registry)/app:1' })
    expect(report.checks.at(-1)).toMatchObject({ id: 'registry.layers', status: 'ok' })
    expect(report.checks.some(({ id }) => id === 'registry.import')).toBe(false)
  },
  60_000,
)

test.concurrent(
  'an image by its digest',
  async () => {
    const digest = { value: '' }
    const { report } = await examine({
      prepare: ({ state }) => {
        const [found = ''] = state.registry.repositories.get('team/app')?.manifests.keys() ?? []
        digest.value = found
      },
      image: 'HOST(registry)/team/app:gone@DIGEST',
      fill: (text) => text.replace('DIGEST', digest.value),
    })
    expect(report.verdict).toBe('ok')
  },
  60_000,
)

test.concurrent(
  'a public image',
  async () => {
    const { report, found, world } = await examine({
      ...PUBLIC,
      image: 'public.ecr.aws/app:1',
      prepare: ({ state }) => {
        state.registry.isPublic = true
      },
    })
    expect([report.verdict, ...found]).toEqual(['ok'])
    // The password is shown to the token service alone.
    const ONCE = ['Basic', 'Bearer', 'Bearer', 'Bearer', 'Bearer']
    const shown = world.requests.filter(({ step }) => step === 'registry')
    expect(shown.map(({ headers }) => (headers.get('authorization') ?? '').split(' ')[0])).toEqual(
      [ONCE, ONCE].flat(),
    )
  },
  60_000,
)

test.concurrent(
  'without the registry',
  async () => {
    const { report, text, world } = await examine({ words: ['--no-registry'] })
    expect(report.verdict).toBe('ok')
    expect(text).toContain('registry  skip  left out by --no-registry')
    expect(text).toContain('this node can get a password for ECR')
    expect(world.requests.some(({ step }) => step === 'registry')).toBe(false)
  },
  60_000,
)

test.concurrent(
  'without an image',
  async () => {
    const { report, text } = await examine({ image: undefined, own: { AWS_REGION: 'us-west-2' } })
    expect(report.verdict).toBe('ok')
    expect(text).toContain('registry  skip  needs: an IMAGE')
  },
  60_000,
)

test.concurrent(
  'a password from the cache is said to be one',
  async () => {
    const { report, text } = await examine({
      args: ['--mirror=HOST(registry)=us-west-2', '--cache-dir=DIR/cache'],
    })
    // The second of the two examinations finds what the first one's plugin has kept.
    expect(report.checks.some(({ id }) => id === 'settings.cache')).toBe(false)
    expect(text).toContain('the cache answers the plugin; what follows is asked afresh')
  },
  60_000,
)

test.concurrent.each([
  ['an unknown word', ['a.b/c', 'd.e/f'], 2],
  ['an unknown flag', ['--jsonx'], 2],
  ['an image that is none', ['nginx'], 2],
  ['an image with a password', ['user:sentinel@host/app'], 2],
  ['a process that is none', ['--pid', '0'], 2],
  ['a unit that looks like a flag', ['--unit=-H'], 2],
  ['help', ['--help'], 0],
] as const)(
  '%s',
  async (_, words, exitCode) => {
    const run = await runPlugin({ args: ['doctor', ...words] })
    expect(run.exitCode).toBe(exitCode)
    expect(run.stderr + run.stdout).not.toContain('sentinel')
    if (exitCode === 0) expect(run.stdout).toStartWith('usage: ecr-credential-provider doctor')
    else expect(run.stderr).toMatch(/^ecr-credential-provider: .+/)
  },
  60_000,
)
