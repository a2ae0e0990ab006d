import { expect, test } from 'bun:test'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

import { HAS_MOUNTS, NEEDED } from '../support/etc.ts'
import { issueKey } from '../world/keys.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, pluginPath, type PluginResult, runPlugin } from '../world/plugin.ts'
import { inWorld, type World } from '../world/world.ts'
import { logIn, PAST, SESSION, tokenFile } from './scenarios/sources.ts'

// The compiled binary on a machine that is broken, full or in short supply. What cannot work must end by itself, with one
// line and an empty stdout.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const API = 'credentialprovider.kubelet.k8s.io/v1'
const stdin = kubeletRequest(IMAGE)
const LINE = /^ecr-credential-provider: [\x20-\x7e]+$/

/** The binary inside a shell script, where it is `$0`. */
const inShell = (script: string) => ['/bin/sh', '-c', script, pluginPath]

function expectAnswer(run: PluginResult): void {
  expect([run.exitCode, run.stderr]).toEqual([0, ''])
  expect(findCredentials(readAnswer(run.stdout, API), IMAGE).length).toBe(1)
}

function expectLine(run: PluginResult, line: string | RegExp): void {
  expect([run.exitCode, run.stdout, run.timedOut]).toEqual([1, '', false])
  expect(run.stderr).toMatch(LINE)
  expect(run.stderr).toMatch(line)
}

function makeHuge(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, 2 ** 33)
}

function makeFifo(path: string): void {
  expect(Bun.spawnSync(['mkfifo', path]).exitCode).toBe(0)
}

const FIFO = 'a FIFO'
const TOO_LARGE = /: it (is larger than [0-9]+ bytes|holds no PEM certificate)/

/** What may stand where a file should, and what the line says of it. */
const KINDS: readonly (readonly [kind: string, make: (path: string) => void, says: RegExp])[] = [
  [FIFO, makeFifo, /gave up after 3 s while .* is still being read/],
  ['a directory', (path) => mkdirSync(path), /: it is a directory/],
  ['a loop', (path) => symlinkSync(path, path), /: too many symbolic links/],
  ['huge', makeHuge, TOO_LARGE],
  ['without end', (path) => symlinkSync('/dev/zero', path), TOO_LARGE],
  ['out of order', (path) => symlinkSync('/proc/self/mem', path), /: EIO/],
]

interface Place {
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
}

/** Every file that configuration names, and what makes the program read it. */
const PLACES: readonly (readonly [name: string, place: (world: World) => Place])[] = [
  ...[
    { AWS_CONFIG_FILE: 'FILE' },
    { AWS_SHARED_CREDENTIALS_FILE: 'FILE' },
    { AWS_CA_BUNDLE: 'FILE' },
    { AWS_WEB_IDENTITY_TOKEN_FILE: 'FILE', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/w' },
    {
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'FILE',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://127.0.0.1:1/',
    },
  ].map((env) => [Object.keys(env)[0] ?? '', placeNamedBy(env)] as const),
  [
    'the SSO token file',
    (world) => {
      mkdirSync(`${world.directory}/.aws/sso/cache`, { recursive: true })
      writeFileSync(`${world.directory}/.aws/config`, SESSION)
      return { file: tokenFile(world, 'corp') }
    },
  ],
]

function placeNamedBy(env: Readonly<Record<string, string>>) {
  return ({ directory }: World): Place => {
    const file = `${directory}/bad`
    const named = Object.entries(env).map(
      ([name, value]) => [name, value.replace('FILE', file)] as const,
    )
    return { file, env: Object.fromEntries<string>(named) }
  }
}

test.concurrent.each(
  PLACES.flatMap(([name, place]) =>
    KINDS.map(([kind, make, says]) => [name, kind, { place, make, says }] as const),
  ),
)('%s that is %s ends the run in time, with its path', async (_, kind, { place, make, says }) =>
  inWorld(async (world) => {
    const { file, env } = place(world)
    make(file)
    // Only what never ends has to use up its time.
    const args = ['--timeout', kind === FIFO ? '3' : '40']
    const run = await runPlugin({ stdin, args, env: world.environment(env) })
    expectLine(run, says)
    expect(run.stderr).toContain(`'${file}'`)
    expect(world.requests.filter(({ service }) => service === 'ecr')).toEqual([])
  }),
)

test.concurrent('of two files, the one that does not end is named', async () =>
  inWorld(async (world) => {
    const [config, credentials] = [`${world.directory}/c`, `${world.directory}/d`]
    makeFifo(credentials)
    const env = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials }
    const run = await runPlugin({ stdin, args: ['--timeout', '1'], env: world.environment(env) })
    expectLine(run, `; '${credentials}' is still being read`)
  }),
)

