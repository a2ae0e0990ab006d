import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

import { createAuthority } from '../world/certificates.ts'
import { issueKey } from '../world/keys.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, pluginPath, runPlugin } from '../world/plugin.ts'
import { startProxy } from '../world/proxy.ts'
import { inWorld, startWorld, type World } from '../world/world.ts'
import { play, type Scenario } from './scenarios/scenario.ts'

// The compiled binary in surroundings that try to change what it does.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const API = 'credentialprovider.kubelet.k8s.io/v1'
const stdin = kubeletRequest(IMAGE)

test.concurrent('a hostile working directory changes nothing', async () =>
  inWorld(async (world) => {
    const cwd = `${world.directory}/cwd`
    mkdirSync(`${cwd}/node_modules/aws4fetch`, { recursive: true })
    const stolen = `require('fs').writeFileSync(${JSON.stringify(`${cwd}/stolen`)}, 'x')`
    const files = {
      '.env':
        'AWS_PROFILE=stolen\nAWS_ENDPOINT_URL=http://127.0.0.1:1\nHTTPS_PROXY=http://127.0.0.1:1\n',
      '.env.local': 'AWS_PROFILE=stolen\n',
      '.env.production': 'AWS_PROFILE=stolen\n',
      'bunfig.toml': 'preload = ["./evil.js"]\n',
      '.npmrc': 'registry=http://127.0.0.1:1/\n',
      'evil.js': stolen,
      'tsconfig.json': '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}',
      'package.json': '{"main":"evil.js","type":"commonjs","imports":{"#x":"./evil.js"}}',
      'node_modules/aws4fetch/index.js': stolen,
      'src/main.ts': stolen,
    }
    mkdirSync(`${cwd}/src`)
    for (const [name, text] of Object.entries(files)) writeFileSync(`${cwd}/${name}`, text)
    const before = readdirSync(cwd)
    const run = await runPlugin({ stdin, cwd, env: world.environment() })
    expect([run.exitCode, run.stderr]).toEqual([0, ''])
    expect(findCredentials(readAnswer(run.stdout, API), IMAGE).length).toBe(1)
    expect(readdirSync(cwd)).toEqual(before)
  }),
)

