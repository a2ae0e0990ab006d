import { expect, setDefaultTimeout, test } from 'bun:test'
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'

import type { Fault } from '../world/faults.ts'
import { issueKey } from '../world/keys.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, type PluginResult, type PluginRun, runPlugin } from '../world/plugin.ts'
import type { FaultRule } from '../world/recorder.ts'
import { inWorld, type World } from '../world/world.ts'

// The compiled binary with --cache-dir: as many runs as a node may start, and all that may be wrong with a directory.

setDefaultTimeout(60_000)

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const API = 'credentialprovider.kubelet.k8s.io/v1'

const THROTTLED = {
  kind: 'answer',
  status: 400,
  body: '{"__type":"ThrottlingException"}',
} as const

const directoryOf = (world: World) => `${world.directory}/cache`

/** What the cache holds, but for notes of failures. */
const namesIn = (world: World) =>
  readdirSync(directoryOf(world)).filter((name) => !name.endsWith('.failure'))

async function pull(world: World, run: PluginRun & { readonly image?: string } = {}) {
  return runPlugin({
    stdin: kubeletRequest(run.image ?? IMAGE),
    env: world.environment(),
    ...run,
    args: ['--cache-dir', directoryOf(world), ...(run.args ?? [])],
  })
}

function expectToken(run: PluginResult, image = IMAGE): string {
  expect([run.exitCode, run.stderr]).toEqual([0, ''])
  const [found] = findCredentials(readAnswer(run.stdout, API), image)
  if (found === undefined) throw new Error('the answer holds no credentials for the image')
  return found.password
}

const callsOf = (world: World, service: string) =>
  world.requests.filter((request) => request.service.startsWith(service)).length

async function untilAsked(world: World): Promise<void> {
  while (callsOf(world, 'ecr') === 0) await Bun.sleep(5)
}

const HOURS = 3_600_000
/** In seconds. */
const DAYS = 24 * 3600

/** Changes a number of a cached token. */
function editEntry(file: string, name: string, change: (value: number) => number): void {
  const found = new RegExp(`(?<="${name}":)[0-9.]+`)
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(found)
  writeFileSync(
    file,
    text.replace(found, (value) => `${change(Number(value))}`),
  )
}

/** One run that fills the cache, and what it left there. */
async function fill(world: World): Promise<{ password: string; file: string }> {
  const password = expectToken(await pull(world))
  const names = namesIn(world)
  expect(names).toHaveLength(1)
  expect(names[0]).toMatch(/^[0-9a-f]{64}\.token$/)
  return { password, file: `${directoryOf(world)}/${names[0]}` }
}

test.concurrent('fifty runs at once are one conversation with IMDS and one call to ECR', async () =>
  inWorld(async (world) => {
    const runs = await Promise.all(Array.from({ length: 50 }, async () => pull(world)))
    expect(new Set(runs.map((run) => expectToken(run))).size).toBe(1)
    expect([callsOf(world, 'imds'), callsOf(world, 'ecr')]).toEqual([3, 1])
    expect(namesIn(world)).toHaveLength(1)
  }),
)

test.concurrent('another image of the same region shares the token, under its own host', async () =>
  inWorld(async (world) => {
    const { password } = await fill(world)
    const other = '210987654321.dkr.ecr.us-west-2.amazonaws.com/other/app'
    expect(
      expectToken(await pull(world, { image: other, stdin: kubeletRequest(other) }), other),
    ).toBe(password)
    expect(callsOf(world, 'ecr')).toBe(1)
  }),
)

test.concurrent('without --cache-dir nothing is kept', async () =>
  inWorld(async (world) => {
    const before = readdirSync(world.directory)
    const run = { stdin: kubeletRequest(IMAGE), env: world.environment() }
    expectToken(await runPlugin(run))
    expectToken(await runPlugin(run))
    expect([callsOf(world, 'ecr'), readdirSync(world.directory)]).toEqual([2, before])
  }),
)