test.concurrent('bytes that are not UTF-8 spoil only the value they stand in', async () =>
  inWorld(async (world) => {
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    } = issueKey(world.state, { owner: 'p' })
    const file = `${world.directory}/config`
    const text = [
      '\xff\xfe[profile \xc3]\nregion = \xff',
      '[default]\nsdk_ua_app_id = \xff\xed\xa0\x80',
      `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}`,
      `aws_session_token = ${sessionToken}\n\xf5\xf5 = x`,
    ]
    writeFileSync(file, Buffer.from(text.join('\n'), 'latin1'))
    const env = world.environment({ AWS_CONFIG_FILE: file })
    expectAnswer(await runPlugin({ stdin, env }))
    expect(world.requests.map(({ step, signer }) => [step, signer])).toEqual([['ecr', 'p']])
    writeFileSync(file, Buffer.from('[default]\nmax_attempts = \xff1', 'latin1'))
    expectLine(await runPlugin({ stdin, env }), `max_attempts in '${file}' line 2`)
  }),
)

test.concurrent.each([
  ['missing', '/nowhere/at/all', undefined],
  ['a file', pluginPath, undefined],
  ['relative', 'nowhere', undefined],
  ['a loop', 'DIR/loop', /loop\/.aws\/.*: too many symbolic links/],
  ['too long', `/${'x'.repeat(5000)}`, /cannot read .*'\/x+\.\.\.': ENAMETOOLONG/],
])('a home that is %s is one without files, or is named', async (_, home, says) =>
  inWorld(async (world) => {
    symlinkSync('loop', `${world.directory}/loop`)
    const env = world.environment({ HOME: home.replace('DIR', world.directory) })
    const run = await runPlugin({ stdin, env })
    if (says === undefined) expectAnswer(run)
    else expectLine(run, says)
  }),
)

test.concurrent('a working directory that is gone does not matter', async () =>
  inWorld(async (world) => {
    const gone = `${world.directory}/gone`
    mkdirSync(gone)
    const command = inShell(`rmdir '${gone}'; exec "$0"`)
    expectAnswer(await runPlugin({ stdin, command, cwd: gone, env: world.environment() }))
    expect(readdirSync(world.directory)).not.toContain('gone')
  }),
)

/** A way to run as a user who may not read everything: root becomes somebody else, everybody else stays who they are. */
function asUser(world: World, owned: readonly string[]) {
  const command = `${world.directory}/plugin`
  copyFileSync(pluginPath, command)
  chmodSync(command, 0o755)
  chmodSync(world.directory, 0o755)
  if (process.getuid?.() !== 0) return { command: [command] }
  const uid = 54_321
  for (const path of owned) chownSync(path, uid, uid)
  return { command: [command], uid }
}

test.concurrent('what may not be read or written is named', async () =>
  inWorld(async (world) => {
    const closed = `${world.directory}/closed`
    writeFileSync(closed, '', { mode: 0 })
    logIn('corp', PAST)(world)
    writeFileSync(`${world.directory}/.aws/config`, SESSION)
    const file = tokenFile(world, 'corp')
    const before = readFileSync(file, 'utf8')
    const user = asUser(world, [file])
    chmodSync(dirname(file), 0o555)
    chmodSync(world.directory, 0o555)
    const runWith = async (env: Readonly<Record<string, string>>) =>
      runPlugin({ ...user, stdin, env: world.environment(env) })
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CA_BUNDLE']) {
      expectLine(await runWith({ [name]: closed }), `'${closed}'`)
    }
    expect((await runWith({ AWS_CONFIG_FILE: closed })).stderr).toContain(': permission denied')
    expectLine(await runWith({}), /cannot replace the SSO token file .*: permission denied; hint/)
    expect([readdirSync(dirname(file)).length, readFileSync(file, 'utf8')]).toEqual([1, before])
    chmodSync(world.directory, 0o755)
    chmodSync(dirname(file), 0o755)
  }),
)

