import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

import { parseOptions } from '../../src/kubelet/options.ts'
import { answerRequest as run } from '../../src/plugin.ts'
import { answering, fakeSystem } from '../support/system.ts'
import { issueKey } from '../world/keys.ts'
import { kubeletRequest, pluginPath, runPlugin } from '../world/plugin.ts'
import type { FaultRule } from '../world/recorder.ts'
import { inWorld, startWorld, type World } from '../world/world.ts'
import { WAYS } from './scenarios/matrix.ts'
import { formsOf, play, type Scenario } from './scenarios/scenario.ts'
import { SESSION, tokenFile } from './scenarios/sources.ts'

// Distinct secrets in every place a secret can come from; whatever then goes wrong, none of them may be shown.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'

const PLANTED = {
  AWS_ACCESS_KEY_ID: 'SENTINEL-ENV-ID',
  AWS_SECRET_ACCESS_KEY: 'SENTINEL-ENV-SECRET',
  AWS_SESSION_TOKEN: 'SENTINEL-ENV-TOKEN',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'SENTINEL-CONTAINER-TOKEN',
}

const BODIES = [
  'SENTINEL-BODY',
  '{"SENTINEL-BODY":',
  '{"Code":"SENTINEL BODY","__type":"SENTINEL BODY","message":"SENTINEL-BODY"}',
  '{"authorizationData":[{"authorizationToken":"SENTINEL-BODY"}]}',
  '<html>SENTINEL-BODY</html>',
]

const FAULTS: readonly (readonly [string, FaultRule])[] = (
  ['imds-token', 'imds-role', 'imds-credentials', 'ecr'] as const
).flatMap((step) => [
  ...[200, 400, 403, 500].flatMap((status) =>
    BODIES.map((body): [string, FaultRule] => [
      `${step} answers ${status} ${body}`,
      { step, fault: { kind: 'answer', status, body } },
    ]),
  ),
  [`${step} truncates`, { step, fault: { kind: 'truncate' } }],
  [`${step} resets`, { step, fault: { kind: 'reset' } }],
  [
    `${step} redirects`,
    { step, fault: { kind: 'redirect', location: 'http://127.0.0.1:1/SENTINEL-BODY' } },
  ],
  [`${step} compresses`, { step, fault: { kind: 'gzip' } }],
  [`${step} floods`, { step, fault: { kind: 'oversize', bytes: 400_000 } }],
])

async function expectNoSecret(world: World, options: Parameters<typeof runPlugin>[0]) {
  const outcome = await runPlugin(options)
  const printed = outcome.stdout + outcome.stderr
  for (const secret of formsOf(['SENTINEL', ...world.state.secrets]))
    expect(printed).not.toContain(secret)
  for (const password of formsOf(world.state.ecr.passwords))
    expect(outcome.stderr).not.toContain(password)
  return outcome
}

test.concurrent.each([false, true])(
  'no fault makes the binary show a secret (--verbose: %p)',
  async (verbose) => {
    const world = await startWorld()
    const args = verbose ? ['--verbose'] : []
    for (const [name, rule] of FAULTS) {
      world.faults.splice(0, world.faults.length, rule)
      const { exitCode } = await expectNoSecret(world, {
        stdin: kubeletRequest(IMAGE),
        args,
        env: world.environment(),
      })
      expect([name, exitCode]).toEqual([name, 1])
    }
    await world.stop()
  },
  60_000,
)

test.concurrent(
  'a code that was sent is no code',
  async () =>
    inWorld(async (world) => {
      const token = 'IQoJb3JpZ2luX2VjEAgaCXVzLWVhc3QtMSJHMEUCIQ'
      const env = {
        ...world.environment(),
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: token,
      }
      for (const code of ['AKIAIOSFODNN7EXAMPLE', token, `x${token}`, token.slice(3, 25)]) {
        for (const status of [400, 429]) {
          const body = JSON.stringify({ __type: code, message: `User: arn:aws:iam::${code}` })
          world.faults.splice(0, 1, { step: 'ecr', fault: { kind: 'answer', status, body } })
          const args = ['--timeout=4']
          const outcome = await runPlugin({ stdin: kubeletRequest(IMAGE), env, args })
          expect([outcome.exitCode, outcome.stdout]).toEqual([1, ''])
          expect(outcome.stderr).toContain(`HTTP status ${status} from `)
          expect(outcome.stderr).not.toContain(code.slice(1, 20))
        }
      }
    }),
  60_000,
)