test.concurrent(
  'what selects another identity, or another endpoint, has a token of its own',
  async () =>
    inWorld(async (world) => {
      await fill(world)
      const env = world.environment()
      const [first, second] = ['a', 'b'].map((owner) => issueKey(world.state, { owner }))
      const keysOf = (key: typeof first) => ({
        ...env,
        AWS_ACCESS_KEY_ID: key?.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key?.secretAccessKey,
        AWS_SESSION_TOKEN: key?.sessionToken,
      })
      const eu = IMAGE.replace('us-west-2', 'eu-west-1')
      const others: readonly PluginRun[] = [
        { env: keysOf(first) },
        { env: keysOf(second) },
        { stdin: kubeletRequest(eu) },
        { stdin: kubeletRequest('public.ecr.aws/x/y') },
        {
          env: {
            ...env,
            AWS_ENDPOINT_URL_ECR: world.urls.ecr.replace('127.0.0.1', 'localhost'),
          },
        },
        { env: { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: world.urls.container } },
      ]
      let calls = 1
      for (const other of others) {
        const [run, again] = [await pull(world, other), await pull(world, other)]
        expect([run.exitCode, run.stderr, again.exitCode, again.stderr]).toEqual([0, '', 0, ''])
        calls += 1
        expect(callsOf(world, 'ecr')).toBe(calls)
      }
      expect(namesIn(world)).toHaveLength(others.length + 1)
    }),
)

const POD = 'arn:aws:iam::123456789012:role/pod'
const ECR_ROLE = { 'eks.amazonaws.com/ecr-role-arn': POD }
const IRSA_ROLE = { 'eks.amazonaws.com/role-arn': POD }

/** A request with the token of a pod's service account. */
const podRequest = (serviceAccountAnnotations?: Readonly<Record<string, string>> | null) =>
  kubeletRequest(IMAGE, { serviceAccountToken: 'jwt-of-a-pod', serviceAccountAnnotations })

test.concurrent.each<[string, PluginRun]>([
  ['the annotation', { stdin: podRequest(ECR_ROLE) }],
  ['both annotations', { stdin: podRequest({ ...IRSA_ROLE, ...ECR_ROLE }), args: ['--irsa-role'] }],
  ['the annotation of IRSA', { stdin: podRequest(IRSA_ROLE), args: ['--irsa-role'] }],
  ['the variable', { stdin: podRequest(), env: { AWS_ECR_ROLE_ARN: POD } }],
  [
    'the variable, beside an empty annotation',
    {
      stdin: podRequest({ 'eks.amazonaws.com/ecr-role-arn': '' }),
      env: { AWS_ECR_ROLE_ARN: POD },
    },
  ],
])(
  'a service account’s role, by %s, is neither kept nor answered from what is kept',
  async (_, run) =>
    inWorld(async (world) => {
      const { password } = await fill(world)
      const pod = { ...run, env: { ...world.environment(), ...run.env } }
      const own = [expectToken(await pull(world, pod)), expectToken(await pull(world, pod))]
      expect(new Set([password, ...own]).size).toBe(3)
      const signers = world.requests.filter(({ step }) => step === 'ecr').map((each) => each.signer)
      const signer = 'assumed-role/pod/ecr-credential-provider'
      expect(signers).toEqual(['role/node-role', signer, signer])
      expect(namesIn(world)).toHaveLength(1)
      // Refused, it does not fall back on what is kept either.
      world.state.sts.denied.add(POD)
      const refused = await pull(world, pod)
      expect([refused.exitCode, refused.stdout]).toEqual([1, ''])
    }),
)

test.concurrent('a service account’s role leaves nothing in an empty cache', async () =>
  inWorld(async (world) => {
    const stdin = podRequest(ECR_ROLE)
    const runs = await Promise.all(Array.from({ length: 3 }, async () => pull(world, { stdin })))
    const own = expectToken(await pull(world))
    expect(new Set([own, ...runs.map((run) => expectToken(run))]).size).toBe(4)
    expect(readdirSync(directoryOf(world))).toHaveLength(1)
  }),
)

test.concurrent.each<[string, PluginRun]>([
  ['no annotations', { stdin: podRequest() }],
  ['null annotations', { stdin: podRequest(null) }],
  ['an annotation of another name', { stdin: podRequest({ other: POD }) }],
  ['an empty annotation', { stdin: podRequest({ 'eks.amazonaws.com/ecr-role-arn': '' }) }],
  ['the annotation of IRSA, without --irsa-role', { stdin: podRequest(IRSA_ROLE) }],
  [
    'the variable, without a token',
    { stdin: kubeletRequest(IMAGE), env: { AWS_ECR_ROLE_ARN: POD } },
  ],
])('a pod whose service account has no role is answered from the cache: %s', async (_, run) =>
  inWorld(async (world) => {
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stderr]).toEqual([0, ''])
    const asked = world.requests.length
    const env = { ...world.environment(), ...run.env }
    const password = expectToken(await pull(world, { ...run, env }))
    expect([world.requests.length, expectToken(await pull(world))]).toEqual([asked, password])
  }),
)