test.concurrent(
  'no variable turns verification off or adds trust to a configured bundle',
  async () =>
    inWorld(async (world) => {
      const other = `${world.directory}/other.pem`
      writeFileSync(other, (await createAuthority()).pem)
      const adding = {
        NODE_EXTRA_CA_CERTS: world.caFile,
        SSL_CERT_FILE: world.caFile,
        NODE_USE_SYSTEM_CA: '1',
      }
      for (const variables of [
        {},
        { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
        adding,
        { ...adding, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      ]) {
        const run = await runPlugin({
          stdin,
          env: { ...world.environment(), AWS_CA_BUNDLE: other, ...variables },
        })
        expect([run.exitCode, run.stdout]).toEqual([1, ''])
        expect(run.stderr).toContain(`is not trusted by '${other}'`)
      }
      expect(world.requests.filter(({ service }) => service === 'ecr')).toEqual([])
    }),
)

test.concurrent('a CA of the host is trusted, without one the server is not', async () =>
  inWorld(async (world) => {
    const { AWS_CA_BUNDLE: caFile = '', ...env } = world.environment()
    const other = `${world.directory}/other.pem`
    writeFileSync(other, (await createAuthority()).pem)
    const folder = `${world.directory}/certs`
    mkdirSync(folder)
    writeFileSync(`${folder}/corporate.crt`, await Bun.file(caFile).text())
    const trusted = [
      { SSL_CERT_FILE: caFile },
      { SSL_CERT_DIR: `/nowhere:${folder}` },
      { SSL_CERT_FILE: other, SSL_CERT_DIR: folder },
    ]
    for (const variables of trusted) {
      expect((await runPlugin({ stdin, env: { ...env, ...variables } })).exitCode).toBe(0)
    }
    for (const variables of [
      {},
      { SSL_CERT_FILE: other },
      { SSL_CERT_FILE: caFile, AWS_CA_BUNDLE: other },
    ]) {
      const run = await runPlugin({ stdin, env: { ...env, ...variables } })
      expect([run.exitCode, run.stdout]).toEqual([1, ''])
      expect(run.stderr).toContain('is not trusted by')
    }
  }),
)

test.concurrent(
  'a root with a name of AWS is tried first, and trusted only if the host has it',
  async () => {
    const authority = await createAuthority('Amazon Root CA 1')
    const world = await startWorld({ authority })
    const { AWS_CA_BUNDLE: caFile = '', ...env } = world.environment()
    const forged = `${world.directory}/forged.pem`
    writeFileSync(forged, (await createAuthority('Amazon Root CA 1')).pem)
    const good = await runPlugin({ stdin, env: { ...env, SSL_CERT_FILE: caFile } })
    expect([good.exitCode, world.countConnections('ecr')]).toEqual([0, 1])
    for (const variables of [{}, { SSL_CERT_FILE: forged }]) {
      const run = await runPlugin({ stdin, env: { ...env, ...variables } })
      expect([run.exitCode, run.stdout]).toEqual([1, ''])
      expect(run.stderr).toContain('is not trusted by')
    }
    await world.stop()
  },
)

test.concurrent('no variable makes it print what it sends', async () =>
  inWorld(async (world) => {
    const key = issueKey(world.state, { owner: 'environment' })
    const env = {
      ...world.environment(),
      BUN_CONFIG_VERBOSE_FETCH: 'curl',
      BUN_DEBUG_QUIET_LOGS: '0',
      NODE_DEBUG: 'http,tls,net',
      DEBUG: '*',
    }
    for (const keys of [
      {},
      {
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        AWS_SESSION_TOKEN: key.sessionToken ?? '',
      },
    ]) {
      const run = await runPlugin({ stdin, env: { ...env, ...keys } })
      expect([run.exitCode, run.stderr]).toEqual([0, ''])
    }
  }),
)

test.concurrent.each(['0', '1', ''])(
  'NODE_TLS_REJECT_UNAUTHORIZED=%j prints nothing and verifies all the same behind an https proxy',
  async (value) => {
    const authority = await createAuthority()
    const host = 'api.ecr.us-west-2.amazonaws.com'
    const world = await startWorld({ authority, names: [host] })
    const proxy = startProxy({ route: world.route, tls: await authority.issueLeaf('good') })
    const { AWS_ENDPOINT_URL_ECR: _, ...env } = world.environment({
      HTTPS_PROXY: proxy.url,
      NODE_TLS_REJECT_UNAUTHORIZED: value,
    })
    const run = await runPlugin({ stdin, env })
    const other = `${world.directory}/other.pem`
    writeFileSync(other, (await createAuthority()).pem)
    const refused = await runPlugin({ stdin, env: { ...env, AWS_CA_BUNDLE: other } })
    proxy.stop()
    await world.stop()
    expect([run.exitCode, run.stderr, proxy.requests.length]).toEqual([0, '', 1])
    expect([refused.exitCode, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('is not trusted by')
  },
)

// Everything that Bun, Node, their TLS library or the C library would read, at once.
test.concurrent('variables of the runtime change nothing', async () =>
  inWorld(async (world) => {
    const cwd = `${world.directory}/cwd`
    mkdirSync(cwd)
    const writing = [
      'SSLKEYLOGFILE',
      'NODE_V8_COVERAGE',
      'NODE_COMPILE_CACHE',
      'NODE_REPL_EXTERNAL_MODULE',
      'BUN_RUNTIME_TRANSPILER_CACHE_PATH',
      'BUN_DEBUG',
      'BUN_INSTALL',
      'BUN_CONFIG_FILE',
      'XDG_CONFIG_HOME',
      'NODE_PATH',
    ]
    const env = {
      ...world.environment(),
      ...Object.fromEntries(writing.map((name) => [name, `${cwd}/${name}`])),
      NODE_OPTIONS: '--inspect=0 --require=./evil.js --import=./evil.js --trace-tls',
      NODE_DEBUG: '*',
      NODE_ENV: 'test',
      NODE_PENDING_DEPRECATION: '1',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      NODE_EXTRA_CA_CERTS: '/dev/zero',
      NODE_USE_SYSTEM_CA: '1',
      BUN_DEBUG_ALL: '1',
      BUN_CONFIG_VERBOSE_FETCH: 'curl',
      BUN_CONFIG_MAX_HTTP_REQUESTS: '0',
      BUN_ENABLE_CRASH_REPORTING: '1',
      BUN_CRASH_REPORT_URL: 'http://127.0.0.1:1/',
      BUN_JSC_useJIT: '0',
      BUN_TMPDIR: '/nowhere',
      TMPDIR: '/nowhere',
      UV_THREADPOOL_SIZE: '1',
      MALLOC_CHECK_: '3',
      FORCE_COLOR: '3',
      LC_ALL: 'tr_TR.UTF-8',
      TZ: '/dev/zero',
      ALL_PROXY: 'socks5://127.0.0.1:1',
    }
    const run = await runPlugin({ stdin, cwd, env })
    expect([run.exitCode, run.stderr]).toEqual([0, ''])
    expect(findCredentials(readAnswer(run.stdout, API), IMAGE).length).toBe(1)
    expect(readdirSync(cwd)).toEqual([])
  }),
)

/** What can end the run, replace the program, or make the runtime write something of its own: SECURITY.md says so. */
const REPLACING =
  /^BUN_(OPTIONS|BE_BUN|INSPECT.*|JSC_.*|BYTECODE_.*|INTERNAL_.*)$|^JSC_|^NODE_(CHANNEL_FD|EXTRA_CA_CERTS)$/

/** Every name in the binary that looks like a variable of the runtime, whatever it may do. */
const IN_BINARY = new Set(
  [
    ...readFileSync(pluginPath, 'latin1').matchAll(
      /(?<![A-Za-z0-9_])(?:BUN|NODE|CARES|RES|UV|SSL|OPENSSL|MIMALLOC|ICU|JSC|XDG|CI)_[A-Z][A-Z0-9_]{2,48}(?![A-Za-z0-9_])/g,
    ),
  ]
    .map(([name]) => name)
    .filter((name) => !REPLACING.test(name)),
)

/** More that Bun, Node, c-ares, the TLS library, the allocators or the C library read. */
const MORE = [
  'NODE_OPTIONS',
  'BUN_DEBUG',
  'BUN_CONFIG_REGISTRY',
  'BUN_INSTALL',
  'NODE_PATH',
  'ALL_PROXY',
  'all_proxy',
  'FTP_PROXY',
  'SOCKS_PROXY',
  'npm_config_proxy',
  'npm_config_ca',
  'HOSTALIASES',
  'LOCALDOMAIN',
  'RES_OPTIONS',
  'CARES_HOSTS',
  'SSLKEYLOGFILE',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'GLIBC_TUNABLES',
  'GLIBCXX_TUNABLES',
  'MALLOC_CHECK_',
  'MALLOC_TRACE',
  'NLSPATH',
  'LOCPATH',
  'GCONV_PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'PWD',
  'OLDPWD',
  'SHELL',
  'TERM',
  'COLORTERM',
  'NO_COLOR',
  'DEBUG',
  'FORCE_COLOR',
  'CI',
  'GITHUB_ACTIONS',
  'AGENT',
  'CLAUDECODE',
  'DO_NOT_TRACK',
  'WATCH',
  'S3_ENDPOINT',
  'AWS_ENDPOINT',
  'S3_ACCESS_KEY_ID',
  'DATABASE_URL',
  'REDIS_URL',
]

const NAME = 'api.ecr.us-west-2.localhost'
const WAYS: readonly (readonly [way: string, scenario: Partial<Scenario>])[] = [
  ['directly', { proxied: '', env: { HTTPS_PROXY: undefined, HTTP_PROXY: undefined } }],
  ['through an http proxy', { proxied: `${NAME}:PORT(ecr)` }],
  ['through an https proxy', { proxied: `${NAME}:PORT(ecr)`, gate: { isSecure: true } }],
]

/** Nobody is to connect here. */
const trapped: string[] = []
const trap = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: { open: () => void trapped.push('connection'), data: () => undefined },
})
afterAll(() => trap.stop(true))

/** One run with all of them set to this. */
function setAll(value: string, [way, scenario]: (typeof WAYS)[number]): Scenario {
  const hostile = Object.fromEntries([...IN_BINARY, ...MORE].map((name) => [name, value]))
  return {
    name: `every variable of the runtime set to ${value.replace(/[0-9]{2,}$/, 'PORT')}, ${way}`,
    ...scenario,
    names: [NAME],
    // One that cannot be read makes Bun say so.
    env: {
      ...hostile,
      NODE_EXTRA_CA_CERTS: 'DIR/../ca.pem',
      AWS_ENDPOINT_URL_ECR: `https://${NAME}:PORT(ecr)`,
      ...scenario.env,
    },
  }
}

const VALUES = ['0', '1', `http://127.0.0.1:${trap.port}`, 'DIR/written', 'localhost', '*']
const CHANGING_NOTHING = WAYS.flatMap((way) =>
  VALUES.map((value) => ({
    ...setAll(value, way),
    signer: 'role/node-role',
    check: (world: World) => {
      expect(readdirSync(world.directory).toSorted()).toEqual(['.aws', 'ca.pem'])
      expect(trapped).toEqual([])
      expect(readdirSync(`${world.directory}/.aws`).toSorted()).toEqual(['config', 'credentials'])
    },
  })),
)

const OTHER = (await createAuthority()).pem
const TRUSTING_NOBODY = WAYS.flatMap((way) =>
  ['0', '1', 'DIR/../ca.pem'].map((value) => {
    const { proxied: _, name, env, ...scenario } = setAll(value, way)
    return {
      ...scenario,
      name: `${name}, and an authority that nobody knows`,
      files: { 'other.pem': OTHER },
      gate: scenario.gate ?? {},
      env: { ...env, AWS_CA_BUNDLE: 'DIR/other.pem' },
      check: ({ requests }: World) =>
        expect(requests.filter(({ service }) => service === 'ecr')).toEqual([]),
      fails: /the certificate of .* is not trusted by '.*\/other\.pem'/,
    }
  }),
)

test.concurrent.each(
  [...CHANGING_NOTHING, ...TRUSTING_NOBODY].map((scenario) => [scenario.name, scenario] as const),
)('%s changes nothing', async (_, scenario) => play(scenario))

test('the binary names the variables that are set', () => {
  // Some that are known to be read, so that an empty search shows.
  for (const name of [
    'BUN_CONFIG_VERBOSE_FETCH',
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'NODE_USE_SYSTEM_CA',
    'NODE_USE_ENV_PROXY',
    'BUN_FEATURE_FLAG_DISABLE_ADDRCONFIG',
    'CARES_HOSTS',
    'RES_OPTIONS',
  ])
    expect([name, IN_BINARY.has(name)]).toEqual([name, true])
})

// These make Bun talk, write a file of their own, or do something else altogether: never with a secret, and never an answer
// that is not one.
test.concurrent.each([
  ['BUN_OPTIONS', '--cpu-prof'],
  ['BUN_OPTIONS', '--help'],
  ['BUN_OPTIONS', '--version'],
  ['BUN_BE_BUN', '1'],
  ['BUN_BYTECODE_ORDER_OUT', 'order'],
  ['BUN_BYTECODE_DIGEST_OUT', 'digest'],
  ['BUN_INSPECT_CONNECT_TO', 'ws://127.0.0.1:1/x'],
  ['BUN_JSC_dumpOptions', '2'],
  ['BUN_JSC_dumpGeneratedBytecodes', '1'],
  ['BUN_JSC_logGC', '2'],
  ['BUN_JSC_noSuchOption', '1'],
  ['MIMALLOC_VERBOSE', '1'],
  ['JSC_SIGNAL_FOR_GC', '0'],
  ['NODE_EXTRA_CA_CERTS', '/nowhere'],
  ['RESOLV_HOST_CONF', '/etc/passwd'],
])('%s=%s shows no secret', async (name, value) =>
  inWorld(async (world) => {
    const cwd = `${world.directory}/cwd`
    mkdirSync(cwd)
    const run = await runPlugin({ stdin, cwd, env: { ...world.environment(), [name]: value } })
    const written = readdirSync(cwd).map((file) => readFileSync(`${cwd}/${file}`, 'latin1'))
    const shown = [run.stderr, ...written].join('\n')
    const { secrets, ecr } = world.state
    for (const secret of [...secrets, ...ecr.passwords]) expect(shown).not.toContain(secret)
    const isAnswer = run.stdout.startsWith('{')
    if (isAnswer) readAnswer(run.stdout, API)
    expect(world.requests.some(({ step }) => step === 'ecr')).toBe(isAnswer)
  }),
)

// What cannot be made harmless must at least fail: never code of another, never an answer that is not one.
test.concurrent.each([
  ['BUN_OPTIONS', '--preload=EVIL'],
  ['BUN_OPTIONS', '--require=EVIL'],
  ['BUN_OPTIONS', '--import=EVIL'],
  ['BUN_OPTIONS', '--config=bunfig.toml'],
  ['BUN_INSPECT_PRELOAD', 'EVIL'],
  ['NODE_OPTIONS', '--require=EVIL'],
  ['BUN_INSPECT', 'ws://127.0.0.1:0/x'],
])('%s=%s runs no code', async (name, value) =>
  inWorld(async (world) => {
    const evil = `${world.directory}/evil.js`
    const stolen = `${world.directory}/stolen`
    writeFileSync(evil, `require('fs').writeFileSync(${JSON.stringify(stolen)}, 'x')`)
    writeFileSync(`${world.directory}/bunfig.toml`, `preload = [${JSON.stringify(evil)}]`)
    const env = { ...world.environment(), [name]: value.replace('EVIL', evil) }
    const run = await runPlugin({ stdin, cwd: world.directory, env })
    expect(await Bun.file(stolen).exists()).toBe(false)
    if (run.exitCode === 0) readAnswer(run.stdout, API)
    expect([run.exitCode === 0, run.stdout === '']).toContain(true)
  }),
)
