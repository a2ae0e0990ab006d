import { expect } from 'bun:test'

import type { Scenario } from './scenario.ts'

const TOKEN = { serviceAccountToken: 'sentinel-sa' }
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const annotated = (annotations: Readonly<Record<string, string>>) => ({
  ...TOKEN,
  serviceAccountAnnotations: annotations,
})
const ECR = { 'eks.amazonaws.com/ecr-role-arn': role('sa') }
const IRSA = { 'eks.amazonaws.com/role-arn': role('irsa') }
const signerOf = (name: string) => `assumed-role/${name}/ecr-credential-provider`
const MIRROR = 'docker.io/library/nginx'
const NODE = 'imds-token imds-role imds-credentials'

/** More on service accounts and mirrors. */
export const ACCOUNTS: readonly Scenario[] = [
  {
    name: 'service account: the token as it stands, unsigned, without a duration',
    request: annotated(ECR),
    sent: [
      'RoleArn=ROLE(sa)',
      'RoleSessionName=ecr-credential-provider',
      'WebIdentityToken=sentinel-sa',
    ],
    unsent: ['DurationSeconds'],
    check: ({ requests }) => expect(requests[0]?.headers.has('authorization')).toBe(false),
  },
  {
    name: 'service account: AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME are not for it',
    request: annotated(ECR),
    env: { AWS_ROLE_ARN: role('other'), AWS_ROLE_SESSION_NAME: 'other' },
    signer: signerOf('sa'),
  },
  {
    name: 'service account: AWS_ROLE_ARN is no role for it',
    request: TOKEN,
    env: { AWS_ROLE_ARN: role('other') },
    signer: 'role/node-role',
    steps: `${NODE} ecr`,
  },
  {
    name: 'service account: no role, and the node has keys',
    request: TOKEN,
    env: { KEYS: 'env' },
    signer: 'env',
    unsent: ['sentinel-sa'],
  },
  {
    name: 'service account: without a role its token goes nowhere',
    request: annotated({ other: 'x' }),
    signer: 'role/node-role',
    unsent: ['sentinel-sa'],
  },
  {
    name: 'service account: AWS_ECR_ROLE_ARN without a token',
    env: { AWS_ECR_ROLE_ARN: role('env') },
    signer: 'role/node-role',
  },
  {
    name: 'service account: --irsa-role, and no annotation',
    request: TOKEN,
    args: ['--irsa-role'],
    env: { AWS_ECR_ROLE_ARN: role('env') },
    signer: signerOf('env'),
  },
  {
    name: 'service account: --irsa-role before AWS_ECR_ROLE_ARN',
    request: annotated(IRSA),
    args: ['--irsa-role'],
    env: { AWS_ECR_ROLE_ARN: role('env') },
    signer: signerOf('irsa'),
  },
  {
    name: 'service account: AWS_ECR_ROLE_ARN where --irsa-role is not given',
    request: annotated(IRSA),
    env: { AWS_ECR_ROLE_ARN: role('env') },
    signer: signerOf('env'),
  },
  {
    name: 'service account: it does not need what the node has',
    request: annotated(ECR),
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    signer: signerOf('sa'),
    steps: 'sts-web-identity ecr',
  },
  {
    name: "service account: the node's role is not called in after ECR refuses",
    request: annotated(ECR),
    prepare: ({ state }) => state.ecr.denied.add(signerOf('sa')),
    fails: /AccessDeniedException/,
    steps: 'sts-web-identity ecr',
  },
  {
    name: 'service account: a role that is none',
    request: annotated({ 'eks.amazonaws.com/ecr-role-arn': 'nonsense' }),
    fails: /annotation eks.amazonaws.com\/ecr-role-arn .*: it is no role ARN$/,
    steps: '',
  },
  {
    name: 'service account: an expired token',
    request: annotated(ECR),
    faults: [
      {
        step: 'sts-web-identity',
        fault: {
          kind: 'answer',
          status: 400,
          body: '<E><Error><Code>ExpiredTokenException</Code></Error></E>',
        },
      },
    ],
    fails: /role\/sa.*ExpiredTokenException/,
    steps: 'sts-web-identity',
  },
  {
    name: 'service account: STS fails twice',
    request: annotated(ECR),
    faults: [{ step: 'sts-web-identity', times: 2, fault: { kind: 'answer', status: 503 } }],
    signer: signerOf('sa'),
    steps: 'sts-web-identity sts-web-identity sts-web-identity ecr',
  },
  ...(
    [
      ['SessionToken', '\n$&'],
      ['SessionToken', '\r\nX-Other: 1$&'],
      ['SessionToken', ' $&'],
      ['SecretAccessKey', '\x7f$&'],
      ['SecretAccessKey', '\t$&'],
      ['AccessKeyId', '\u00e9$&'],
    ] as const
  ).map(([field, replacement]) => ({
    name: `service account: ${JSON.stringify(replacement)} at the end of ${field}`,
    request: annotated(ECR),
    faults: [
      {
        step: 'sts-web-identity' as const,
        fault: { kind: 'edit' as const, pattern: new RegExp(`</${field}>`, 'g'), replacement },
      },
    ],
    fails:
      /: cannot use the keys of role 'arn:aws:iam::123456789012:role\/sa': they hold a blank, a line break or another character that no key has$/,
    steps: 'sts-web-identity',
  })),
  {
    name: 'service account: a broken setting is told',
    request: annotated(ECR),
    env: { AWS_MAX_ATTEMPTS: 'many' },
    fails: /AWS_MAX_ATTEMPTS/,
    steps: '',
  },
  {
    name: 'service account: a token that is no text',
    request: { serviceAccountToken: 1 },
    fails: /serviceAccountToken/,
    steps: '',
  },
  {
    name: 'service account: for a mirror',
    image: MIRROR,
    args: ['--mirror', 'docker.io=eu-west-1'],
    request: annotated(ECR),
    signer: signerOf('sa'),
    sent: ['/eu-west-1/ecr/aws4_request'],
  },
  {
    name: 'mirror: the second of two',
    image: MIRROR,
    args: ['--mirror', 'quay.io=us-east-1', '--mirror', 'docker.io=eu-west-1'],
    env: { KEYS: 'env' },
    sent: ['/eu-west-1/ecr/aws4_request'],
  },
  ...[
    ['--mirror', '*=us-east-1', '--mirror', 'docker.io=eu-west-1'],
    ['--mirror', 'docker.io=eu-west-1', '--mirror', '*=us-east-1'],
  ].map((args) => ({
    name: `mirror: a name before any host, ${args.join(' ')}`,
    image: MIRROR,
    args,
    env: { KEYS: 'env' },
    sent: ['/eu-west-1/ecr/aws4_request'],
  })),
  {
    name: 'mirror: a host with a port',
    image: 'mirror.example:5000/x',
    args: ['--mirror', 'mirror.example:5000=eu-west-1'],
    env: { KEYS: 'env' },
    signer: 'env',
  },
  {
    name: 'mirror: a host beneath it is another one',
    image: 'a.docker.io/x',
    args: ['--mirror', 'docker.io=eu-west-1'],
    env: { KEYS: 'env' },
    fails: /'a\.docker\.io'.*--mirror/,
    steps: '',
  },
  {
    name: 'mirror: public.ecr.aws stays what it is',
    image: 'public.ecr.aws/x/y',
    args: ['--mirror', '*=eu-west-1'],
    env: { KEYS: 'env' },
    signer: 'env',
    steps: 'ecr-public',
    sent: ['/us-east-1/ecr-public/aws4_request'],
  },
  {
    name: 'mirror: an unknown host is told before any network, with a broken profile or not',
    image: MIRROR,
    env: { AWS_PROFILE: 'missing' },
    fails: /'docker\.io'.*--mirror/,
    steps: '',
  },
  {
    name: 'mirror: an empty AWS_REGION: AWS_DEFAULT_REGION',
    image: MIRROR,
    args: ['--mirror', 'docker.io'],
    env: { KEYS: 'env', AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' },
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the environment before that of the profile',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { AWS_REGION: 'us-east-2' },
    config: '[default]\nregion = ap-south-1\nKEYS(p)',
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the credentials file before that of the config file',
    image: MIRROR,
    args: ['--mirror', '*'],
    config: '[default]\nregion = ap-south-1',
    credentials: '[default]\nregion = us-east-2\nKEYS(p)',
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the profile in use',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { AWS_PROFILE: 'p' },
    config: '[default]\nregion = ap-south-1\n[profile p]\nregion = us-east-2\nKEYS(p)',
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of a source profile does not count',
    image: MIRROR,
    args: ['--mirror', '*'],
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nregion = us-east-2\nKEYS(b)',
    prepare: ({ state }) => {
      state.imds.region = 'eu-west-3'
    },
    sent: ['/eu-west-3/sts/aws4_request', '/eu-west-3/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the instance, and keys of the environment',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { KEYS: 'env' },
    signer: 'env',
    steps: 'imds-token imds-region ecr',
    sent: ['/us-west-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: one IMDS token is enough for region and role',
    image: MIRROR,
    args: ['--mirror', '*'],
    signer: 'role/node-role',
    check: ({ requests }) =>
      expect(requests.filter(({ step }) => step === 'imds-token').length).toBe(1),
  },
  {
    name: 'mirror: the instance does not tell its region',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { KEYS: 'env' },
    faults: [{ step: 'imds-region', fault: { kind: 'answer', status: 404 } }],
    fails: /region/,
    steps: 'imds-token imds-region',
  },
  {
    name: 'mirror: what the instance tells is no region',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { KEYS: 'env' },
    faults: [{ step: 'imds-region', fault: { kind: 'answer', status: 200, body: '<html>' } }],
    fails: /region/,
    steps: 'imds-token imds-region',
  },
  {
    name: 'mirror: the instance tells its region at the second attempt',
    image: MIRROR,
    args: ['--mirror', '*'],
    env: { KEYS: 'env' },
    faults: [{ step: 'imds-region', times: 1, fault: { kind: 'answer', status: 500 } }],
    signer: 'env',
    steps: 'imds-token imds-region imds-region ecr',
  },
  ...[
    '',
    '=eu-west-1',
    'docker.io=',
    'docker.io=eu_west',
    'https://docker.io',
    'docker.io/x',
    '*.io',
  ].map((value) => ({
    name: `mirror: --mirror ${JSON.stringify(value)} is no mirror`,
    image: MIRROR,
    args: ['--mirror', value],
    env: { KEYS: 'env' },
    fails: /--mirror/,
    exitCode: 2 as const,
    steps: '',
  })),
]
