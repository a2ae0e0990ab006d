import { issueKey } from '../../../world/keys.ts'
import type { World } from '../../../world/world.ts'
import { type Broken, REAL } from './broken.ts'

/** What goes wrong on the way to a password. */
export const AWS_NODES: readonly Broken[] = [
  {
    name: 'IMDS refuses',
    node: { faults: [{ service: 'imds', fault: { kind: 'answer', status: 403 } }] },
    verdict: 'fail',
    found: ['fail identity.credentials imds_disabled'],
  },
  {
    name: 'IMDS is turned off',
    node: { env: { AWS_EC2_METADATA_DISABLED: 'true' } },
    verdict: 'fail',
    found: ['fail identity.credentials imds_off'],
  },
  {
    name: 'an instance without a role',
    node: {
      prepare: (world) => {
        world.state.imds.role = undefined
      },
    },
    verdict: 'fail',
    found: ['fail identity.credentials imds_no_role'],
  },
  {
    name: 'a role that nobody may assume',
    node: {
      env: { AWS_PROFILE: 'r' },
      files: {
        '.aws/config':
          '[profile r]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Ec2InstanceMetadata\n',
      },
      prepare: (world) => {
        world.state.sts.denied.add('arn:aws:iam::123456789012:role/r')
      },
    },
    verdict: 'fail',
    found: ['fail identity.credentials sts_denied'],
  },
  {
    name: 'a credential_process that fails, and tells secrets',
    node: {
      files: {
        '.aws/config':
          '[default]\ncredential_process = echo sentinel-output; echo sentinel-words >&2; exit 3\n',
      },
    },
    verdict: 'fail',
    found: ['fail identity.credentials process_failed'],
  },
  {
    name: 'a credential_process that prints junk',
    node: { files: { '.aws/config': '[default]\ncredential_process = echo sentinel-junk\n' } },
    verdict: 'fail',
    found: ['fail identity.credentials process_output'],
  },
  {
    name: 'a proxy that wants a password',
    node: {
      ...REAL,
      env: { ...REAL.env, HTTPS_PROXY: 'http://sentinel-user:sentinel-wrong@HOST(proxy)' },
    },
    verdict: 'fail',
    found: ['fail network.proxy proxy_407'],
    says: /sent: yes fix where that variable is set .* write http:\/\/USER:PASSWORD@HOST:PORT, then restart/,
  },
  {
    name: 'a proxy that wants a password, and gets none',
    node: { ...REAL, env: { ...REAL.env, HTTPS_PROXY: 'http://HOST(proxy)' } },
    verdict: 'fail',
    found: ['fail network.proxy proxy_407'],
    says: /user and password sent: no fix/,
  },
  {
    name: 'a proxy that is no URL',
    node: { ...REAL, env: { ...REAL.env, HTTPS_PROXY: 'http://u:12/sentinel-34@h' } },
    verdict: 'fail',
    found: ['fail network.proxy config_value'],
  },
  {
    name: 'a proxy that reaches nobody',
    node: { ...REAL, env: { ...REAL.env, AWS_ENDPOINT_URL_ECR: 'https://api.invalid/' } },
    verdict: 'fail',
    found: ['fail network.proxy proxy_503'],
  },
  {
    name: 'a name that does not exist',
    node: { env: { AWS_ENDPOINT_URL_ECR: 'https://ecr.invalid/' } },
    verdict: 'fail',
    found: ['fail network.address dns_unknown'],
  },
  {
    name: 'ECR refuses connections',
    node: { line: { service: 'ecr', fault: { kind: 'refuse' } } },
    verdict: 'fail',
    found: ['fail network.connection connect_refused'],
  },
  {
    name: 'a certificate of an unknown authority',
    node: { line: { service: 'ecr', fault: { kind: 'tls', certificate: 'unknown-ca' } } },
    verdict: 'fail',
    found: ['fail network.tls tls_untrusted'],
    says: /issued by 'Unknown/,
  },
  {
    name: 'a certificate for another name',
    node: { line: { service: 'ecr', fault: { kind: 'tls', certificate: 'wrong-name' } } },
    verdict: 'fail',
    found: ['fail network.tls tls_name'],
  },
  {
    name: 'an expired certificate',
    node: { line: { service: 'ecr', fault: { kind: 'tls', certificate: 'expired' } } },
    verdict: 'fail',
    found: ['fail network.tls tls_expired'],
  },
  {
    name: 'no TLS',
    node: {
      line: { service: 'ecr', fault: { kind: 'reply', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' } },
    },
    verdict: 'fail',
    found: ['fail network.tls no_tls'],
  },
  {
    name: 'a captive portal',
    node: {
      faults: [
        {
          service: 'ecr',
          fault: {
            kind: 'answer',
            status: 200,
            body: '<html>sentinel-page</html>',
            headers: { 'Content-Type': 'text/html' },
          },
        },
      ],
    },
    verdict: 'fail',
    found: ['fail network.connection portal'],
  },
  {
    name: 'a clock that is wrong',
    node: {
      prepare: (world) => {
        world.state.clockSkewSeconds = 900
      },
    },
    verdict: 'ok',
    found: ['warn network.clock clock'],
    says: /15 min behind/,
  },
  {
    name: 'an identity that may not ask ECR',
    node: {
      prepare: (world) => {
        world.state.ecr.denied.add('role/node-role')
      },
    },
    verdict: 'fail',
    found: ['fail token.ecr ecr_denied'],
  },
  {
    name: 'keys that AWS does not know',
    node: { env: { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN', AWS_SECRET_ACCESS_KEY: 'sentinel-secret' } },
    verdict: 'fail',
    found: ['fail token.ecr key_unknown'],
  },
  {
    name: 'a denied identity whose last token is in the cache',
    node: {
      args: ['--mirror=HOST(registry)=us-west-2', '--cache-dir=DIR/cache'],
      later: async (world) => {
        await warm(world)
        world.state.ecr.denied.add('role/node-role')
      },
    },
    verdict: 'ok',
    found: ['warn token.ecr ecr_denied'],
    says: /the cache answers the plugin/,
  },
  {
    name: 'an expired key of the environment',
    node: {
      later: () => undefined,
      prepare: (world) => {
        const { role } = world.state.imds
        if (role !== undefined)
          world.state.imds.role = {
            ...role,
            key: issueKey(world.state, { owner: 'role/node-role', lifetimeSeconds: -60 }),
          }
      },
    },
    verdict: 'fail',
    found: ['warn identity.credentials keys_expired', 'fail token.ecr key_expired'],
  },
]

/** Has the plugin put a token into the node's cache. */
async function warm(world: World): Promise<void> {
  const path = `${world.directory}/bin/ecr-credential-provider`
  const { host } = new URL(world.urls.registry)
  const args = [
    'warm',
    `${host}/x`,
    `--mirror=${host}=us-west-2`,
    `--cache-dir=${world.directory}/cache`,
  ]
  const run = Bun.spawn([path, ...args], { env: world.environment(), cwd: '/' })
  await run.exited
}
