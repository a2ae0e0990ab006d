import { expect, test } from 'bun:test'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'

import { readPassword } from '../world/ecr.ts'
import { issueKey } from '../world/keys.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, runPlugin } from '../world/plugin.ts'
import { startProxy } from '../world/proxy.ts'
import { inWorld, startWorld, type World } from '../world/world.ts'
import { logIn, PAST, SESSION } from './scenarios/sources.ts'

// The compiled binary, as a kubelet runs it, against the test world. Every world is one test's own.

const PRIVATE_HOST = '123456789012.dkr.ecr.us-west-2.amazonaws.com'
const PRIVATE = `${PRIVATE_HOST}/team/app`
const V1 = 'credentialprovider.kubelet.k8s.io/v1'

type Run = Awaited<ReturnType<typeof runPlugin>>

function expectPassword(run: Run, image: string, apiVersion = V1) {
  expect([run.exitCode, run.stderr]).toEqual([0, ''])
  const [found, ...more] = findCredentials(readAnswer(run.stdout, apiVersion), image)
  expect(more).toEqual([])
  expect(found?.username).toBe('AWS')
  return readPassword(found?.password ?? '')
}

function expectRefusal(run: Run, line: string | RegExp, exitCode = 1): void {
  expect([run.exitCode, run.stdout]).toEqual([exitCode, ''])
  expect(run.stderr).toMatch(/^ecr-credential-provider: [\x20-\x7e]+$/)
  expect(run.stderr).toMatch(line)
}

function writeProfile(world: World, text: string): Record<string, string> {
  const file = `${world.directory}/config`
  writeFileSync(file, text)
  return { AWS_CONFIG_FILE: file }
}

/** Not `os.userInfo()`, which asks `HOME` first. */
function homeInDatabase(): string {
  const uid = `${process.getuid?.() ?? ''}`
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === uid)
  return entry?.[5] ?? ''
}

const keysOf = (key: {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}) => ({
  AWS_ACCESS_KEY_ID: key.accessKeyId,
  AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  ...(key.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.sessionToken }),
})

test.concurrent.each([V1, `${V1}beta1`, `${V1}alpha1`])(
  'a node role pulls a private image (%s)',
  async (apiVersion) =>
    inWorld(async (world) => {
      const stdin = kubeletRequest(PRIVATE, { apiVersion })
      const run = await runPlugin({ stdin, env: world.environment() })
      const { accessKeyId, region } = expectPassword(run, PRIVATE, apiVersion)
      expect(region).toBe('us-west-2')
      expect(accessKeyId).toBe(world.state.imds.role?.key.accessKeyId ?? '')
      expect(world.requests.map(({ step }) => step)).toEqual([
        'imds-token',
        'imds-role',
        'imds-credentials',
        'ecr',
      ])
      const answer = readAnswer(run.stdout, apiVersion)
      expect(answer.cacheKeyType).toBe('Registry')
      expect([...answer.auth.keys()]).toEqual([PRIVATE_HOST])
      // Half of twelve hours, less the time this took.
      expect(answer.cacheDurationMs).toBeLessThanOrEqual(6 * 3600 * 1000)
      expect(answer.cacheDurationMs).toBeGreaterThan(6 * 3600 * 1000 - 60_000)
    }),
)

test.concurrent('environment keys sign, and IMDS is not asked', async () =>
  inWorld(async (world) => {
    const key = issueKey(world.state, { owner: 'environment', temporary: false })
    const run = await runPlugin({
      stdin: kubeletRequest(PRIVATE),
      env: { ...world.environment(), ...keysOf(key) },
    })
    expect(expectPassword(run, PRIVATE).accessKeyId).toBe(key.accessKeyId)
    expect(world.requests.map(({ step, signer }) => [step, signer])).toEqual([
      ['ecr', 'environment'],
    ])
  }),
)