test.concurrent('a mirror whose region only the instance knows is asked for each time', async () =>
  inWorld(async (world) => {
    const run = { stdin: kubeletRequest('docker.io/x'), args: ['--mirror', 'docker.io'] }
    expect([(await pull(world, run)).exitCode, (await pull(world, run)).exitCode]).toEqual([0, 0])
    expect(callsOf(world, 'ecr')).toBe(2)
    const named = { ...run, args: ['--mirror', 'docker.io=us-west-2'] }
    expect([(await pull(world, named)).exitCode, (await pull(world, named)).exitCode]).toEqual([
      0, 0,
    ])
    expect(callsOf(world, 'ecr')).toBe(3)
  }),
)

test.concurrent('the directory and its file are for this user alone, and hold no key', async () =>
  inWorld(async (world) => {
    const { password, file } = await fill(world)
    expect([statSync(directoryOf(world)).mode & 0o777, statSync(file).mode & 0o777]).toEqual([
      0o700, 0o600,
    ])
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(password)
    const keys = [...world.state.keys.values()].flatMap(({ secretAccessKey, sessionToken }) => [
      secretAccessKey,
      sessionToken ?? '',
    ])
    expect(keys.filter((key) => key !== '' && text.includes(key))).toEqual([])
  }),
)

test.concurrent.each<[string, (file: string) => void]>([
  ['is cut short', (file) => truncateSync(file, 40)],
  ['is empty', (file) => truncateSync(file, 0)],
  ['is no JSON', (file) => writeFileSync(file, 'x')],
  ['is open to others', (file) => chmodSync(file, 0o644)],
  [
    'is of another boot',
    (file) => writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":"./, '"bootId":"-')),
  ],
  [
    'is from the future',
    (file) =>
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"storedAtMs":/, '"storedAtMs":9')),
  ],
  [
    'is older than half of its life by the clock of the node',
    (file) => editEntry(file, 'storedAtWallMs', (ms) => ms - 6 * HOURS),
  ],
  ['has a longer life than any', (file) => editEntry(file, 'lifeMs', (ms) => ms + HOURS)],
  [
    'does not say when by the clock of the node',
    (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"storedAtWallMs"', '"x"')),
  ],
  [
    'is past half of its life',
    (file) =>
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"lifeMs":[0-9.]+/, '"lifeMs":1')),
  ],
  [
    'is a link',
    (file) => {
      const text = readFileSync(file, 'utf8')
      rmSync(file)
      writeFileSync(`${file}.x`, text, { mode: 0o600 })
      symlinkSync(`${file}.x`, file)
    },
  ],
  [
    'is a FIFO',
    (file) => {
      rmSync(file)
      Bun.spawnSync(['mkfifo', '-m', '600', file])
    },
  ],
])('a cached token whose file %s is asked for again and replaced', async (_, spoil) =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    spoil(file)
    expectToken(await pull(world))
    expect(callsOf(world, 'ecr')).toBe(2)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ username: 'AWS' })
    expect([statSync(file).isFile(), statSync(file).mode & 0o777]).toEqual([true, 0o600])
    expectToken(await pull(world))
    expect(callsOf(world, 'ecr')).toBe(2)
  }),
)

test.concurrent.each<[string, (path: string) => void]>([
  ['is open to a group', (path) => mkdirSync(path, { mode: 0o750 })],
  [
    'is open to all',
    (path) => {
      mkdirSync(path)
      chmodSync(path, 0o1777)
    },
  ],
  [
    'is a link',
    (path) => {
      mkdirSync(`${path}.x`, { mode: 0o700 })
      symlinkSync(`${path}.x`, path)
    },
  ],
  ['is a file', (path) => writeFileSync(path, '')],
  ['has no parent', (path) => symlinkSync(`${path}/nowhere`, path)],
])('a cache directory that %s costs no pull', async (_, make) =>
  inWorld(async (world) => {
    make(directoryOf(world))
    expectToken(await pull(world))
    expectToken(await pull(world))
  }),
)

