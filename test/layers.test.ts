import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

// The architecture, as a test: which file stands on which layer. Imports point down, never up; a file may import from its
// own layer only what is listed before it there.
const LAYERS: readonly (readonly string[])[] = [
  ['base/failure.ts', 'base/system.ts'],
  [
    'base/decode.ts',
    'aws/xml_pieces.ts',
    'aws/xml.ts',
    'base/files.ts',
    'base/timestamp.ts',
    'base/addresses.ts',
    'net/proxy/exempt.ts',
    'net/proxy/rules.ts',
  ],
  ['config/ini.ts', 'config/profiles.ts', 'config/shared_files.ts'],
  ['config/settings_table.ts', 'config/settings.ts'],
  ['aws/endpoints.ts', 'aws/service_url.ts'],
  ['host/server_name.ts', 'host/inbox.ts', 'net/problem.ts', 'net/names.ts'],
  ['net/certificates.ts', 'net/bundle.ts', 'net/trust.ts'],
  ['net/answer.ts', 'net/request.ts', 'net/exchange.ts', 'net/direct.ts', 'net/proxy/tunnel.ts'],
  ['net/clock.ts', 'net/network.ts', 'aws/retry.ts'],
  ['aws/credentials.ts', 'credentials/imds_answers.ts', 'credentials/imds.ts', 'aws/context.ts'],
  ['aws/error_code.ts', 'aws/call.ts', 'aws/sts.ts'],
  ['credentials/source.ts', 'credentials/environment.ts', 'credentials/sso_profile.ts'],
  ['credentials/profile.ts', 'credentials/select.ts'],
  ['credentials/sources/container.ts'],
  [
    'credentials/sources/web_identity.ts',
    'credentials/sources/process.ts',
    'credentials/sources/sso_file.ts',
    'credentials/sources/sso_token.ts',
  ],
  ['credentials/sources/sso.ts', 'credentials/resolve.ts'],
  [
    'ecr/host.ts',
    'kubelet/request.ts',
    'kubelet/response.ts',
    'ecr/token.ts',
    'credentials/sources/service_account.ts',
    'ecr/settings.ts',
  ],
  [
    'cache/boot_clock.ts',
    'cache/claim.ts',
    'cache/entry.ts',
    'cache/sweep.ts',
    'cache/store.ts',
    'cache/single_flight.ts',
    'cache/key.ts',
  ],
  ['kubelet/options.ts', 'pull.ts', 'plugin.ts', 'warm.ts'],
  [
    'host/socket.ts',
    'host/nested_tls.ts',
    'host/command_output.ts',
    'host/command.ts',
    'host/replace_file.ts',
    'host/private_directory.ts',
    'host/signals.ts',
    'host/host.ts',
    'main.ts',
  ],
]

const SOURCE = new URL('../src/', import.meta.url)
const ORDER = LAYERS.flat()
const files = [...new Bun.Glob('**/*.ts').scanSync({ cwd: SOURCE.pathname })]
const text = new Map(files.map((file) => [file, readFileSync(new URL(file, SOURCE), 'utf8')]))

function importsOf(file: string): readonly string[] {
  const found = (text.get(file) ?? '').matchAll(/(?:from|import)\s*\(?\s*'(?<target>[^']+)'/g)
  return [...found].map(({ groups }) => {
    const target = groups?.['target'] ?? ''
    if (!target.startsWith('.')) return target
    return relative(SOURCE.pathname, new URL(target, new URL(file, SOURCE)).pathname)
  })
}

const code = (file: string) => (text.get(file) ?? '').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')

test('every source file has its place', () => {
  // The build script is no part of the program.
  expect(files.filter((file) => file !== 'build.ts').toSorted()).toEqual(ORDER.toSorted())
})

test('imports point down', () => {
  for (const file of ORDER) {
    for (const target of importsOf(file).filter((name) => name.endsWith('.ts'))) {
      expect([file, target, ORDER.indexOf(target) < ORDER.indexOf(file)]).toEqual([
        file,
        target,
        true,
      ])
    }
  }
})

test('packages and runtime modules have one door each', () => {
  const outside = ORDER.flatMap((file) =>
    importsOf(file)
      .filter((name) => !name.endsWith('.ts'))
      .map((name) => `${file} ${name}`),
  )
  const unexpected = outside.filter((line) => !line.endsWith(' valibot'))
  expect(unexpected.toSorted()).toEqual(
    [
      'aws/call.ts aws4fetch',
      'main.ts ../package.json',
      'host/replace_file.ts node:fs',
      'host/host.ts node:os',
      'host/nested_tls.ts node:net',
      'host/server_name.ts node:crypto',
      'host/private_directory.ts node:fs',
      'host/private_directory.ts node:fs',
      'main.ts node:tty',
    ].toSorted(),
  )
})

test('no module of the runtime is loaded before it is needed', () => {
  // Also behind a dynamic import: the bundler puts the static imports of such a module in front of all code.
  const imports = ORDER.flatMap((file) => code(file).match(/^import .*'node:.*$/gm) ?? [])
  expect(imports.filter((line) => !line.startsWith('import type '))).toEqual([])
})

test.each([
  [
    'process, Bun and console',
    /(?<!\/)\b(process|Bun|console|globalThis|require)\b[.(]/,
    [
      'host/socket.ts',
      'host/nested_tls.ts',
      'host/command.ts',
      'host/private_directory.ts',
      'host/signals.ts',
      'host/host.ts',
      'main.ts',
    ],
  ],
  ['fetch', /(?<![.\w])fetch\(/, []],
  ['JSON.parse', /JSON\.parse|\.json\(\)/, ['base/decode.ts']],
  ['the schema check', /v\.(safeParse|parse|parseAsync|is|assert)\(/, ['base/decode.ts']],
  [
    'the wall clock and chance',
    /Date\.now\(|new Date\(\)|Math\.random|performance\.now/,
    ['host/host.ts', 'main.ts'],
  ],
])('no other file uses %s', (_, pattern, owners) => {
  expect(ORDER.filter((file) => pattern.test(code(file)))).toEqual(owners)
})

test('no file is longer than an auditor reads in one go', () => {
  const long = ORDER.filter((file) => (text.get(file) ?? '').split('\n').length > 151)
  expect(long).toEqual([])
})
