import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'

import * as v from 'valibot'

import { HELP } from '../../src/kubelet/options.ts'
import { doctorHelp } from '../../src/operator/doctor/options.ts'
import { configHelp } from '../../src/operator/kubelet_config/help.ts'
import { makeConfig } from '../../src/operator/kubelet_config/make.ts'
import { parseConfigOptions } from '../../src/operator/kubelet_config/options.ts'
import { configSchema } from '../support/kubelet_config.ts'
import { PRIVATE_REGISTRIES } from '../support/registries.ts'
import { matchImage } from '../world/match.ts'
import { readBetween, README, README_LINE } from './readme.ts'
import { formatSettings, MARKERS } from './settings_readme.ts'

const scripts = v.parse(
  v.object({ scripts: v.record(v.string(), v.string()) }),
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
).scripts

const SECURITY = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')

/** The newest kubelet that is told of. */
const CredentialProviderConfig = configSchema(37)

const configs = [...README.matchAll(/```yaml\n(apiVersion: kubelet[^]*?)```/g)].map(
  ([, text]) => text ?? '',
)

test('the kubelet configuration of the README is valid, and named like the binary', () => {
  expect(configs.length).toBeGreaterThan(0)
  for (const text of configs) {
    const config = v.parse(CredentialProviderConfig, Bun.YAML.parse(text))
    expect(config.providers.map(({ name }) => name)).toEqual(['ecr-credential-provider'])
  }
})

function print(...args: readonly string[]) {
  const made: unknown = makeConfig(parseConfigOptions(args), 36)
  return v.parse(CredentialProviderConfig, made)
}

test('the configurations of the README are those that config prints', () => {
  const [first, second] = configs.map((text) =>
    v.parse(CredentialProviderConfig, Bun.YAML.parse(text)),
  )
  expect(first).toEqual(print('--public'))
  const [provider] = print('--service-accounts').providers
  expect(second?.providers[0]?.tokenAttributes).toEqual(provider?.tokenAttributes)
})

test('the unit that warms the cache runs as the plugin does in the configuration that config prints', () => {
  const [{ args = [], env = [] } = {}] = print('--cache').providers
  const warm = new URL('../../src/units/ecr-credential-provider-warm.service', import.meta.url)
  const lines = readFileSync(warm, 'utf8').split('\n')
  expect(lines.filter((line) => line.startsWith('Environment='))).toEqual(
    env.map(({ name, value }) => `Environment=${name}=${value}`),
  )
  const options = args.map((arg) => arg.replace('=', ' ')).join(' ')
  expect(lines).toContain(
    `ExecStart=/usr/libexec/ecr-credential-provider/ecr-credential-provider warm ${options}`,
  )
})

test('the kubelet configuration of the README matches every ECR host and no other', () => {
  const patterns =
    v.parse(CredentialProviderConfig, Bun.YAML.parse(configs[0] ?? '')).providers[0]?.matchImages ??
    []
  const matches = (image: string) => patterns.some((pattern) => matchImage(pattern, image))
  for (const [, host] of PRIVATE_REGISTRIES)
    expect([host, matches(`123456789012.${host}/app`)]).toEqual([host, true])
  expect(matches('public.ecr.aws/x')).toBe(true)
  expect(matches('ecr-public.aws.com/x')).toBe(true)
  for (const image of [
    'docker.io/library/nginx',
    'evil.io/public.ecr.aws',
    '1.dkr.ecr.x.amazonaws.com.evil.io/x',
  ]) {
    expect([image, matches(image)]).toEqual([image, false])
  }
})