test.concurrent('an unusable cache directory is named with --verbose, and fails `warm`', async () =>
  inWorld(async (world) => {
    mkdirSync(directoryOf(world))
    chmodSync(directoryOf(world), 0o755)
    const line = `cannot use the cache directory '${directoryOf(world)}': its mode is 0755, so others may use it; hint: it must be 0700`
    expect((await pull(world, { args: ['--verbose'] })).stderr).toContain(line)
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([
      1,
      '',
      `ecr-credential-provider: ${line}`,
    ])
  }),
)

test.concurrent('a directory where the token belongs costs no pull', async () =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    rmSync(file)
    mkdirSync(file)
    expectToken(await pull(world))
    expectToken(await pull(world))
    expect(callsOf(world, 'ecr')).toBe(3)
    expect(namesIn(world)).toHaveLength(1)
  }),
)

test.concurrent('--verbose says what the cache did', async () =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    const verbose = { args: ['--verbose'] }
    expect((await pull(world, verbose)).stderr).toContain('ms: taking the token from the cache')
    chmodSync(file, 0o644)
    const open = (await pull(world, verbose)).stderr
    expect(open).toContain('permission denied; hint: it must be a directory of this user')
    writeFileSync(file, '{')
    expect((await pull(world, verbose)).stderr).toContain('ms: the cached token cannot be read\n')
    const pods = (await pull(world, { ...verbose, stdin: podRequest(ECR_ROLE) })).stderr
    expect(pods).toContain("ms: not using the cache: it is for a service account's role\n")
  }),
)

test.concurrent.each(['/', '//', '/.', '/./', '/../cache'])(
  'a link for the cache directory is not followed with %j behind it',
  async (tail) =>
    inWorld(async (world) => {
      mkdirSync(`${directoryOf(world)}.x`, { mode: 0o700 })
      symlinkSync(`${directoryOf(world)}.x`, directoryOf(world))
      const args = ['--cache-dir', `${directoryOf(world)}${tail}`]
      const run = await runPlugin({ stdin: kubeletRequest(IMAGE), env: world.environment(), args })
      expect([run.exitCode, readdirSync(`${directoryOf(world)}.x`)]).toEqual([
        tail.includes('.') ? 2 : 0,
        [],
      ])
    }),
)

test.concurrent('a token by credential_process outlives the start of a unit', async () =>
  inWorld(async (world) => {
    const key = issueKey(world.state, { owner: 'process' })
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = key
    const answer = { Version: 1, AccessKeyId, SecretAccessKey, SessionToken: key.sessionToken }
    mkdirSync(`${world.directory}/.aws`)
    const config = `[default]\ncredential_process = echo '${JSON.stringify(answer)}'\n`
    writeFileSync(`${world.directory}/.aws/config`, config)
    for (const id of ['a', 'b']) {
      const env = { ...world.environment(), INVOCATION_ID: id, JOURNAL_STREAM: `8:${id}` }
      expectToken(await pull(world, { env }))
    }
    expect(callsOf(world, 'ecr')).toBe(1)
  }),
)

const KEY = '0123456789abcdef'.repeat(4)
const UUID = 'cc0e2b3c-9c4e-4a5b-8f36-0f8c2d1a7e55'

