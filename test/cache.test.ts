import { expect, test } from 'bun:test'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'

import { issueKey } from './world/keys.ts'
import { findCredentials, readAnswer } from './world/kubelet.ts'
import { kubeletRequest, type PluginResult, type PluginRun, runPlugin } from './world/plugin.ts'
import { inWorld, type World } from './world/world.ts'

// The compiled binary with --cache-dir: as many runs as a node may start, and all that may be wrong with a directory.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const API = 'credentialprovider.kubelet.k8s.io/v1'

const directoryOf = (world: World) => `${world.directory}/cache`

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

/** One run that fills the cache, and what it left there. */
async function fill(world: World): Promise<{ password: string; file: string }> {
  const password = expectToken(await pull(world))
  const names = readdirSync(directoryOf(world))
  expect(names).toHaveLength(1)
  expect(names[0]).toMatch(/^[0-9a-f]{64}\.token$/)
  return { password, file: `${directoryOf(world)}/${names[0]}` }
}

test.concurrent('fifty runs at once are one conversation with IMDS and one call to ECR', async () =>
  inWorld(async (world) => {
    const runs = await Promise.all(Array.from({ length: 50 }, async () => pull(world)))
    expect(new Set(runs.map((run) => expectToken(run))).size).toBe(1)
    expect([callsOf(world, 'imds'), callsOf(world, 'ecr')]).toEqual([3, 1])
    expect(readdirSync(directoryOf(world))).toHaveLength(1)
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
        // eslint-disable-next-line no-await-in-loop
        const [run, again] = [await pull(world, other), await pull(world, other)]
        expect([run.exitCode, run.stderr, again.exitCode, again.stderr]).toEqual([0, '', 0, ''])
        calls += 1
        expect(callsOf(world, 'ecr')).toBe(calls)
      }
      expect(readdirSync(directoryOf(world))).toHaveLength(others.length + 1)
    }),
)

test.concurrent(
  'a service account’s token is neither kept nor answered from what is kept',
  async () =>
    inWorld(async (world) => {
      await fill(world)
      const stdin = kubeletRequest(IMAGE, {
        serviceAccountToken: 'jwt-of-a-pod',
        serviceAccountAnnotations: {
          'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/pod',
        },
      })
      const nodes = kubeletRequest(IMAGE, { serviceAccountToken: 'jwt-of-a-pod' })
      for (const each of [stdin, stdin, nodes]) {
        // eslint-disable-next-line no-await-in-loop
        expectToken(await pull(world, { stdin: each }))
      }
      expect([callsOf(world, 'ecr'), readdirSync(directoryOf(world)).length]).toEqual([4, 1])
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
  ['holds a directory where the token belongs', (path) => mkdirSync(path, { mode: 0o700 })],
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
    const line =
      'cannot use the cache directory: permission denied; it must be a directory of this user, with no access for others'
    expect((await pull(world, { args: ['--verbose'] })).stderr).toContain(line)
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([
      1,
      '',
      `ecr-credential-provider: ${line}\n`,
    ])
  }),
)

test.concurrent('a claim that a killed run has left is taken over at once', async () =>
  inWorld(async (world) => {
    const { file } = await fill(world)
    rmSync(file)
    const dead = Bun.spawnSync(['true']).pid
    symlinkSync(`${dead} 1`, file.replace(/token$/, 'claim'))
    expectToken(await pull(world))
    expect(readdirSync(directoryOf(world))).toHaveLength(1)
  }),
)

