import { expect, setDefaultTimeout, test } from 'bun:test'

import { kubeletRequest, type PluginRun, runPlugin } from '../world/plugin.ts'
import { inWorld } from '../world/world.ts'

// What the compiled binary prints, wherever strange characters come from.

setDefaultTimeout(60_000)

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const stdin = kubeletRequest(IMAGE)

/** What ends a line, drives a terminal, or is no ASCII. */
const STRANGE = [
  ['DEL', 'a\x7fb', 'a?b'],
  ['a line end', 'a\nb', 'a?b'],
  ['a carriage return', 'a\rb', 'a?b'],
  ['an escape sequence', 'a\x1b[31mb', 'a?[31mb'],
  ['a C1 control', 'a\x9bb', 'a?b'],
  ['an umlaut', 'aäb', 'a?b'],
  ['a right-to-left override', 'a\u202eb', 'a?b'],
  ['a line separator', 'a\u2028b', 'a?b'],
  ['an emoji', 'a\u{1f600}b', 'a??b'],
  ['a quote', 'a"b', 'a?b'],
] as const

/** Where a name may come from, and what the line makes of it. */
const PLACES: readonly (readonly [
  place: string,
  run: (name: string) => PluginRun,
  says: (name: string) => string,
])[] = [
  [
    'an annotation',
    (name) => ({ stdin: kubeletRequest(IMAGE, { serviceAccountAnnotations: { [name]: 1 } }) }),
    (name) => `'serviceAccountAnnotations.${name}' must be string`,
  ],
  ['a profile', (name) => ({ env: { AWS_PROFILE: name } }), (name) => `profile '${name}'`],
  ['a word', (name) => ({ args: [name] }), (name) => `'${name}'`],
  [
    'a path',
    (name) => ({ env: { AWS_CA_BUNDLE: `/nowhere/${name}` } }),
    (name) => `'/nowhere/${name}'`,
  ],
]

test.concurrent.each(
  PLACES.flatMap(([place, run, says]) =>
    STRANGE.map(([kind, name, shown]) => [place, kind, run(name), says(shown)] as const),
  ),
)('%s with %s is printed in one line of ASCII', async (_place, _kind, run, says) =>
  inWorld(async (world) => {
    const { exitCode, stdout, stderr } = await runPlugin({
      stdin,
      ...run,
      env: world.environment(definedIn(run.env)),
    })
    expect([exitCode === 0, stdout]).toEqual([false, ''])
    expect(stderr).toMatch(/^ecr-credential-provider: [\x20-\x7e]+$/)
    expect(stderr).toContain(says)
  }),
)

test.concurrent.each(STRANGE)('--verbose prints %s in lines of ASCII', async (_, name, shown) =>
  inWorld(async (world) => {
    const env = world.environment({ AWS_CA_BUNDLE: '', SSL_CERT_FILE: `/nowhere/${name}` })
    const { stderr } = await runPlugin({ stdin, args: ['--verbose'], env })
    expect(stderr).toMatch(
      /^(ecr-credential-provider: [\x20-\x7e]+\n)*ecr-credential-provider: [\x20-\x7e]+$/,
    )
    expect(stderr).toContain(`there are no certificates in '/nowhere/${shown}'\n`)
  }),
)

function definedIn(env: PluginRun['env'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

test.concurrent.each(PLACES)('%s of any length is cut', async (_, run, says) =>
  inWorld(async (world) => {
    const long = 'x'.repeat(5000)
    const it = run(long)
    const { stderr } = await runPlugin({ stdin, ...it, env: world.environment(definedIn(it.env)) })
    expect(stderr.length).toBeLessThan(400)
    expect(stderr).toContain(says('x').split('x')[0] ?? '')
    expect(stderr).toContain("xxx...'")
  }),
)

test.concurrent.each([
  ['AWS_ENDPOINT_URL_ECR', `https://${'a'.repeat(60_000)}/`],
  ['HTTPS_PROXY', `http://${'b.'.repeat(30_000)}c`],
])('no host name floods the log: %s', async (name, value) =>
  inWorld(async (world) => {
    const env = { ...world.environment(), AWS_ENDPOINT_URL_ECR: undefined, [name]: value }
    const { exitCode, stderr } = await runPlugin({ stdin, env })
    expect(exitCode).toBe(1)
    expect(stderr).toStartWith('ecr-credential-provider: cannot get an ECR token in us-west-2: ')
    expect(stderr.length).toBeLessThan(2100)
  }),
)