test('every npm script the README names exists', () => {
  const named = [...README.matchAll(/npm (?:run (?<name>[\w:-]+)|(?<short>test)\b)/g)].map(
    ({ groups }) => groups?.['name'] ?? groups?.['short'] ?? '',
  )
  for (const name of ['demo', 'test', 'build', 'ok']) expect(named).toContain(name)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

const optionsIn = (text: string) => new Set(text.match(/(?<![\w-])--[a-z][a-z-]*/g))

test('README and --help name the same options', () => {
  // What comes after is about the tools of developers.
  const [forOperators = ''] = README.split('\n## Build and check\n')
  // Of another program.
  const own = forOperators.replaceAll('aws sso login --profile', '')
  const told = [...optionsIn(own)].filter(
    (option) => !option.startsWith('--image-credential-provider-'),
  )
  const known = optionsIn([HELP, configHelp(), doctorHelp()].join('\n'))
  expect(told.filter((option) => !known.has(option))).toEqual([])
  expect([...known].filter((option) => !told.includes(option))).toEqual([])
})

test('the README names every variable that the source reads, and no other', () => {
  const source = [...new Bun.Glob('**/*.ts').scanSync({ cwd: `${import.meta.dir}/../../src` })]
    .map((file) =>
      readFileSync(`${import.meta.dir}/../../src/${file}`, 'utf8').replace(
        /\/\*[^]*?\*\/|\/\/.*$/gm,
        '',
      ),
    )
    .join('\n')
  const names = /\b(?:AWS_[A-Z0-9_]+|SSL_CERT_(?:FILE|DIR))\b/g
  const read = new Set(source.match(names))
  const told = new Set(README.match(names))
  expect([...told].filter((name) => !read.has(name))).toEqual([])
  expect([...read].filter((name) => !told.has(name))).toEqual([])
})

test.each([
  ['kubelet/options.ts', 'DEFAULT_TIMEOUT_SECONDS = 45', '45 s for all (`--timeout`)'],
  ['cache/claim.ts', 'MAX_CLAIM_MS = 5000', 'if it hangs, after 5 s'],
  ['cache/claim.ts', 'PAUSE_MS = { least: 1000, most: 4000 }', 'pause of 1 to 4 s'],
  ['cache/single_flight.ts', 'PATIENCE_MS = 2 * MAX_CLAIM_MS', 'None waits longer than 10 s'],
  ['cache/single_flight.ts', 'RESERVE_MS = 15_000', 'every run keeps 15 s'],
  ['ecr/token.ts', 'MAX_LIFE_MS = 12 * 3600 * 1000', 'older than a token can live (12 h)'],
  ['cache/store.ts', 'MAX_WRITE_MS = 60_000', 'left half written (after a minute)'],
  ['net/problem.ts', 'PHASE_MS = 4000', 'Nothing came back for 4 s'],
  ['net/answer.ts', 'MAX_BODY_BYTES = 256 * 1024', 'No answer over 256 KiB'],
  ['main.ts', 'GRACE_MS = 250', 'within `--timeout` (and 0.25 s more,'],
  ['units/read-ahead', 'started % 32', 'ranges, 32 at a time'],
])('%s still has %s, of which README or SECURITY.md says: %s', (file, constant, sentence) => {
  const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
  expect(source).toContain(constant)
  expect(`${README_LINE}${SECURITY}`).toContain(sentence)
})

test("the README's tables of settings are those of the program", () => {
  // To renew it: bun -e "import { formatSettings } from '../test/house/settings_readme.ts'; console.log(formatSettings())"
  expect(readBetween(MARKERS)).toBe(formatSettings())
})

test('every test that SECURITY.md names exists, and every guarantee has one', () => {
  const guarantees = [...SECURITY.matchAll(/^\| (G[0-9]+) \|.*\| (?<tests>[^|]+) \|$/gm)]
  expect(guarantees.map(([, name]) => name)).toEqual(guarantees.map((_, index) => `G${index + 1}`))
  expect(guarantees.length).toBeGreaterThan(10)
  for (const { groups } of guarantees) {
    const files = [...(groups?.['tests'] ?? '').matchAll(/`([^`]+)`/g)].map(
      ([, file]) => file ?? '',
    )
    expect(files.length).toBeGreaterThan(0)
    for (const file of files)
      expect([file, existsSync(new URL(`../../${file}`, import.meta.url))]).toEqual([file, true])
  }
  // And none is only mentioned by the attackers.
  const mentioned = new Set(SECURITY.match(/G[0-9]+/g))
  expect([...mentioned].every((name) => guarantees.some(([, known]) => known === name))).toBe(true)
})
