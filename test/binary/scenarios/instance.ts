import { networkInterfaces } from 'node:os'

import type { Fault } from '../../world/faults.ts'
import { issueKey } from '../../world/keys.ts'
import type { World } from '../../world/world.ts'
import type { Scenario } from './scenario.ts'

const IMDS = 'imds-token imds-role imds-credentials'
const NODE = 'role/node-role'
const answer = (status: number, body = ''): Fault => ({ kind: 'answer', status, body })
// Without it the world has no such address, and an empty one would stand for that of the machine.
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1')
/** A proxy that would fail everything that came to it. */
const PROXY = { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }

function setRole(change: { name?: string; code?: string; lifetimeSeconds?: number }) {
  return ({ state }: World) => {
    const { name = 'node-role', code = 'Success', lifetimeSeconds = 3600 } = change
    const key = issueKey(state, { owner: 'role/other', lifetimeSeconds })
    state.imds.role = { name, code, key }
  }
}

/** More on instance metadata. */
export const INSTANCE: readonly Scenario[] = [
  {
    name: 'imds: version 2, and no proxy',
    env: PROXY,
    signer: NODE,
    sent: [
      'PUT /latest/api/token',
      'x-aws-ec2-metadata-token-ttl-seconds: ',
      'GET /latest/meta-data/iam/security-credentials/',
      'x-aws-ec2-metadata-token: sentinel+imds-token',
      'GET /latest/meta-data/iam/security-credentials/node-role',
      'x-aws-ec2-metadata-token: sentinel+imds-token',
    ],
  },
  {
    name: 'imds: a role name of every kind of character, as it stands',
    prepare: setRole({ name: 'r+=,.@-_1' }),
    signer: 'role/other',
    sent: ['GET /latest/meta-data/iam/security-credentials/r+=,.@-_1'],
  },
  ...['URL(imds)/', 'URL(imds)/latest', 'URL(imds)/a/b/'].map((url) => ({
    name: `imds: the path of ${url} is dropped`,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url },
    signer: NODE,
    steps: `${IMDS} ecr`,
  })),
  {
    name: 'imds: an address before the mode',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: ' ipv6 ' },
    signer: NODE,
  },
  ...(hasIpv6
    ? [
        {
          name: 'imds: an address of IP version 6',
          env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL(imdsIpv6)', ...PROXY },
          signer: NODE,
          steps: `${IMDS} ecr`,
        },
      ]
    : []),
  {
    name: 'imds: an address without a scheme',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: '127.0.0.1:1' },
    fails: /AWS_EC2_METADATA_SERVICE_ENDPOINT/,
    steps: '',
  },
  ...['false', 'TRUEE', '0'].map((value) => ({
    name: `imds: AWS_EC2_METADATA_DISABLED=${value}`,
    env: { AWS_EC2_METADATA_DISABLED: value },
    signer: NODE,
  })),
  {
    name: 'imds: disabled under credential_source',
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = Ec2InstanceMetadata',
    fails: /AWS_EC2_METADATA_DISABLED/,
    steps: '',
  },
  ...(
    [
      ['imds-role', 'imds-token imds-role imds-token imds-role imds-credentials ecr'],
      ['imds-credentials', `${IMDS} imds-token imds-credentials ecr`],
    ] as const
  ).map(([step, steps]) => ({
    name: `imds: 401 for ${step} renews the token`,
    faults: [{ step, times: 1, fault: answer(401) }] as const,
    signer: NODE,
    steps,
  })),
  {
    name: 'imds: a token that is never accepted',
    faults: [{ step: 'imds-role', fault: answer(401) }],
    fails: /401/,
    steps: 'imds-token imds-role imds-token imds-role imds-token imds-role',
  },
  ...[500, 502, 503, 504].flatMap((status) =>
    (['imds-token', 'imds-role', 'imds-credentials'] as const).map((step) => ({
      name: `imds: ${status} for ${step} is tried again`,
      faults: [{ step, times: 1, fault: answer(status) }] as const,
      signer: NODE,
      steps: `${IMDS.replace(step, `${step} ${step}`)} ecr`,
    })),
  ),
  ...[400, 403, 404].flatMap((status) =>
    (['imds-role', 'imds-credentials'] as const).map((step) => ({
      name: `imds: ${status} for ${step} is final`,
      faults: [{ step, fault: answer(status) }] as const,
      fails: /IMDS|instance/,
      steps: step === 'imds-role' ? 'imds-token imds-role' : IMDS,
    })),
  ),
  {
    name: 'imds: 401 for the token is final, without version 1',
    faults: [{ step: 'imds-token', fault: answer(401) }],
    fails: /401/,
    steps: 'imds-token',
  },
  {
    name: 'imds: AWS_EC2_METADATA_V1_DISABLED=false brings no version 1',
    env: { AWS_EC2_METADATA_V1_DISABLED: 'false' },
    faults: [{ step: 'imds-token', fault: answer(403) }],
    fails: /403/,
    steps: 'imds-token',
  },
  {
    name: 'imds: a role name of every kind of character',
    prepare: setRole({ name: 'a+b=c,d.e@f-g_h' }),
    signer: 'role/other',
    steps: `${IMDS} ecr`,
  },
  {
    name: 'imds: the first of two roles',
    faults: [{ step: 'imds-role', fault: answer(200, 'node-role\r\nother') }],
    signer: NODE,
  },
  {
    name: 'imds: an empty list of roles',
    faults: [{ step: 'imds-role', fault: answer(200) }],
    fails: /role/,
    steps: 'imds-token imds-role',
  },
  {
    name: 'imds: credentials that have expired are used, and ECR says so',
    prepare: setRole({ lifetimeSeconds: -60 }),
    fails: /ExpiredTokenException/,
    steps: `${IMDS} ecr`,
  },
  ...['success', 'SUCCESS'].map((Code) => ({
    name: `imds: ${Code} is success`,
    prepare: (world: World) => {
      const { accessKeyId, secretAccessKey, sessionToken } = issueKey(world.state, { owner: 'x' })
      const fault = answer(
        200,
        JSON.stringify({
          Code,
          AccessKeyId: accessKeyId,
          SecretAccessKey: secretAccessKey,
          Token: sessionToken,
          Expiration: '2099-01-01T00:00:00Z',
        }),
      )
      world.faults.push({ step: 'imds-credentials', fault })
    },
    signer: 'x',
  })),
  ...['Failed', 'InstanceProfileNotFound'].map((code) => ({
    name: `imds: ${code} is final`,
    prepare: setRole({ code }),
    fails: new RegExp(code),
    steps: IMDS,
  })),
]