test.concurrent(
  'no refused configuration or request makes the binary show a secret',
  async () => {
    const world = await startWorld()
    mkdirSync(`${world.directory}/.aws`)
    const profile = [
      '[default]',
      'aws_access_key_id = SENTINEL-PROFILE-ID',
      'aws_session_token = SENTINEL-PROFILE-TOKEN',
      '[SENTINEL',
      '[x]',
      'credential_process = SENTINEL',
    ]
    writeFileSync(`${world.directory}/.aws/credentials`, profile.join('\n'))
    const env = { ...world.environment(), ...PLANTED }
    const requests = [
      kubeletRequest(IMAGE),
      kubeletRequest('docker.io/x', { serviceAccountToken: 'SENTINEL-JWT' }),
      kubeletRequest('u:SENTINEL@h/x'),
      'SENTINEL',
      '{"image":SENTINEL}',
      kubeletRequest(IMAGE, { apiVersion: 'SENTINEL' }),
    ]
    const environments = [
      env,
      { ...env, HOME: world.directory },
      { ...env, AWS_ENDPOINT_URL_ECR: 'https://u:SENTINEL@h/' },
      { ...env, AWS_ENDPOINT_URL: 'SENTINEL' },
      { ...env, HTTPS_PROXY: 'http://u:SENTINEL@127.0.0.1:1', AWS_ENDPOINT_URL_ECR: '' },
      { ...env, HTTPS_PROXY: 'http://u:SENTINEL@h:1:1/', AWS_ENDPOINT_URL_ECR: '' },
    ]
    for (const stdin of requests) {
      for (const variables of environments) {
        expect(
          (await expectNoSecret(world, { stdin, env: variables, args: ['--verbose'] })).exitCode,
        ).toBe(1)
      }
    }
    await world.stop()
  },
  60_000,
)

const ROLE_ARN = 'arn:aws:iam::123456789012:role/a'
const BOX = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' }
const WEB = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: ROLE_ARN }