test.concurrent('what earlier runs have left is removed by the next one that asks', async () =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    const leave = (name: string, ageSeconds: number) => {
      const path = `${directoryOf(world)}/${name}`
      const atSeconds = Date.now() / 1000 - ageSeconds
      if (/claim/.test(name)) symlinkSync('1 1', path)
      else writeFileSync(path, 'x', { mode: 0o600 })
      lutimesSync(path, atSeconds, atSeconds)
    }
    const own = file.replace(/.*\//, '')
    const gone: readonly [string, number][] = [
      [`${own}.${UUID}.tmp`, 70],
      [`${KEY}.token.${UUID}.tmp`, 70],
      [`${KEY}.failure.${UUID}.tmp`, 24 * 3600],
      [`${KEY}.token`, 12 * 3600 + 60],
      [`${KEY}.failure`, 13 * 3600],
      [`${KEY}.claim`, 30 * DAYS],
      // By a clock that was put back since.
      [`${KEY.replaceAll('0', '1')}.token`, -30 * DAYS],
    ]
    const kept: readonly [string, number][] = [
      [`${KEY.replaceAll('0', '2')}.token.${UUID}.tmp`, 30],
      [`${KEY.replaceAll('0', '2')}.token`, 11 * 3600],
      [`${KEY.replaceAll('0', '2')}.claim`, 3600],
      [`${KEY}.token.tmp`, DAYS],
      [`${KEY}.txt`, DAYS],
      ['notes.token', DAYS],
      [`x${KEY}.token`, DAYS],
      [`${KEY}.token.${UUID}.tmp.x`, DAYS],
    ]
    for (const [name, ageSeconds] of [...gone, ...kept]) leave(name, ageSeconds)
    mkdirSync(`${directoryOf(world)}/${KEY.replaceAll('0', '3')}.token`)
    const before = readdirSync(directoryOf(world)).toSorted()
    // Who is answered from the cache has no claim, and removes nothing.
    expectToken(await pull(world))
    expect(readdirSync(directoryOf(world)).toSorted()).toEqual(before)
    rmSync(file)
    expectToken(await pull(world))
    const names = new Set(gone.map(([name]) => name))
    expect(readdirSync(directoryOf(world)).toSorted()).toEqual(
      before.filter((name) => !names.has(name)),
    )
  }),
)

test.concurrent('a run that fails removes what is left, too', async () =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    rmSync(file)
    const left = `${file}.${UUID}.tmp`
    writeFileSync(left, 'x')
    utimesSync(left, 1, 1)
    world.faults.push({ step: 'ecr', fault: { kind: 'answer', status: 403 } })
    expect((await pull(world)).exitCode).toBe(1)
    expect(namesIn(world)).toEqual([])
  }),
)

/** Milliseconds since the kernel started. */
const uptimeMs = () => Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000)

const deadProcess = () => Bun.spawnSync(['true']).pid

test.concurrent.each<[string, 'claim' | 'failure', () => string, number]>([
  // The first look removes a claim that is over, the second makes one.
  ['the claim of a run that was killed', 'claim', () => `${deadProcess()} ${uptimeMs() + 4000}`, 1],
  ['the claim of a run that hangs', 'claim', () => `${process.pid} ${uptimeMs() - 1}`, 1],
  ['a claim of an earlier boot', 'claim', () => `${process.pid} ${uptimeMs() + 60_000}`, 1],
  ['a claim of another version', 'claim', () => `${process.pid} x`, 1],
  ['the note of a pause that is over', 'failure', () => `throttled ${uptimeMs() - 1}`, 0],
  ['a pause of an earlier boot', 'failure', () => `throttled ${uptimeMs() + 60_000}`, 0],
  ['the note of an old failure', 'failure', () => `failed ${uptimeMs() - 1000}`, 0],
  // By another process's boot clock, which may be a little ahead.
  ['the note of a new failure', 'failure', () => `failed ${uptimeMs() + 900}`, 0],
  ['a note of another version', 'failure', () => `${uptimeMs()} 4000`, 0],
])('%s costs no wait for another run', async (_, kind, text, looks) =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    rmSync(file)
    const path = file.replace(/token$/, kind)
    if (kind === 'claim') symlinkSync(text(), path)
    else writeFileSync(path, text(), { mode: 0o600 })
    const run = await pull(world, { args: ['--verbose'] })
    expect(run.exitCode).toBe(0)
    expect(run.stderr.split('ms: waiting for another run').length - 1).toBe(looks)
    expect(namesIn(world)).toEqual([file.replace(/.*\//, '')])
  }),
)

test.concurrent('a run that is stopped in the middle costs the others a few seconds', async () =>
  inWorld(async (world) => {
    world.faults.push({ service: 'ecr', times: 1, fault: { kind: 'hang' } })
    const others: PluginResult[] = []
    const stopped = await pull(world, {
      during: async (child) => {
        await untilAsked(world)
        child.kill('SIGSTOP')
        others.push(...(await Promise.all(Array.from({ length: 5 }, async () => pull(world)))))
        child.kill('SIGKILL')
      },
    })
    expect([stopped.signal, stopped.stdout]).toEqual(['SIGKILL', ''])
    expect(new Set(others.map((run) => expectToken(run))).size).toBe(1)
    expect(callsOf(world, 'ecr')).toBe(2)
  }),
)

test.concurrent.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends a run that others wait for, which leaves no claim behind',
  async (signal) =>
    inWorld(async (world) => {
      world.faults.push({ service: 'ecr', times: 1, fault: { kind: 'hang' } })
      const run = await pull(world, {
        during: async (child) => {
          await untilAsked(world)
          child.kill(signal)
        },
      })
      expect([run.signal, run.stdout, run.stderr]).toEqual([signal, '', ''])
      expect(namesIn(world)).toEqual([])
      expectToken(await pull(world))
    }),
)