test.concurrent('a working directory that may not be entered does not matter', async () =>
  inWorld(async (world) => {
    const cwd = `${world.directory}/cwd`
    mkdirSync(cwd)
    const { command, ...user } = asUser(world, [cwd])
    const closing = ['/bin/sh', '-c', 'chmod 0 . && exec "$0"', ...command]
    const env = world.environment()
    expectAnswer(await runPlugin({ ...user, command: closing, stdin, cwd, env }))
    expect(statSync(cwd).mode & 0o777).toBe(0)
    chmodSync(cwd, 0o755)
  }),
)

const inNamespace = (script: string) => ['unshare', '-rm', ...inShell(script)]

test.skipIf(!HAS_MOUNTS)(
  `on a read-only file system only a renewed token cannot be kept${NEEDED}`,
  async () =>
    inWorld(async (world) => {
      logIn('corp', PAST)(world)
      const file = tokenFile(world, 'corp')
      const before = readFileSync(file, 'utf8')
      const readOnly = `mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME"`
      const command = inNamespace(
        `${readOnly} && ! touch "$HOME/x" 2>&- && cd "$HOME" && exec "$0"`,
      )
      const env = world.environment({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' })
      expectAnswer(await runPlugin({ stdin, command, env }))
      writeFileSync(`${world.directory}/.aws/config`, SESSION)
      expectLine(
        await runPlugin({ stdin, command, env }),
        /cannot replace .*: the file system is read-only; hint/,
      )
      expect([readdirSync(dirname(file)).length, readFileSync(file, 'utf8')]).toEqual([1, before])
    }),
)

test.skipIf(!HAS_MOUNTS)(`without /proc it ends with no answer at all${NEEDED}`, async () =>
  inWorld(async (world) => {
    const command = inNamespace('mount -t tmpfs none /proc && exec "$0"')
    const env = world.environment({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' })
    const run = await runPlugin({ stdin, command, env })
    // Bun 1.4.5 itself gives up, before any of this program runs.
    expect([run.stdout, run.exitCode === 0, run.timedOut]).toEqual(['', false, false])
    expect(world.requests).toEqual([])
  }),
)

/** Ways through every kind of connection, file and child process that the program knows. */
const WAYS: readonly (readonly [way: string, prepare: (world: World) => string])[] = [
  ['the instance role', () => ''],
  [
    'a role and a command',
    (world) => `role_arn = arn:aws:iam::123456789012:role/a\n${printer(world)}`,
  ],
  ['a renewed SSO token', renewable],
]

function renewable(world: World): string {
  logIn('corp', PAST)(world)
  return SESSION
}

function printer(world: World): string {
  const { accessKeyId, secretAccessKey, sessionToken } = issueKey(world.state, { owner: 'p' })
  const file = `${world.directory}/keys`
  const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }
  writeFileSync(file, JSON.stringify({ Version: 1, ...keys, SessionToken: sessionToken }))
  return `source_profile = p\n[profile p]\ncredential_process = cat '${file}' | cat`
}

async function inWay(
  prepare: (world: World) => string,
  story: (env: Record<string, string>, world: World) => Promise<void>,
): Promise<void> {
  return inWorld(async (world) => {
    const file = `${world.directory}/config`
    writeFileSync(file, `[default]\n${prepare(world)}`)
    await story(world.environment({ AWS_CONFIG_FILE: file }), world)
  })
}

test.concurrent.each(WAYS)('16 file descriptors are enough for %s', async (_, prepare) =>
  inWay(prepare, async (env) => {
    const command = inShell('ulimit -n 16 && exec "$0"')
    expectAnswer(await runPlugin({ stdin, command, env }))
  }),
)

test.concurrent('with too few file descriptors it answers rightly or not at all', async () =>
  inWorld(async (world) => {
    const answered: boolean[] = []
    for (let count = 3; count < 12; count += 1) {
      const command = inShell(`ulimit -n ${count} && exec "$0"`)
      const run = await runPlugin({ stdin, command, env: world.environment() })
      answered.push(run.exitCode === 0)
      if (run.exitCode === 0) expectAnswer(run)
      // With three or four, the loader and Bun itself give up, in words of their own.
      else if (count > 4) expectLine(run, / cannot (read|use) /)
      expect([run.stdout === '', run.timedOut]).toEqual([run.exitCode !== 0, false])
    }
    expect([answered.at(0), answered.at(-1)]).toEqual([false, true])
  }),
)

test.concurrent('a small stack, no core and no file size are enough', async () =>
  inWorld(async (world) => {
    const command = inShell('ulimit -s 1024 && ulimit -c 0 && ulimit -f 0 && exec "$0"')
    expectAnswer(await runPlugin({ stdin, command, env: world.environment() }))
  }),
)

test.concurrent('a token that may not be written for its size leaves the old one', async () =>
  inWay(renewable, async (env, world) => {
    const file = tokenFile(world, 'corp')
    const before = readFileSync(file, 'utf8')
    const run = await runPlugin({ stdin, command: inShell('ulimit -f 0 && exec "$0"'), env })
    expectLine(run, /cannot replace .*: EFBIG; hint/)
    expect([readdirSync(dirname(file)).length, readFileSync(file, 'utf8')]).toEqual([1, before])
  }),
)

// Work that grows with the square of a file ends no run in time: the deadline is not heard meanwhile.
test.concurrent.each<[string, Load]>([
  [
    'a megabyte of pairs below one key',
    {
      config: `[default]\ns3 =\n${Array.from({ length: 90_000 }, (_, n) => ` k${n} = 1\n`).join('')}`,
    },
  ],
  ['a CA bundle of beginnings', { pem: '-----BEGIN CERTIFICATE-----\n'.repeat(140_000) }],
  ['a CA bundle of ends', { pem: '-----END CERTIFICATE-----\n'.repeat(150_000) }],
  [
    'a chain of thousands of profiles',
    {
      config: Array.from(
        { length: 10_000 },
        (_, n) =>
          `[profile p${n}]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = p${n + 1}\n`,
      ).join(''),
      profile: 'p0',
    },
  ],
])(
  '%s ends by itself, long before it would be killed',
  async (_, load) =>
    inWorld(async (world) => {
      mkdirSync(`${world.directory}/.aws`)
      writeFileSync(`${world.directory}/.aws/config`, load.config ?? '')
      if (load.pem !== undefined) writeFileSync(world.caFile, load.pem)
      const run = await runPlugin({
        stdin,
        env: { ...world.environment(), AWS_PROFILE: load.profile },
        args: ['--timeout', '20'],
        timeoutMs: 20_000,
      })
      expect(run.timedOut).toBe(false)
      expect(run.stderr).not.toContain('internal error')
      expect([0, 1]).toContain(run.exitCode)
    }),
  60_000,
)

/** Peak of the memory of a process that is running, in bytes. */
function peakOf(pid: number): number {
  const [, kibibytes = ''] =
    /VmHWM:\s*([0-9]+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) * 1024
}

const PROFILES = Array.from(
  { length: 5000 },
  (_, n) => `[profile p${n}]\nregion = us-east-1\n# some words\n`,
).join('')

// Its peak, not a limit: a ulimit counts the gigabytes of addresses that Bun only reserves, and not everybody may make a
// control group. The peak also counts the pages of the binary, which a control group would give back.
test.concurrent.each([
  ['nothing but the role', {}],
  ['ten thousand profiles', { config: PROFILES, credentials: PROFILES.replaceAll('profile ', '') }],
  ['one line of 1 MB', { config: `[default]\nregion = us-west-2\nx = ${'y'.repeat(1_000_000)}` }],
  ['a CA bundle of 4 MB', { bundle: 4_000_000 }],
])('%s fits into 128 MB', async (_, { config = '', credentials = '', bundle = 0 }: Load) =>
  inWorld(async (world) => {
    mkdirSync(`${world.directory}/.aws`)
    writeFileSync(`${world.directory}/.aws/config`, config)
    writeFileSync(`${world.directory}/.aws/credentials`, credentials)
    const pem = readFileSync(world.caFile, 'utf8')
    writeFileSync(world.caFile, pem.repeat(Math.max(1, Math.floor(bundle / pem.length))))
    world.faults.push({ step: 'ecr', fault: { kind: 'hang' } })
    let peak = Infinity
    const run = await runPlugin({
      stdin,
      env: world.environment(),
      during: async (child) => {
        while (!world.requests.some(({ step }) => step === 'ecr')) await Bun.sleep(1)
        peak = peakOf(child.pid)
        child.kill('SIGKILL')
      },
    })
    expect([run.signal, run.stdout, run.stderr]).toEqual(['SIGKILL', '', ''])
    expect(peak).toBeLessThan(128 * 1024 * 1024)
  }),
)

interface Load {
  readonly pem?: string
  readonly profile?: string
  readonly config?: string
  readonly credentials?: string
  readonly bundle?: number
}

/** A FIFO of which nobody reads, on descriptor 3: full, or with its last reader gone. */
const FULL = `mkfifo "$HOME/f" && exec 3<>"$HOME/f" && { dd if=/dev/zero bs=4096 count=1024 of="$HOME/f" oflag=nonblock 2>&- || true; }`
const DESERTED = `mkfifo "$HOME/f" && exec 4<>"$HOME/f" 3>"$HOME/f" 4>&-`
const CANNOT_WRITE =
  'ecr-credential-provider: cannot write the answer to stdout: it is closed or full'
const EMPTY =
  'ecr-credential-provider: cannot use the request on stdin: it is empty; hint: the kubelet writes it, see --help'

test.concurrent.each([
  ['a closed stdin', 'exec "$0" <&-', 1, EMPTY],
  ['/dev/null as stdin', 'exec "$0" </dev/null', 1, EMPTY],
  [
    'a stdin without end',
    'exec "$0" </dev/zero',
    1,
    'ecr-credential-provider: cannot use the request on stdin: it is larger than 1048576 bytes',
  ],
  // Bun opens /dev/null in the place of a closed descriptor, so that the answer goes there and into no connection.
  ['a closed stdout', 'exec "$0" >&-', 0, ''],
  ['a stdout that is full', 'exec "$0" >/dev/full', 1, CANNOT_WRITE],
  ...['', '--json', '--help'].map(
    (word) =>
      [
        `a stdout that is full, for doctor ${word}`,
        `exec "$0" doctor --pid 4999999 ${word} >/dev/full`,
        3,
        CANNOT_WRITE,
      ] as const,
  ),
  ['a stdout that was closed early', `${DESERTED} && exec "$0" >&3`, 1, CANNOT_WRITE],
  [
    'a stdout that nobody reads',
    `${FULL} && exec "$0" --timeout 3 >&3`,
    1,
    'ecr-credential-provider: cannot end in time: gave up after 3 s while writing the answer to stdout',
  ],
  ['all three closed', 'exec "$0" <&- >&- 2>&-', 1, ''],
  ['a closed stderr, and a failure', 'exec "$0" --nope 2>&-', 2, ''],
  ['a stderr that is full, and a failure', 'exec "$0" --nope 2>/dev/full', 2, ''],
  ['a stderr that nobody reads, and a failure', `${FULL} && exec "$0" --nope 2>&3`, 2, ''],
])('%s ends the run with no answer', async (_, script, exitCode, stderr) =>
  inWorld(async (world) => {
    const run = await runPlugin({ stdin, command: inShell(script), env: shellIn(world) })
    expect([run.exitCode, run.stdout, run.stderr, run.timedOut]).toEqual([
      exitCode,
      '',
      stderr,
      false,
    ])
    expect(world.requests.every(({ verification }) => verification?.ok !== false)).toBe(true)
  }),
)

const shellIn = (world: World) => world.environment({ PATH: '/usr/bin:/bin' })

test.concurrent.each([
  ['a closed stderr', 'exec "$0" --verbose 2>&-'],
  ['a stderr that is full', 'exec "$0" --verbose 2>/dev/full'],
  ['a stderr that was closed early', `${DESERTED} && exec "$0" --verbose 2>&3`],
  ['a stderr that nobody reads', `${FULL} && exec "$0" --verbose 2>&3`],
])('%s takes nothing from the answer', async (_, script) =>
  inWorld(async (world) => {
    expectAnswer(await runPlugin({ stdin, command: inShell(script), env: shellIn(world) }))
  }),
)

test.concurrent.each(['000', '077', '777'])(
  'with umask %s a renewed token keeps its mode',
  async (mask) =>
    inWay(renewable, async (env, world) => {
      const file = tokenFile(world, 'corp')
      expectAnswer(await runPlugin({ stdin, command: inShell(`umask ${mask} && exec "$0"`), env }))
      expect(readFileSync(file, 'utf8')).not.toContain(PAST)
      expect([readdirSync(dirname(file)).length, statSync(file).mode & 0o777]).toEqual([1, 0o600])
    }),
)