/** Sources that hold a secret where none is understood, or whose secret is refused. */
const SPOILT: readonly Scenario[] = (
  [
    { config: '[default]\ncredential_process = echo sentinel-output' },
    { config: '[default]\ncredential_process = false sentinel-argument' },
    {
      config: '[default]\ncredential_process = echo \'{"Version":1,"AccessKeyId":"sentinel-id"}\'',
    },
    {
      env: { AWS_ENDPOINT_URL_ECR: '' },
      config: '[default]\nendpoint_url = https://u:sentinel-password@h/',
    },
    { config: '[default]\nmax_attempts = sentinel-attempts' },
    { credentials: 'aws_secret_access_key = sentinel-secret' },
    { config: '[default]\naws_access_key_id = sentinel-id' },
    { credentials: '[default]\naws_secret_access_key = sentinel-secret' },
    {
      config: '[default]\nrole_arn = ROLE(a)\nexternal_id = sentinel-external\nKEYS(b)',
      sts: true,
    },
    { env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel-token\n' } },
    {
      env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR/token' },
      token: 'sentinel-a\nb',
    },
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://u:sentinel-password@example.com/' } },
    { env: WEB, token: 'sentinel-jwt', sts: true },
    { env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token' }, token: 'sentinel-jwt' },
    { env: { HTTPS_PROXY: 'http://u:sentinel-password@127.0.0.1:1' }, proxy: true },
    { env: { AWS_CA_BUNDLE: 'DIR/token' }, token: '-----BEGIN PRIVATE KEY-----\nsentinel-key\n' },
    { config: SESSION, sso: '{"accessToken":"sentinel-sso' },
    {
      config: SESSION,
      sso: '{"accessToken":"sentinel-sso\\n","expiresAt":"2099-01-01T00:00:00Z"}',
    },
    { config: SESSION, sso: '{"accessToken":"sentinel-sso","expiresAt":"sentinel-time"}' },
    {
      config: SESSION,
      sso: '{"accessToken":"x","refreshToken":"sentinel-r","expiresAt":"2001-01-01T00:00:00Z"}',
    },
    {
      request: {
        serviceAccountToken: 'sentinel-jwt',
        serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': ROLE_ARN },
      },
      sts: true,
    },
  ] satisfies readonly Spoilt[]
).map(({ token, sso, sts = false, proxy = false, ...scenario }: Spoilt) => ({
  ...scenario,
  name: JSON.stringify({ token, sso, ...scenario }),
  args: ['--verbose', '--timeout', '5'],
  env: { ...scenario.env, ...(proxy ? { AWS_ENDPOINT_URL_ECR: undefined, KEYS: 'env' } : {}) },
  prepare: (world: World) => {
    mkdirSync(`${world.directory}/.aws/sso/cache`, { recursive: true })
    if (sso !== undefined) writeFileSync(tokenFile(world, 'corp'), sso)
    if (sts) world.state.sts.denied.add(ROLE_ARN)
  },
  // `told` makes what stands in the SSO token file known as a secret.
  files: { ...(token === undefined ? {} : { token }), told: sso ?? '' },
  fails: /./,
}))

interface Spoilt extends Partial<Scenario> {
  readonly token?: string
  readonly sso?: string
  readonly sts?: boolean
  readonly proxy?: boolean
}

test.concurrent.each(SPOILT.map((scenario) => [scenario.name, scenario] as const))(
  'no secret is quoted from %s',
  async (_, scenario) => play(scenario),
)

/** The names are found, so that every step gets as far as its connection. */
const lookUp = async () => ['192.0.2.1']

test('no error holds a secret, not even for an inspector', async () => {
  // An inspector also shows source lines, so the secret must not stand in the source as it is.
  const SECRET = ['SENT', 'INEL'].join('')
  const input = new TextEncoder().encode(kubeletRequest(IMAGE))
  const failures = [
    fakeSystem({
      lookUp,
      connect: async () => Promise.reject(new Error(SECRET, { cause: SECRET })),
    }),
    ...BODIES.map((body) =>
      fakeSystem({ env: PLANTED, lookUp, connect: async () => answering(body) }),
    ),
    ...BODIES.map((body) => fakeSystem({ lookUp, connect: async () => answering(body) })),
  ]
  for (const system of failures) {
    const error: unknown = await run(Promise.resolve(input), parseOptions([]), system).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    const shown =
      error instanceof Error
        ? [error.message, String(error.cause), Bun.inspect(error, { depth: 9 })]
        : []
    expect(shown.join('\n')).not.toContain(SECRET)
  }
})

/** The strings of a file of /proc. */
const stringsOf = (path: string) => readFileSync(path, 'latin1').split('\0')

test.concurrent.each(WAYS.map(({ step, scenario }) => [step, scenario] as const))(
  'no secret is in the process arguments while %s does not answer',
  async (step, way) =>
    play({
      ...way,
      name: step,
      faults: [{ step, fault: { kind: 'hang' } }],
      kill: 'SIGTERM',
      inspect: (pid, { state }) => {
        const [program, ...args] = stringsOf(`/proc/${pid}/cmdline`)
        expect([program, args]).toEqual([pluginPath, [...(way.args ?? []), '']])
        expect(state.secrets.size).toBeGreaterThan(0)
      },
    }),
)

test.concurrent(
  'credential_process gets this environment, byte for byte, and nothing else',
  async () =>
    inWorld(async (world) => {
      const base = issueKey(world.state, { owner: 'base' })
      const copies = ['parent', 'child', 'arguments', 'descriptors'].map(
        (name) => `${world.directory}/${name}`,
      )
      const [parent = '', child = '', args = '', descriptors = ''] = copies
      const command = [
        `cat /proc/$PPID/environ > '${parent}'`,
        `cat /proc/$$/environ > '${child}'`,
        `cat /proc/$$/cmdline > '${args}'`,
        `ls /proc/$$/fd > '${descriptors}'`,
        `readlink /proc/$$/fd/0 >> '${descriptors}'`,
        `cat '${world.directory}/keys'`,
      ].join('; ')
      const config = [
        '[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = p',
        `[profile p]\ncredential_process = ${command}`,
        '[profile other]\naws_access_key_id = SENTINEL-OTHER-ID\naws_secret_access_key = SENTINEL-OTHER',
      ]
      writeFileSync(`${world.directory}/config`, config.join('\n'))
      writeFileSync(
        `${world.directory}/keys`,
        JSON.stringify({
          Version: 1,
          AccessKeyId: base.accessKeyId,
          SecretAccessKey: base.secretAccessKey,
          SessionToken: base.sessionToken,
        }),
      )
      const env = world.environment({
        AWS_CONFIG_FILE: `${world.directory}/config`,
        PATH: '/usr/bin:/bin',
        EMPTY: '',
        LINES: 'a\nb=c',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        AWS_CONTAINER_AUTHORIZATION_TOKEN: PLANTED.AWS_CONTAINER_AUTHORIZATION_TOKEN,
      })
      // What is no UTF-8 cannot be said in JavaScript.
      const script = `exec env "BYTES=$(printf 'a\\377b')" "$0"`
      const stdin = kubeletRequest(IMAGE, { serviceAccountToken: 'SENTINEL-JWT' })
      const outcome = await runPlugin({
        stdin,
        env,
        command: ['/bin/sh', '-c', script, pluginPath],
      })
      expect([outcome.exitCode, outcome.stderr]).toEqual([0, ''])
      const given = stringsOf(parent)
      expect(stringsOf(child)).toEqual(given)
      expect(given).toContain('BYTES=a\xffb')
      for (const [name, value] of Object.entries(env)) expect(given).toContain(`${name}=${value}`)
      expect(stringsOf(args)).toEqual(['/bin/sh', '-c', command, ''])
      // The shell's own stand above 2 while it runs a command. On stdin there is no request with a token in it.
      const seen = readFileSync(descriptors, 'utf8').split('\n')
      expect(seen.filter((line) => /^([0-9]|\/.*)$/.test(line))).toEqual([
        '0',
        '1',
        '2',
        '/dev/null',
      ])
    }),
)