test.concurrent('a profile signs, with its session token', async () =>
  inWorld(async (world) => {
    const key = issueKey(world.state, { owner: 'profile' })
    const lines = [
      '[profile node]',
      `aws_access_key_id = ${key.accessKeyId}`,
      `aws_secret_access_key = ${key.secretAccessKey}`,
      `aws_session_token = ${key.sessionToken ?? ''}`,
    ]
    const env = {
      ...world.environment(),
      ...writeProfile(world, lines.join('\n')),
      AWS_PROFILE: 'node',
    }
    expect(
      expectPassword(await runPlugin({ stdin: kubeletRequest(PRIVATE), env }), PRIVATE).accessKeyId,
    ).toBe(key.accessKeyId)
  }),
)

test.concurrent('a public image is asked for in us-east-1 with its own service', async () =>
  inWorld(async (world) => {
    for (const host of ['public.ecr.aws', 'ecr-public.aws.com']) {
      const image = `${host}/eks/pause`
      const run = await runPlugin({ stdin: kubeletRequest(image), env: world.environment() })
      expect(expectPassword(run, image).region).toBe('us-east-1')
    }
    expect(world.requests.filter(({ service }) => service === 'ecr')).toEqual([])
  }),
)

test.concurrent('an image with a port gets a key with that port', async () =>
  inWorld(async (world) => {
    const image = `${PRIVATE_HOST}:443/app`
    const run = await runPlugin({
      stdin: kubeletRequest(image),
      env: world.environment(),
      args: ['get-credentials'],
    })
    expectPassword(run, image)
  }),
)

test.concurrent('IMDS over IPv6, and an endpoint with a path that is dropped', async () =>
  inWorld(async (world) => {
    for (const endpoint of [world.urls.imdsIpv6, `${world.urls.imds}/dropped`]) {
      if (endpoint === undefined) continue
      const env = { ...world.environment(), AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }
      expectPassword(await runPlugin({ stdin: kubeletRequest(PRIVATE), env }), PRIVATE)
    }
  }),
)

test.concurrent('a registry of each form is asked for at its own AWS host', async () => {
  const rows = [
    [
      '123456789012.dkr.ecr.us-west-2.amazonaws.com',
      'api.ecr.us-west-2.amazonaws.com',
      'us-west-2',
    ],
    [
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      'api.ecr-fips.us-gov-west-1.amazonaws.com',
      'us-gov-west-1',
    ],
    ['123456789012.dkr-ecr.eu-central-1.on.aws', 'ecr.eu-central-1.api.aws', 'eu-central-1'],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
      'api.ecr.cn-north-1.amazonaws.com.cn',
      'cn-north-1',
    ],
    [
      '123456789012.dkr-ecr-fips.eusc-de-east-1.on.amazonwebservices.eu',
      'ecr-fips.eusc-de-east-1.api.amazonwebservices.eu',
      'eusc-de-east-1',
    ],
    [
      '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov',
      'api.ecr.us-iso-east-1.c2s.ic.gov',
      'us-iso-east-1',
    ],
    ['public.ecr.aws', 'api.ecr-public.us-east-1.amazonaws.com', 'us-east-1'],
    ['ecr-public.aws.com', 'ecr-public.us-east-1.api.aws', 'us-east-1'],
  ] as const
  const world = await startWorld({ names: rows.map(([, api]) => api) })
  const proxy = startProxy({ route: world.route })
  const key = issueKey(world.state, { owner: 'environment' })
  const env = { HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: world.caFile, ...keysOf(key) }
  for (const [host, , region] of rows) {
    expect(
      expectPassword(await runPlugin({ stdin: kubeletRequest(`${host}/x`), env }), `${host}/x`)
        .region,
    ).toBe(region)
  }
  expect(proxy.requests.map(({ target }) => target)).toEqual(rows.map(([, api]) => `${api}:443`))
  proxy.stop()
  await world.stop()
})

test.concurrent('a proxy with a password is used, and its password is never shown', async () => {
  const api = 'api.ecr.us-west-2.amazonaws.com'
  const world = await startWorld({ names: [api] })
  const proxy = startProxy({ route: world.route, credentials: 'user:p@ss' })
  const key = issueKey(world.state, { owner: 'environment' })
  const through = async (userinfo: string) =>
    runPlugin({
      stdin: kubeletRequest(PRIVATE),
      env: {
        HOME: world.directory,
        AWS_CA_BUNDLE: world.caFile,
        AWS_MAX_ATTEMPTS: '1',
        ...keysOf(key),
        HTTPS_PROXY: `http://${userinfo}@${new URL(proxy.url).host}`,
      },
    })
  expectPassword(await through('user:p%40ss'), PRIVATE)
  const refused = await through('user:SECRET')
  expectRefusal(refused, /the proxy 127.0.0.1:[0-9]+ \(from HTTPS_PROXY\) answered 407 Proxy/)
  expect(refused.stderr).not.toContain('SECRET')
  proxy.stop()
  await world.stop()
})

