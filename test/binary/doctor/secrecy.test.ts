import { expect, test } from 'bun:test'

import { formsOf } from '../scenarios/scenario.ts'
import { examine, type Node } from './node.ts'

// `examine` itself looks for every secret of the world, and for what begins with `sentinel`, in all that doctor prints.

/** Variables with a secret in each, of which none selects a source that this table does not name. */
const PLANTED = {
  SOME_PASSWORD: 'sentinel-of-somebody',
  AWS_SESSION_TOKEN: 'sentinel-session-token',
  AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel-container-token',
  AWS_ROLE_SESSION_NAME: 'sentinel-session-name',
  HTTP_PROXY: 'http://sentinel-user:sentinel-password@127.0.0.1:1',
  BUN_SOMETHING: 'sentinel-bun',
}

const PROFILE = [
  '[default]',
  'region = us-west-2',
  'external_id = sentinel-external-id',
  '[sentinel]',
  'aws_secret_access_key = sentinel-secret',
  '',
].join('\n')

/** Says back what it was shown, as a hostile endpoint would. */
const ECHO =
  'sentinel-body User: arn:aws:sts::111111111111:assumed-role/node-role/sentinel-session is not authorized to perform: ecr:SentinelAction'

const NODES: readonly (readonly [string, Node])[] = [
  ['a node that is fine', {}],
  ['keys in the environment', { env: { AWS_SECRET_ACCESS_KEY: 'sentinel-secret' } }],
  ['a configuration that is refused', { more: 'token: sentinel-token\nenvs: {A: sentinel-a}' }],
  ['env as a map', { config: configWith('    env:\n      A: sentinel-value') }],
  ['args as a text', { config: configWith('    args: --token=sentinel-argument') }],
  [
    'a command that tells everything',
    {
      files: {
        '.aws/config':
          '[default]\ncredential_process = echo sentinel-out; echo sentinel-err >&2; exit 1\n',
      },
    },
  ],
  [
    'a command that gives keys, and tells more',
    {
      files: {
        '.aws/config': `[default]\ncredential_process = echo sentinel-err >&2; echo '{"Version":1,"AccessKeyId":"ID(user/a)","SecretAccessKey":"SECRET(user/a)"}'\n`,
      },
    },
  ],
  [
    'ECR says back what it was shown',
    {
      faults: [
        {
          service: 'ecr',
          fault: {
            kind: 'answer',
            status: 400,
            body: JSON.stringify({ __type: 'AccessDeniedException', message: ECHO }),
          },
        },
      ],
    },
  ],
  [
    'the registry says back what it was shown',
    {
      faults: [
        {
          service: 'registry',
          fault: {
            kind: 'answer',
            status: 403,
            body: JSON.stringify({ errors: [{ code: 'sentinel-code', message: ECHO }] }),
            headers: { 'Docker-Content-Digest': 'sentinel-digest' },
          },
        },
      ],
    },
  ],
  [
    'layers behind a redirect that tells a signature, and cannot be reached',
    {
      prepare: ({ state }) => {
        state.registry.storage = 'https://127.0.0.1:1/sentinel-path'
      },
    },
  ],
  [
    'layers behind a redirect with user information',
    {
      prepare: ({ state }) => {
        state.registry.storage = 'https://sentinel-user:sentinel-password@127.0.0.1:1'
      },
    },
  ],
]

/** A configuration with more lines in its provider. */
function configWith(lines: string): string {
  return [
    'apiVersion: kubelet.config.k8s.io/v1',
    'kind: CredentialProviderConfig',
    'providers:',
    '  - name: ecr-credential-provider',
    '    apiVersion: credentialprovider.kubelet.k8s.io/v1',
    '    matchImages: ["HOST(registry)"]',
    '    defaultCacheDuration: 12h',
    lines,
    '',
  ].join('\n')
}

test.concurrent.each(NODES)(
  'no secret is shown: %s',
  async (_, node) => {
    const { report, world } = await examine({
      ...node,
      env: { ...PLANTED, ...node.env },
      files: { '.aws/credentials': PROFILE, ...node.files },
      shell: { SHELL_PASSWORD: 'sentinel-of-the-shell' },
    })
    expect(report.checks.length).toBeGreaterThan(7)
    // The world has secrets of its own, and those of this table were planted.
    const secrets = [...world.state.secrets]
    expect(secrets.some((secret) => secret.startsWith('sentinel+secret-access-key'))).toBe(true)
    expect(secrets).toContain('sentinel-of-somebody')
    expect(formsOf(secrets).length).toBeGreaterThan(20)
  },
  60_000,
)