test.concurrent(
  'a run that is stopped in the middle costs the others a few seconds',
  async () =>
    inWorld(async (world) => {
      world.faults.push({ service: 'ecr', times: 1, fault: { kind: 'hang' } })
      const child = Bun.spawn(['dist/ecr-credential-provider', '--cache-dir', directoryOf(world)], {
        env: world.environment(),
        stdin: Buffer.from(kubeletRequest(IMAGE)),
        stdout: 'ignore',
        stderr: 'ignore',
      })
      while (callsOf(world, 'ecr') === 0) {
        // eslint-disable-next-line no-await-in-loop
        await Bun.sleep(5)
      }
      child.kill('SIGSTOP')
      const runs = await Promise.all(Array.from({ length: 5 }, async () => pull(world)))
      child.kill('SIGKILL')
      expect(new Set(runs.map((run) => expectToken(run))).size).toBe(1)
      expect(callsOf(world, 'ecr')).toBe(2)
    }),
  60_000,
)

test.concurrent.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends a run that others wait for, which leaves no claim behind',
  async (signal) =>
    inWorld(async (world) => {
      world.faults.push({ service: 'ecr', times: 1, fault: { kind: 'hang' } })
      const child = Bun.spawn(['dist/ecr-credential-provider', '--cache-dir', directoryOf(world)], {
        env: world.environment(),
        stdin: Buffer.from(kubeletRequest(IMAGE)),
        stdout: 'pipe',
        stderr: 'pipe',
      })
      while (callsOf(world, 'ecr') === 0) {
        // eslint-disable-next-line no-await-in-loop
        await Bun.sleep(5)
      }
      child.kill(signal)
      await child.exited
      expect([
        child.signalCode,
        await new Response(child.stdout).text(),
        await new Response(child.stderr).text(),
      ]).toEqual([signal, '', ''])
      expect(readdirSync(directoryOf(world))).toEqual([])
      expectToken(await pull(world))
    }),
)

test.concurrent(
  'when ECR throttles, the runs of a node hold back together',
  async () =>
    inWorld(async (world) => {
      const fault = {
        kind: 'answer',
        status: 400,
        body: '{"__type":"ThrottlingException"}',
      } as const
      world.faults.push({ service: 'ecr', times: 4, fault })
      const args = ['--timeout', '30']
      const runs = await Promise.all(Array.from({ length: 20 }, async () => pull(world, { args })))
      const failed = runs.filter(({ exitCode }) => exitCode !== 0)
      // The first run uses up its three attempts; the next one finds a way at its second, for all the others.
      expect(failed.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual([['', 1]])
      expect(failed[0]?.stderr).toContain('ThrottlingException')
      expect(callsOf(world, 'ecr')).toBe(5)
    }),
  60_000,
)

test.concurrent('a failure is nobody’s answer: the next run asks for itself', async () =>
  inWorld(async (world) => {
    world.faults.push({ step: 'imds-role', fault: { kind: 'answer', status: 404 } })
    const run = await pull(world)
    world.faults.length = 0
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(readdirSync(directoryOf(world))).toEqual([])
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
    expect(readdirSync(directoryOf(world))).toEqual([])
    const warm = await pull(world, { ...full, args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stderr]).toEqual([
      1,
      'ecr-credential-provider: cannot keep the token: the cache directory could not be written\n',
    ])
  }),
)

test.concurrent('`warm` leaves the token for the first pull', async () =>
  inWorld(async (world) => {
    const warm = await pull(world, { args: ['warm', IMAGE], stdin: '' })
    expect([warm.exitCode, warm.stdout, warm.stderr]).toEqual([0, '', ''])
    expect([callsOf(world, 'imds'), callsOf(world, 'ecr')]).toEqual([3, 1])
    expectToken(await pull(world))
    expect([callsOf(world, 'imds'), callsOf(world, 'ecr')]).toEqual([3, 1])
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
  [['warm', 'docker.io/x'], 'cannot get credentials for "docker.io"'],
  [
    ['warm', '--mirror', 'docker.io', 'docker.io/x'],
    'cannot cache a token without a region of its own; hint: say it with --mirror HOST=REGION or AWS_REGION',
  ],
])('`warm` says why it cannot: %j', async (args, line) =>
  inWorld(async (world) => {
    const run = await pull(world, { args, stdin: '' })
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain(line)
  }),
)