test.concurrent('the node role never travels through a proxy', async () =>
  inWorld(async (world) => {
    const proxy = startProxy()
    const env = {
      ...world.environment(),
      HTTP_PROXY: proxy.url,
      http_proxy: proxy.url,
      ALL_PROXY: proxy.url,
      HTTPS_PROXY: proxy.url,
    }
    expectPassword(await runPlugin({ stdin: kubeletRequest(PRIVATE), env }), PRIVATE)
    expect(proxy.requests).toEqual([])
    proxy.stop()
  }),
)

test.concurrent.each([
  [
    'a host that is not ECR',
    'docker.io/library/nginx',
    /cannot get credentials for 'docker.io': it is not an Amazon ECR host/,
  ],
  ['a look-alike', '1234.dkr.ecr.x.amazonaws.com.evil.io/x', /it is not an Amazon ECR host/],
  ['a path that names public ECR', 'evil.io/public.ecr.aws/x', /'evil.io': it is not/],
  ['no host', '/x', /cannot read a registry host/],
])('%s is refused before any network call', async (_, image, line) =>
  inWorld(async (world) => {
    expectRefusal(await runPlugin({ stdin: kubeletRequest(image), env: world.environment() }), line)
    expect(world.requests).toEqual([])
  }),
)

test.concurrent.each([
  ['an empty stdin', '', /the request on stdin: it is empty/],
  ['a stdin that is not JSON', 'SECRET', /the request on stdin: it is not valid JSON/],
  [
    'another kind',
    kubeletRequest(PRIVATE, { kind: 'SECRET' }),
    /'kind' must be 'CredentialProviderRequest'/,
  ],
  ['another version', kubeletRequest(PRIVATE, { apiVersion: 'SECRET/v2' }), /'apiVersion' must be/],
  ['a request over 1 MiB', kubeletRequest('x'.repeat(1024 * 1024)), /larger than 1048576 bytes/],
])('%s is refused', async (_, stdin, line) => {
  const run = await runPlugin({ stdin })
  expectRefusal(run, line)
  expect(run.stderr).not.toContain('SECRET')
})

test.concurrent('unknown words and flags end with exit code 2', async () => {
  for (const args of [
    ['--nope'],
    ['login'],
    ['get-credentials', 'twice', 'x'],
    ['--timeout', 'soon'],
  ]) {
    expectRefusal(
      await runPlugin({ stdin: kubeletRequest(PRIVATE), args }),
      /cannot use (the argument '.*': it is not known|--timeout: it must be)/,
      2,
    )
  }
})

test.concurrent('--help and --version print to stdout and need no request', async () => {
  const help = await runPlugin({ args: ['--help'] })
  expect([help.exitCode, help.stderr]).toEqual([0, ''])
  expect(help.stdout).toStartWith('usage: ecr-credential-provider')
  const version = (await runPlugin({ args: ['--version'] })).stdout
  // `unknown` is the commit of a build outside of git.
  const [, commit, rest] =
    /^ecr-credential-provider \d+\.\d+\.\d+ \(commit ([^,]+)(, .+)\)\n$/.exec(version) ?? []
  expect(commit).toMatch(/^(?:[0-9a-f]{40}(?:-modified)?|unknown)$/)
  expect(rest).toBe(`, Bun ${Bun.version}, linux-${process.arch}`)
})

test.concurrent('--verbose says each step on stderr, and no secret', async () =>
  inWorld(async (world) => {
    const run = await runPlugin({
      stdin: kubeletRequest(PRIVATE),
      env: world.environment(),
      args: ['--verbose'],
    })
    expect(run.exitCode).toBe(0)
    for (const step of [
      'reading the request',
      'asking IMDS for the session token',
      'asking IMDS for the role',
      'signing with',
      'registry token in us-west-2',
    ]) {
      expect(run.stderr).toContain(step)
    }
    for (const secret of world.state.secrets) expect(run.stderr).not.toContain(secret)
  }),
)

