import type { Scenario } from './scenario.ts'

const NODE = 'imds-token imds-role imds-credentials'
const role = (name: string) => `assumed-role/${name}/ecr-credential-provider`
const depth = Array.from(
  { length: 12 },
  (_, index) => `[profile p${index}]\nrole_arn = ROLE(r${index})\nsource_profile = p${index + 1}\n`,
).join('')

/** Profiles that refer to others, and the parameters of the roles they assume. */
export const PROFILES: readonly Scenario[] = [
  {
    name: 'role with source_profile',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nKEYS(b)',
    signer: role('a'),
    steps: 'sts-assume-role ecr',
  },
  {
    name: 'source_profile in the credentials file',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b',
    credentials: '[b]\nKEYS(b)',
    signer: role('a'),
  },
  {
    name: 'a chain of three',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = c\n[profile c]\nKEYS(c)',
    signer: role('a'),
    steps: 'sts-assume-role sts-assume-role ecr',
    sent: ['RoleArn=ROLE(b)', 'RoleArn=ROLE(a)'],
  },
  {
    name: 'a chain of twelve',
    env: { AWS_PROFILE: 'p0' },
    config: `${depth}[profile p12]\nKEYS(end)`,
    signer: role('r0'),
    steps: `${'sts-assume-role '.repeat(12)}ecr`,
    sent: ['RoleArn=ROLE(r11)', 'RoleArn=ROLE(r0)'],
  },
  {
    name: 'role without a source: keys of its own',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(own)',
    signer: role('a'),
    steps: 'sts-assume-role ecr',
  },
  {
    name: 'role without a source: the instance',
    config: '[default]\nrole_arn = ROLE(a)',
    signer: role('a'),
    steps: `${NODE} sts-assume-role ecr`,
  },
  {
    name: 'role without a source: the container',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
    config: '[default]\nrole_arn = ROLE(a)',
    signer: role('a'),
    steps: 'container sts-assume-role ecr',
  },
  {
    name: 'role over credential_process',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_process = PRINT(p)',
    signer: role('a'),
    steps: 'sts-assume-role ecr',
  },
  {
    name: 'credential_source Ec2InstanceMetadata',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = Ec2InstanceMetadata',
    signer: role('a'),
    steps: `${NODE} sts-assume-role ecr`,
  },
  {
    name: 'credential_source Ec2InstanceMetadata before a container',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = Ec2InstanceMetadata',
    signer: role('a'),
    steps: `${NODE} sts-assume-role ecr`,
  },
  {
    name: 'credential_source EcsContainer',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = EcsContainer',
    signer: role('a'),
    steps: 'container sts-assume-role ecr',
  },
  {
    name: 'credential_source EcsContainer outside one',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = EcsContainer',
    fails: /EcsContainer/,
    steps: '',
  },
  {
    name: 'credential_source Environment without keys',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = Environment',
    fails: /Environment/,
    steps: '',
  },
  {
    name: 'credential_source Environment with keys: these win',
    env: { KEYS: 'env' },
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = Environment',
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'credential_source in another case',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_source = ec2instancemetadata',
    fails: /credential_source/,
    steps: '',
  },
  {
    name: 'credential_source of a source profile',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\ncredential_source = Ec2InstanceMetadata',
    signer: role('a'),
    steps: `${NODE} sts-assume-role sts-assume-role ecr`,
  },
  {
    name: 'role in a source profile that has keys',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nKEYS(b)',
    signer: role('a'),
    steps: 'sts-assume-role sts-assume-role ecr',
    sent: ['RoleArn=ROLE(b)', 'RoleArn=ROLE(a)'],
  },
  {
    name: 'a source profile that has keys ends the chain',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = missing\nKEYS(b)',
    signer: role('a'),
    steps: 'sts-assume-role sts-assume-role ecr',
  },
  {
    name: 'a profile that is its own source',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = default\nKEYS(own)',
    signer: role('a'),
    steps: 'sts-assume-role ecr',
  },
  {
    name: 'a profile that is its own source, without keys',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = default',
    fails: /source_profile 'default' names no credentials/,
    steps: '',
  },
  {
    name: 'a loop of two',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = default',
    fails: /names no credentials/,
    steps: '',
  },
  {
    name: 'a loop of two, the first with keys',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\nKEYS(own)\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = default',
    signer: role('a'),
    steps: 'sts-assume-role sts-assume-role ecr',
    sent: ['RoleArn=ROLE(b)', 'RoleArn=ROLE(a)'],
  },
  {
    name: 'a loop of three',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = c\n[profile c]\nrole_arn = ROLE(c)\nsource_profile = b',
    fails: /names no credentials/,
    steps: '',
  },
  {
    name: 'keys beside source_profile are not used',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b\nKEYS(own)\n[profile b]\nKEYS(b)',
    signer: role('a'),
    check: ({ requests }) => {
      if (requests[0]?.signer !== 'b') throw new Error('signed by another key')
    },
  },
  {
    name: 'a source profile that does not exist',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = missing',
    fails: /'default'.*'missing'/,
    steps: '',
  },
  {
    name: 'a source profile that does not exist, with environment keys',
    env: { KEYS: 'env' },
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = missing',
    fails: /'missing'/,
    steps: '',
  },
  {
    name: 'a source profile without credentials',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nregion = x',
    fails: /'b' names no credentials/,
    steps: '',
  },
  {
    name: 'a source profile with login_session only',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nlogin_session = x',
    fails: /'b' names no credentials/,
    steps: '',
  },
  {
    name: 'a source profile with half a key pair',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\naws_access_key_id = x',
    fails: /profile 'b'.*only one of/,
    steps: '',
  },
  {
    name: 'a source profile with credential_process',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\ncredential_process = PRINT(b)',
    signer: role('a'),
  },
  {
    name: 'a source profile with web identity',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nweb_identity_token_file = DIR/token',
    files: { token: 'jwt' },
    signer: role('a'),
    steps: 'sts-web-identity sts-assume-role ecr',
  },
  {
    name: 'source_profile without role_arn',
    config: '[default]\nsource_profile = b\n[profile b]\nKEYS(b)',
    fails: /source_profile requires role_arn/,
    steps: '',
  },
  {
    name: 'credential_source without role_arn',
    config: '[default]\ncredential_source = Ec2InstanceMetadata',
    fails: /credential_source requires role_arn/,
    steps: '',
  },
  {
    name: 'web_identity_token_file without role_arn',
    config: '[default]\nweb_identity_token_file = DIR/token',
    fails: /web_identity_token_file requires role_arn/,
    steps: '',
  },
  {
    name: 'source_profile and credential_source',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\ncredential_source = Ec2InstanceMetadata\n[profile b]\nKEYS(b)',
    fails: /only one of source_profile, credential_source/,
    steps: '',
  },
  {
    name: 'source_profile and credential_process',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\ncredential_process = x\n[profile b]\nKEYS(b)',
    fails: /only one of source_profile, credential_process/,
    steps: '',
  },
  {
    name: 'credential_process and web identity',
    config:
      '[default]\nrole_arn = ROLE(a)\nweb_identity_token_file = DIR/token\ncredential_process = x',
    fails: /only one of credential_process, web_identity_token_file/,
    steps: '',
  },
  {
    name: 'external_id',
    config: '[default]\nrole_arn = ROLE(a)\nexternal_id = secret/42\nKEYS(b)',
    prepare: ({ state }) =>
      state.sts.externalIds.set('arn:aws:iam::123456789012:role/a', 'secret/42'),
    signer: role('a'),
    sent: ['ExternalId=secret/42'],
  },
  {
    name: 'a missing external_id',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    prepare: ({ state }) => state.sts.externalIds.set('arn:aws:iam::123456789012:role/a', 'x'),
    fails: /cannot assume role .*AccessDenied.*profile 'default'/,
    steps: 'sts-assume-role',
  },
  {
    name: 'role_session_name',
    config: '[default]\nrole_arn = ROLE(a)\nrole_session_name = node-7\nKEYS(b)',
    signer: 'assumed-role/a/node-7',
  },
  ...(
    [
      ['', '900'],
      ['900', '900'],
      ['959', '900'],
      ['960', '960'],
      ['43200', '43200'],
      ['0', '900'],
      ['-5', '900'],
      ['abc', '900'],
      ['1e4', '900'],
    ] as const
  ).map(([text, sent]) => ({
    name: `duration_seconds = ${text}`,
    config: `[default]\nrole_arn = ROLE(a)\nKEYS(b)\nduration_seconds = ${text}`,
    sent: [`DurationSeconds=${sent}&`],
  })),
  {
    name: 'mfa_serial is refused',
    config: '[default]\nrole_arn = ROLE(a)\nmfa_serial = arn:x\nKEYS(b)',
    fails: /'default'.*mfa_serial/,
    steps: '',
  },
  {
    name: 'mfa_serial of a source profile is refused',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nmfa_serial = arn:x\nKEYS(b)',
    fails: /'b'.*mfa_serial/,
    steps: '',
  },
  {
    name: 'mfa_serial does not matter with environment keys',
    env: { KEYS: 'env' },
    config: '[default]\nrole_arn = ROLE(a)\nmfa_serial = arn:x\nKEYS(b)',
    signer: 'env',
  },
  {
    name: "STS is asked in the image's region",
    env: { AWS_REGION: 'eu-west-1' },
    config: '[default]\nregion = ap-south-1\nrole_arn = ROLE(a)\nKEYS(b)',
    sent: ['/us-west-2/sts/aws4_request'],
  },
  {
    name: 'STS is asked in us-east-1 for a public image',
    image: 'public.ecr.aws/x/y',
    env: { AWS_REGION: 'eu-west-1' },
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    sent: ['/us-east-1/sts/aws4_request'],
  },
  {
    name: 'a role that may not be assumed',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/a'),
    fails: /role 'arn:aws:iam::123456789012:role\/a': AccessDenied/,
    steps: 'sts-assume-role',
  },
  {
    name: 'a role that is none',
    config: '[default]\nrole_arn = nonsense\nKEYS(b)',
    fails: /role 'nonsense': ValidationError/,
    steps: 'sts-assume-role',
  },
]