test.concurrent('when ECR throttles, the runs of a node hold back together', async () =>
  inWorld(async (world) => {
    world.faults.push({ service: 'ecr', times: 4, fault: THROTTLED })
    const args = ['--timeout', '30']
    const runs = await Promise.all(Array.from({ length: 20 }, async () => pull(world, { args })))
    // Three attempts of the first run, one of the next; after that, one is enough for all.
    expect(new Set(runs.map((run) => expectToken(run))).size).toBe(1)
    expect(callsOf(world, 'ecr')).toBe(5)
  }),
)

test.concurrent(
  'while ECR throttles without end, the runs of a node take turns, and then each asks once',
  async () =>
    inWorld(async (world) => {
      world.faults.push({ service: 'ecr', fault: THROTTLED })
      const args = ['--timeout', '20']
      const runs = await Promise.all(Array.from({ length: 12 }, async () => pull(world, { args })))
      for (const run of runs) {
        expect([run.exitCode, run.stdout]).toEqual([1, ''])
        expect(run.stderr).toContain('ThrottlingException')
      }
      // Alone, each would have made three attempts, all of them within three seconds.
      expect(callsOf(world, 'ecr')).toBeLessThan(2.5 * 12)
      const first = world.requests.find(({ service }) => service === 'ecr')?.atMs ?? 0
      const early = world.requests.filter(
        (each) => each.service === 'ecr' && each.atMs < first + 5000,
      )
      expect(early.length).toBeLessThan(8)
    }),
)

test.concurrent(
  'a run that fails for all is waited for once, not by one after the other',
  async () =>
    inWorld(async (world) => {
      world.faults.push({ step: 'imds-role', fault: { kind: 'hang' } })
      const runs = await Promise.all(Array.from({ length: 8 }, async () => pull(world)))
      for (const run of runs) expect([run.exitCode, run.stdout]).toEqual([1, ''])
      const roles = world.requests.filter(({ step }) => step === 'imds-role')
      expect(roles.length).toBe(3 * 8)
      // After the three attempts of the first run, every other makes its first before any makes its second: each run has a
      // session token of its own.
      const tokens = roles.map(({ headers }) => headers.get('x-aws-ec2-metadata-token'))
      expect([new Set(tokens.slice(0, 3)).size, new Set(tokens.slice(3, 10)).size]).toEqual([1, 7])
    }),
)

test.concurrent(
  'a node whose clock is wrong is corrected, also after ECR has throttled it',
  async () =>
    inWorld(async (world) => {
      world.faults.push({ step: 'ecr', times: 3, fault: THROTTLED })
      world.state.clockSkewSeconds = 3600
      expectToken(await pull(world))
      // Three throttled, one refused for its time, and one that is right.
      expect(callsOf(world, 'ecr')).toBe(5)
    }),
)

test.concurrent('a signal is heard, however close to the end of a turn it comes', async () =>
  inWorld(async (world) => {
    world.faults.push({ step: 'ecr', fault: THROTTLED })
    for (let round = 0; round < 16; round += 1) {
      rmSync(directoryOf(world), { recursive: true, force: true })
      const asked = callsOf(world, 'ecr')
      const run = await pull(world, {
        env: { ...world.environment(), AWS_MAX_ATTEMPTS: '1' },
        during: async (child) => {
          while (callsOf(world, 'ecr') === asked) await Bun.sleep(0)
          await Bun.sleep((round % 8) / 8)
          child.kill('SIGTERM')
        },
      })
      expect([run.signal, run.stdout]).toEqual(['SIGTERM', ''])
    }
  }),
)