test.concurrent('the config files are those of HOME, else of the user database', async () =>
  inWorld(async (world) => {
    const options = { stdin: kubeletRequest(PRIVATE), args: ['--verbose'] }
    const withHome = await runPlugin({ ...options, env: { HOME: '/h', AWS_CONFIG_FILE: '/c' } })
    expect(withHome.stderr).toContain("reading '/c' and '/h/.aws/credentials'")
    for (const home of [{}, { HOME: '' }]) {
      // Not the developer's own files: only where it would look for the second one is of interest.
      const env = { AWS_CONFIG_FILE: '/', AWS_SHARED_CREDENTIALS_FILE: '', ...home }
      const run = await runPlugin({ ...options, env })
      expect(run.stderr).toContain(`and '${homeInDatabase()}/.aws/credentials'`)
      expect(run.exitCode).toBe(1)
    }
    expect(world.requests).toEqual([])
  }),
)

test.concurrent('a stdin that never ends is given up after --timeout, with the cause', async () => {
  const sleep = Bun.spawn(['sleep', '20'], { stdout: 'pipe' })
  const child = Bun.spawn(
    [`${import.meta.dir}/../../dist/ecr-credential-provider`, '--timeout=1'],
    {
      stdin: sleep.stdout,
      stdout: 'pipe',
      stderr: 'pipe',
      env: {},
    },
  )
  const [exitCode, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  sleep.kill()
  expect([exitCode, stdout]).toEqual([1, ''])
  expect(stderr).toBe(
    'ecr-credential-provider: cannot end in time: gave up after 1 s while reading the request from stdin',
  )
})

test.concurrent('a stdout that nobody reads is a failure', async () =>
  inWorld(async (world) => {
    const binary = `${import.meta.dir}/../../dist/ecr-credential-provider`
    const child = Bun.spawn(['sh', '-c', `"$0" > /dev/full`, binary], {
      stdin: new Blob([kubeletRequest(PRIVATE)]),
      stderr: 'pipe',
      env: world.environment(),
    })
    expect(await child.exited).toBe(1)
    expect(await new Response(child.stderr).text()).toBe(
      'ecr-credential-provider: cannot write the answer to stdout: it is closed or full',
    )
  }),
)

test.concurrent('bad configuration is refused with its place', async () =>
  inWorld(async (world) => {
    const stdin = kubeletRequest(PRIVATE)
    const base = world.environment()
    const refusals = [
      [{ ...base, AWS_PROFILE: 'missing' }, /cannot find profile 'missing' \(from AWS_PROFILE\)/],
      [{ ...base, AWS_CONFIG_FILE: '/' }, /cannot read the config file '\/': it is a directory/],
      [
        { ...base, AWS_CA_BUNDLE: '/nowhere.pem' },
        /the CA bundle '\/nowhere.pem' \(from AWS_CA_BUNDLE\): it does not exist/,
      ],
      [{ ...base, AWS_ENDPOINT_URL_ECR: 'SECRET' }, /cannot use AWS_ENDPOINT_URL_ECR: it must be/],
      [
        { ...base, ...writeProfile(world, '[default]\naws_access_key_id = SECRET') },
        /has only one of aws_access_key_id and/,
      ],
      [
        { ...base, AWS_EC2_METADATA_DISABLED: 'true' },
        /AWS_EC2_METADATA_DISABLED disables it; it is needed because the environment has no keys/,
      ],
    ] as const
    for (const [env, line] of refusals) {
      const run = await runPlugin({ stdin, env })
      expectRefusal(run, line)
      expect(run.stderr).not.toContain('SECRET')
    }
  }),
)

test.concurrent('an expired role key is used, and named when AWS refuses it', async () =>
  inWorld(async (world) => {
    const key = issueKey(world.state, { owner: 'old', lifetimeSeconds: -60 })
    world.state.imds.role = { name: 'node-role', code: 'Success', key }
    const run = await runPlugin({ stdin: kubeletRequest(PRIVATE), env: world.environment() })
    expectRefusal(
      run,
      /ExpiredTokenException from .* \(credentials: instance role 'node-role', expired at 20.*\)/,
    )
    expect(world.requests.at(-1)?.step).toBe('ecr')
  }),
)

test.concurrent('an instance without a role is told', async () =>
  inWorld(async (world) => {
    world.state.imds.role = undefined
    expectRefusal(
      await runPlugin({ stdin: kubeletRequest(PRIVATE), env: world.environment() }),
      /this instance has no role/,
    )
  }),
)

test.concurrent('the demo tells its four stories', async () => {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/../tools/demo.ts`], {
    stdout: 'pipe',
    stderr: 'pipe',
    env: {},
  })
  const text = await new Response(child.stdout).text()
  expect(await child.exited).toBe(0)
  expect(text.match(/^== /gm)?.length).toBe(4)
  expect(text.match(/a kubelet pulls/g)?.length).toBe(4)
  expect(text).toContain('dist/ecr-credential-provider --verbose')
})

test.concurrent('a user without a home directory still has the instance', async () =>
  inWorld(async (world) => {
    // A user that the database does not have; only root may become one.
    if (process.getuid?.() !== 0) return
    const { HOME: _, ...env } = world.environment()
    const binary = `${import.meta.dir}/../../dist/ecr-credential-provider`
    const command = `cd / && exec setpriv --reuid=54321 --clear-groups ${world.directory}/plugin`
    await Bun.write(`${world.directory}/plugin`, Bun.file(binary))
    chmodSync(`${world.directory}/plugin`, 0o755)
    chmodSync(world.directory, 0o755)
    const child = Bun.spawn(['/bin/sh', '-c', command], {
      stdin: new Blob([kubeletRequest(PRIVATE)]),
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...env, PATH: '/usr/bin:/bin' },
    })
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    expect([await child.exited, stderr]).toEqual([0, ''])
    expect(findCredentials(readAnswer(stdout, V1), PRIVATE).length).toBe(1)
  }),
)

test.concurrent('a stdin that cannot be read is refused', async () => {
  const binary = `${import.meta.dir}/../../dist/ecr-credential-provider`
  const child = Bun.spawn(['sh', '-c', `"$0" < /`, binary], {
    stdout: 'pipe',
    stderr: 'pipe',
    env: {},
  })
  expect(await child.exited).toBe(1)
  expect(await new Response(child.stderr).text()).toBe(
    'ecr-credential-provider: cannot read the request: stdin cannot be read',
  )
})

test.concurrent.each([
  [PRIVATE, 'eu-west-1', 'sts.us-west-2.amazonaws.com'],
  ['public.ecr.aws/x/y', 'eu-west-1', 'sts.eu-west-1.amazonaws.com'],
  ['public.ecr.aws/x/y', '', 'sts.us-east-1.amazonaws.com'],
])(
  'the role of a service account for %s with AWS_REGION=%j is asked of %s',
  async (image, region, sts) => {
    const world = await startWorld({ names: [sts] })
    const proxy = startProxy({ route: world.route })
    const { AWS_ENDPOINT_URL_STS: _, ...env } = world.environment()
    const annotations = { 'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/sa' }
    const stdin = kubeletRequest(image, {
      serviceAccountToken: 'jwt',
      serviceAccountAnnotations: annotations,
    })
    const run = await runPlugin({
      stdin,
      env: { ...env, AWS_REGION: region, HTTPS_PROXY: proxy.url },
    })
    expectPassword(run, image)
    expect(proxy.requests.map(({ target }) => target)).toEqual([`${sts}:443`])
    proxy.stop()
    await world.stop()
  },
)

test.concurrent('ten runs that find the same expired SSO token all end well', async () =>
  inWorld(async (world) => {
    logIn('corp', PAST)(world)
    const env = { ...world.environment(), ...writeProfile(world, SESSION) }
    const stdin = kubeletRequest(PRIVATE)
    const runs = await Promise.all(
      Array.from({ length: 10 }, async () => runPlugin({ stdin, env })),
    )
    for (const run of runs) expectPassword(run, PRIVATE)
  }),
)
