import type { World } from '../../world/world.ts'
import type { Scenario } from './scenario.ts'
import { LATER, LEGACY, logIn } from './sources.ts'

const NODE = 'imds-token imds-role imds-credentials'
const role = (name: string) => `assumed-role/${name}/ecr-credential-provider`
const WEB = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(web)' }
const FULL = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' }
const RELATIVE = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x' }
const OFF = { AWS_EC2_METADATA_DISABLED: 'true' }
const files = { token: 'sentinel-jwt' }
const SSO_LINES = LEGACY.replace('[default]\n', '')
const SSO_SIGNER = 'assumed-role/Puller/sso'
const prepare = (world: World) => logIn('https://corp.example/start', LATER)(world)

interface Source {
  readonly env?: Readonly<Record<string, string>>
  /** Lines of the profile. */
  readonly lines?: string
  readonly signer: string
  readonly steps: string
}

const KEYS = { env: { KEYS: 'env' }, signer: 'env', steps: 'ecr' } as const
const WEB_ENV = { env: WEB, signer: role('web'), steps: 'sts-web-identity ecr' } as const
const STATIC = { lines: 'KEYS(own)', signer: 'own', steps: 'ecr' } as const
const OWN_ROLE = {
  lines: 'role_arn = ROLE(a)\nKEYS(own)',
  signer: role('a'),
  steps: 'sts-assume-role ecr',
} as const
const SOURCE_KEYS = {
  lines: 'role_arn = ROLE(a)\nsource_profile = b',
  signer: role('a'),
  steps: 'sts-assume-role ecr',
} as const
const NODE_ROLE = {
  lines: 'role_arn = ROLE(a)\ncredential_source = Ec2InstanceMetadata',
  signer: role('a'),
  steps: `${NODE} sts-assume-role ecr`,
} as const
const BOX_ROLE = {
  lines: 'role_arn = ROLE(a)\ncredential_source = EcsContainer',
  env: FULL,
  signer: role('a'),
  steps: 'container sts-assume-role ecr',
} as const
const WEB_PROFILE = {
  lines: 'role_arn = ROLE(web)\nweb_identity_token_file = DIR/token',
  signer: role('web'),
  steps: 'sts-web-identity ecr',
} as const
const SSO = { lines: SSO_LINES, signer: SSO_SIGNER, steps: 'sso-credentials ecr' } as const
const PROCESS = { lines: 'credential_process = PRINT(p)', signer: 'p', steps: 'ecr' } as const
const BOX = { env: FULL, signer: 'role/container-role', steps: 'container ecr' } as const
const INSTANCE = { signer: 'role/node-role', steps: `${NODE} ecr` } as const
const LOGIN = { lines: 'login_session = arn:x', signer: '', steps: '' } as const

/** The first source is taken though the second one is configured too. */
const PAIRS: readonly (readonly [name: string, taken: Source, other: Partial<Source>])[] = [
  ['environment keys before SSO', KEYS, SSO],
  ['environment keys before credential_process', KEYS, PROCESS],
  ['environment keys before web identity of a profile', KEYS, WEB_PROFILE],
  ['environment keys before a source profile', KEYS, SOURCE_KEYS],
  ['environment keys before login_session', KEYS, LOGIN],
  ['environment keys before a relative container address', KEYS, { env: RELATIVE }],
  ['environment web identity before a role of a profile', WEB_ENV, SOURCE_KEYS],
  ['environment web identity before credential_source', WEB_ENV, NODE_ROLE],
  ['environment web identity before another of a profile', WEB_ENV, WEB_PROFILE],
  ['environment web identity before SSO', WEB_ENV, SSO],
  ['environment web identity before credential_process', WEB_ENV, PROCESS],
  ['environment web identity before login_session', WEB_ENV, LOGIN],
  ['environment web identity before a relative container address', WEB_ENV, { env: RELATIVE }],
  ['environment web identity before IMDS that is disabled', WEB_ENV, { env: OFF }],
  ['a source profile before SSO', SOURCE_KEYS, SSO],
  ['a source profile before login_session', SOURCE_KEYS, LOGIN],
  ['a source profile before a container', SOURCE_KEYS, BOX],
  ['a source profile before IMDS that is disabled', SOURCE_KEYS, { env: OFF }],
  [
    'profile keys before credential_source',
    OWN_ROLE,
    { lines: 'credential_source = Ec2InstanceMetadata' },
  ],
  ['profile keys before web identity', OWN_ROLE, { lines: 'web_identity_token_file = DIR/token' }],
  ['profile keys before login_session', STATIC, LOGIN],
  ['profile keys before a relative container address', STATIC, { env: RELATIVE }],
  ['profile keys before IMDS that is disabled', STATIC, { env: OFF }],
  ['credential_source Ec2InstanceMetadata before SSO', NODE_ROLE, SSO],
  ['credential_source Ec2InstanceMetadata before login_session', NODE_ROLE, LOGIN],
  ['credential_source EcsContainer before SSO', BOX_ROLE, SSO],
  ['credential_source EcsContainer before IMDS that is disabled', BOX_ROLE, { env: OFF }],
  ['web identity of a profile before login_session', WEB_PROFILE, LOGIN],
  ['web identity of a profile before a container', WEB_PROFILE, BOX],
  ['web identity of a profile before IMDS that is disabled', WEB_PROFILE, { env: OFF }],
  ['SSO before login_session', SSO, LOGIN],
  ['SSO before a container', SSO, BOX],
  ['SSO before IMDS that is disabled', SSO, { env: OFF }],
  ['credential_process before a container', PROCESS, BOX],
  ['credential_process before a relative container address', PROCESS, { env: RELATIVE }],
  ['credential_process before IMDS that is disabled', PROCESS, { env: OFF }],
  ['a container before IMDS that is disabled', BOX, { env: OFF }],
  [
    'the instance, with a role of web identity but no token',
    INSTANCE,
    { env: { AWS_ROLE_ARN: 'x' } },
  ],
]