/** Half of what is left of a token's life, as the kubelet is told it, in seconds. */
function halfLifeOf(run: PluginResult): number {
  expectToken(run)
  return (readAnswer(run.stdout, API).cacheDurationMs ?? -1) / 1000
}

/** The names in the cache's directory that end so. */
const countIn = (world: World, ending: string) =>
  readdirSync(directoryOf(world)).filter((name) => name.endsWith(ending)).length

test.concurrent.each([
  ['30 days ahead', -30 * DAYS],
  ['12 hours ahead', -12 * 3600],
  ['an hour ahead', -3600],
  ['12 hours behind', 12 * 3600],
  ['a year behind', 365 * DAYS],
])(
  'a clock that is %s makes no token live longer or shorter, for whoever gets it',
  async (_, clockSkewSeconds) =>
    inWorld(async (world) => {
      const { state } = world
      state.clockSkewSeconds = clockSkewSeconds
      state.imds.role = {
        name: 'node-role',
        code: 'Success',
        key: issueKey(state, { owner: 'role/node-role' }),
      }
      // Refused once, and so told the time; then throttled, so that another run gets the token.
      world.faults.push({ step: 'ecr', skip: 1, times: 2, fault: THROTTLED })
      const others: PluginResult[] = []
      const first = await pull(world, {
        during: async (child) => {
          while (callsOf(world, 'ecr') < 3) await Bun.sleep(5)
          while (countIn(world, '.failure') === 0 || countIn(world, '.claim') > 0)
            await Bun.sleep(5)
          child.kill('SIGSTOP')
          others.push(...(await Promise.all(Array.from({ length: 4 }, async () => pull(world)))))
          child.kill('SIGCONT')
        },
      })
      const runs = [first, ...others, await pull(world)]
      expect(new Set(runs.map((run) => expectToken(run))).size).toBe(1)
      for (const run of runs) {
        expect(halfLifeOf(run)).toBeLessThanOrEqual(6 * 3600)
        expect(halfLifeOf(run)).toBeGreaterThan(6 * 3600 - 60)
      }
    }),
)

test.concurrent.each<[string, FaultRule['fault'], number]>([
  ['no date', { kind: 'headers', headers: { Date: undefined } }, 2 * 3600],
  ['a date that is none', { kind: 'headers', headers: { Date: 'today' } }, 2 * 3600],
  [
    'a date of a cache',
    [
      { kind: 'date', skewSeconds: 3600 },
      { kind: 'headers', headers: { Age: '3600' } },
    ],
    2 * 3600,
  ],
  ['a date of an hour ahead', { kind: 'date', skewSeconds: 3600 }, 1.5 * 3600],
  ['a date of two hours behind', { kind: 'date', skewSeconds: -2 * 3600 }, 3 * 3600],
  ['a date of a year behind', { kind: 'date', skewSeconds: -365 * DAYS }, 6 * 3600],
  ['a date behind the end', { kind: 'date', skewSeconds: 5 * 3600 }, 0],
  ['no end', { kind: 'edit', pattern: /"expiresAt":[0-9.]+/g, replacement: '"expiresAt":null' }, 0],
  ['an end in 366 hours', editEnd(366), 6 * 3600],
  ['an end in the year 9999', editEnd(0, '253402300799'), 6 * 3600],
  ['an end an hour ago', editEnd(-1), 0],
])('a token of four hours in an answer with %s', async (_, fault, seconds) =>
  inWorld(async (world) => {
    world.state.ecr.lifetimeSeconds = 4 * 3600
    world.faults.push({ step: 'ecr', fault })
    // What is read from the cache is worth no more than what was written, and what is worth nothing is not kept.
    for (const run of [await pull(world), await pull(world)]) {
      expect(halfLifeOf(run)).toBeLessThanOrEqual(seconds)
      expect(halfLifeOf(run)).toBeGreaterThanOrEqual(seconds === 0 ? 0 : seconds - 60)
    }
    expect([callsOf(world, 'ecr'), namesIn(world).length]).toEqual(seconds === 0 ? [2, 0] : [1, 1])
  }),
)

/** ECR says that a token ends in so many hours, or then. */
function editEnd(hours: number, end = `${Math.round(Date.now() / 1000) + hours * 3600}`): Fault {
  const replacement = `"expiresAt":${end}`
  return { kind: 'edit', pattern: /"expiresAt":[0-9.]+/g, replacement }
}

