import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'

import { parseOptions } from '../src/options.ts'
import { run } from '../src/plugin.ts'
import { answering, fakeSystem } from './system.ts'
import { kubeletRequest, runPlugin } from './world/plugin.ts'
import type { FaultRule } from './world/recorder.ts'
import { startWorld, type World } from './world/world.ts'

// Distinct secrets in every place a secret can come from; whatever then goes wrong, none of them may be shown.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'

/** Every secret of the test, and of the world. Also in the forms in which a message might quote them. */
function formsOf(secrets: Iterable<string>): readonly string[] {
  return [...secrets].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    btoa(secret),
    JSON.stringify(secret).slice(1, -1),
  ])
}

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
  return outcome
}

test.concurrent.each([false, true])(
  'no fault makes the binary show a secret (--verbose: %p)',
  async (verbose) => {
    const world = await startWorld()
    const args = verbose ? ['--verbose'] : []
    for (const [name, rule] of FAULTS) {
      world.faults.splice(0, world.faults.length, rule)
      // eslint-disable-next-line no-await-in-loop -- one fault at a time
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
    ]
    for (const stdin of requests) {
      for (const variables of environments) {
        // eslint-disable-next-line no-await-in-loop -- bounded load on a small machine
        expect(
          (await expectNoSecret(world, { stdin, env: variables, args: ['--verbose'] })).exitCode,
        ).toBe(1)
      }
    }
    await world.stop()
  },
  60_000,
)

test('no error holds a secret, not even for an inspector', async () => {
  // An inspector also shows source lines, so the secret must not stand in the source as it is.
  const SECRET = ['SENT', 'INEL'].join('')
  const input = new TextEncoder().encode(kubeletRequest(IMAGE))
  const failures = [
    fakeSystem({ connect: async () => Promise.reject(new Error(SECRET, { cause: SECRET })) }),
    ...BODIES.map((body) => fakeSystem({ env: PLANTED, connect: async () => answering(body) })),
    ...BODIES.map((body) => fakeSystem({ connect: async () => answering(body) })),
  ]
  for (const system of failures) {
    // eslint-disable-next-line no-await-in-loop -- one at a time
    const error: unknown = await run(input, parseOptions([]), system).catch(
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