const SA = {
  serviceAccountToken: 'sentinel-sa',
  serviceAccountAnnotations: {
    'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/sa',
  },
}

/** Every pair of sources that can be configured together, and what becomes of a source that fails. */
export const ORDER: readonly Scenario[] = [
  ...PAIRS.map(([name, taken, other]) => ({
    name,
    env: { ...other.env, ...taken.env },
    config: `[default]\n${taken.lines ?? ''}\n${other.lines ?? ''}\n[profile b]\nKEYS(b)`,
    files,
    prepare,
    signer: taken.signer,
    steps: taken.steps,
  })),
  ...[WEB_ENV, OWN_ROLE, SSO, PROCESS, BOX].map((source: Source) => ({
    name: `a service account before ${JSON.stringify(source.env ?? source.lines)}`,
    request: SA,
    ...(source.env === undefined ? {} : { env: source.env }),
    config: `[default]\n${source.lines ?? ''}`,
    files,
    prepare,
    signer: role('sa'),
    steps: 'sts-web-identity ecr',
  })),
  {
    name: 'login_session before a container',
    env: FULL,
    config: '[default]\nlogin_session = arn:x',
    fails: /login_session/,
    steps: '',
  },
  {
    name: 'login_session of another profile',
    config: '[profile other]\nlogin_session = arn:x',
    signer: 'role/node-role',
  },
  {
    // The token is what fails, so the full address, which is not allowed, has not been looked at.
    name: 'a relative container address before a full one',
    env: {
      ...RELATIVE,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/x',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel\n',
    },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN/,
    steps: '',
  },
  {
    name: 'a container that refuses is not followed by the instance',
    env: FULL,
    faults: [{ step: 'container', fault: { kind: 'answer', status: 404 } }],
    fails: /container endpoint.*404/,
    steps: 'container',
  },
  {
    name: 'a failed process is not followed by the container',
    env: FULL,
    config: '[default]\ncredential_process = false',
    fails: /credential_process/,
    steps: '',
  },
  {
    name: 'SSO that fails is not followed by credential_process',
    config: `${LEGACY}credential_process = PRINT(p)`,
    fails: /SSO|sso/,
    steps: '',
  },
  {
    name: 'environment web identity that fails is not followed by profile keys',
    env: WEB,
    config: '[default]\nKEYS(own)',
    fails: /token/,
    steps: '',
  },
  {
    name: 'a role that is denied is not followed by the keys that asked for it',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(own)',
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/a'),
    fails: /role\/a.*AccessDenied/,
    steps: 'sts-assume-role',
  },
  {
    name: 'keys that ECR refuses are not followed by others',
    env: { KEYS: 'env', ...FULL },
    config: '[default]\nKEYS(own)',
    prepare: ({ state }) => state.ecr.denied.add('env'),
    fails: /AccessDeniedException/,
    steps: 'ecr',
  },
]