test.concurrent.each([
  ['has gone back a year', (ms: number) => ms + 365 * DAYS * 1000, 1],
  ['has moved on by less than half of its life', (ms: number) => ms - 5 * HOURS, 1],
  ['has moved on by half of its life', (ms: number) => ms - 6 * HOURS, 2],
  ['has moved on by thirty days', (ms: number) => ms - 30 * DAYS * 1000, 2],
])('after the clock of the node %s, a token is asked for so often', async (_, change, calls) =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    editEntry(file, 'storedAtWallMs', change)
    expect(halfLifeOf(await pull(world))).toBeGreaterThan(6 * 3600 - 60)
    expect(callsOf(world, 'ecr')).toBe(calls)
  }),
)

test.concurrent('a failure is nobody’s answer: the next run asks for itself', async () =>
  inWorld(async (world) => {
    world.faults.push({ step: 'imds-role', fault: { kind: 'answer', status: 404 } })
    const run = await pull(world)
    world.faults.length = 0
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(namesIn(world)).toEqual([])
    expectToken(await pull(world))
  }),
)

test.concurrent('a full disk costs no pull', async () =>
  inWorld(async (world) => {
    // A limit on the size of files stands for the disk: with none left, writing fails after the file was made.
    const full = {
      command: [
        '/bin/sh',
        '-c',
        'ulimit -f 0; trap "" XFSZ; exec "$@"',
        'sh',
        `${process.cwd()}/dist/ecr-credential-provider`,
      ],
    }
    expectToken(await pull(world, full))
    expect(namesIn(world)).toEqual([])
    const warm = await pull(world, { ...full, args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stderr]).toEqual([
      1,
      `ecr-credential-provider: cannot use the cache directory '${directoryOf(world)}': EFBIG; hint: it must be a directory of this user, no link, with no access for others`,
    ])
  }),
)

test.concurrent('`warm` leaves the token for the first pull', async () =>
  inWorld(async (world) => {
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([0, '', ''])
    const asked = world.requests.length
    expect(callsOf(world, 'ecr')).toBe(1)
    expectToken(await pull(world))
    expect(world.requests.length).toBe(asked)
  }),
)

test.concurrent('`warm` without an image is for the region of the node', async () =>
  inWorld(async (world) => {
    const warm = await pull(world, { args: ['warm'], stdin: '' })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([0, '', ''])
    const image = IMAGE.replace('us-west-2', world.state.imds.region)
    expectToken(await pull(world, { stdin: kubeletRequest(image) }), image)
    expect(callsOf(world, 'ecr')).toBe(1)
  }),
)

test.concurrent.each([
  [['warm', 'docker.io/x'], "cannot get credentials for 'docker.io'"],
  [
    ['warm', '--mirror', 'docker.io', 'docker.io/x'],
    'cannot cache a token without a region of its own; hint: set it with --mirror HOST=REGION or AWS_REGION',
  ],
])('`warm` says why it cannot: %j', async (args, line) =>
  inWorld(async (world) => {
    const run = await pull(world, { args, stdin: '' })
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain(line)
  }),
)

test.concurrent.each([
  [['warm'], { AWS_ENDPOINT_URL_ECR: 'x' }, 'AWS_ENDPOINT_URL_ECR'],
  [['warm'], { AWS_REGION: '-' }, 'AWS_REGION'],
  [['warm', IMAGE, 'public.ecr.aws/x'], { AWS_ENDPOINT_URL_ECR_PUBLIC: 'x' }, 'URL_ECR_PUBLIC'],
])('%j with %j asks nothing', async (args, env, name) =>
  inWorld(async (world) => {
    const run = await pull(world, { args, stdin: '', env: world.environment(env) })
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain(name)
    expect(world.requests).toEqual([])
  }),
)

test.concurrent('`warm` has no use for a malformed region where the image names one', async () =>
  inWorld(async (world) => {
    const env = world.environment({ AWS_REGION: '-', AWS_ENDPOINT_URL_ECR_PUBLIC: 'x' })
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '', env })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([0, '', ''])
    const asked = world.requests.length
    expectToken(await pull(world, { env }))
    expect(world.requests.length).toBe(asked)
  }),
)
