import type { Scenario } from './scenario.ts'
import { LATER, LEGACY, logIn } from './sources.ts'

const role = (name: string) => `assumed-role/${name}/ecr-credential-provider`
const A = '[default]\nrole_arn = ROLE(a)\nsource_profile = b\n'
const SSO_LINES = LEGACY.replace('[default]\n', '')

/** More on how profiles refer to others: what is checked where, and in which order. */
export const LINKING: readonly Scenario[] = [
  ...(
    [
      ['source_profile = c', 'source_profile'],
      ['credential_source = Ec2InstanceMetadata', 'credential_source'],
      ['web_identity_token_file = DIR/token', 'web_identity_token_file'],
    ] as const
  ).map(([line, key]) => ({
    name: `a source profile with ${key} but no role`,
    config: `${A}[profile b]\n${line}\n[profile c]\nKEYS(c)`,
    fails: new RegExp(`'b'.*${key} requires role_arn`),
    steps: '',
  })),
  {
    name: 'source_profile with an empty role_arn',
    config: '[default]\nrole_arn =\nsource_profile = b\n[profile b]\nKEYS(b)',
    fails: /source_profile requires role_arn/,
    steps: '',
  },
  {
    name: 'an empty role_arn alone is none',
    config: '[default]\nrole_arn =',
    signer: 'role/node-role',
  },
  ...(
    [
      ['source_profile = b', 'web_identity_token_file = x'],
      ['credential_source = Environment', 'credential_process = x'],
      ['credential_source = Environment', 'web_identity_token_file = x'],
    ] as const
  ).map((lines) => ({
    name: `only one of: ${lines.join(', ')}`,
    config: `[default]\nrole_arn = ROLE(a)\n${lines.join('\n')}\n[profile b]\nKEYS(b)`,
    fails: new RegExp(lines.map((line) => line.split(' ')[0] ?? '').join('.*')),
    steps: '',
  })),
  {
    name: 'only one source, even with environment keys',
    env: { KEYS: 'env' },
    config:
      '[default]\nrole_arn = ROLE(a)\ncredential_source = Environment\ncredential_process = x',
    fails: /only one of/,
    steps: '',
  },
  {
    name: 'only one source in a source profile too',
    config: `${A}[profile b]\nrole_arn = ROLE(b)\ncredential_source = Environment\ncredential_process = x`,
    fails: /'b'.*only one of/,
    steps: '',
  },
  {
    name: 'several sources in a source profile with keys do not matter',
    config: `${A}[profile b]\nKEYS(b)\nrole_arn = ROLE(b)\nsource_profile = missing\ncredential_process = x`,
    signer: role('a'),
    signers: `b ${role('b')} ${role('a')}`,
  },
  {
    name: 'a source profile with nothing but a role',
    config: `${A}[profile b]\nrole_arn = ROLE(b)`,
    fails: /'b' names no credentials/,
    steps: '',
  },
  {
    name: 'a source profile with nothing but a role, in a container',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
    config: `${A}[profile b]\nrole_arn = ROLE(b)`,
    fails: /'b' names no credentials/,
    steps: '',
  },
  {
    name: 'a source profile with empty keys',
    config: `${A}[profile b]\naws_access_key_id =\naws_secret_access_key =`,
    fails: /'b' names no credentials/,
    steps: '',
  },
  {
    name: 'a source profile with SSO',
    config: `${A}[profile b]\n${SSO_LINES}`,
    prepare: logIn('https://corp.example/start', LATER),
    signers: `assumed-role/Puller/sso ${role('a')}`,
    steps: 'sso-credentials sts-assume-role ecr',
  },
  {
    name: 'a source profile with a part of SSO',
    config: `${A}[profile b]\nsso_region = us-east-1`,
    fails: /'b'.*sso_start_url/,
    steps: '',
  },
  {
    name: 'a source profile with credential_source EcsContainer',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
    config: `${A}[profile b]\nrole_arn = ROLE(b)\ncredential_source = EcsContainer`,
    signers: `role/container-role ${role('b')} ${role('a')}`,
    steps: 'container sts-assume-role sts-assume-role ecr',
  },
  {
    name: 'a source profile with a role over credential_process',
    config: `${A}[profile b]\nrole_arn = ROLE(b)\ncredential_process = PRINT(p)`,
    signers: `p ${role('b')} ${role('a')}`,
  },
  {
    name: 'a source profile in both files',
    config: `${A}[profile b]\nrole_arn = ROLE(b)`,
    credentials: '[b]\nKEYS(b)',
    signers: `b ${role('b')} ${role('a')}`,
  },
  {
    name: 'a missing sso-session of a source profile',
    config: `${A}[profile b]\nsso_session = none\nsso_account_id = 123456789012\nsso_role_name = r`,
    fails: /'none'/,
    steps: '',
  },
  {
    name: 'a source profile is found by its whole name only',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile = profile b\n[profile b]\nKEYS(b)',
    fails: /'profile b'/,
    steps: '',
  },
  {
    name: 'an empty source_profile is none',
    config: '[default]\nrole_arn = ROLE(a)\nsource_profile =\nKEYS(own)',
    signers: `own ${role('a')}`,
  },
  {
    name: 'its own source, with SSO',
    config: `[default]\nrole_arn = ROLE(a)\nsource_profile = default\nexternal_id = x\n${SSO_LINES}`,
    prepare: logIn('https://corp.example/start', LATER),
    signers: `assumed-role/Puller/sso ${role('a')}`,
    sent: ['ExternalId=x'],
  },
  {
    name: 'its own source by credential_process is two sources',
    config:
      '[default]\nrole_arn = ROLE(a)\nsource_profile = default\ncredential_process = PRINT(p)',
    fails: /only one of source_profile, credential_process/,
    steps: '',
  },
  {
    name: 'a loop of two, even with environment keys',
    env: { KEYS: 'env' },
    config: `${A}[profile b]\nrole_arn = ROLE(b)\nsource_profile = default`,
    fails: /names no credentials/,
    steps: '',
  },
  {
    name: 'a loop of three, the first with keys',
    config: `${A}KEYS(own)\n[profile b]\nrole_arn = ROLE(b)\nsource_profile = c\n[profile c]\nrole_arn = ROLE(c)\nsource_profile = default`,
    signers: `own ${role('c')} ${role('b')} ${role('a')}`,
  },
  {
    name: 'a loop behind the first, which ends in keys',
    config: `${A}[profile b]\nrole_arn = ROLE(b)\nsource_profile = c\n[profile c]\nrole_arn = ROLE(c)\nsource_profile = b\nKEYS(c)`,
    signers: `c ${role('c')} ${role('b')} ${role('a')}`,
  },
  {
    name: 'a broken profile that nobody refers to',
    config: `${A}[profile b]\nKEYS(b)\n[profile c]\nsource_profile = d\naws_access_key_id = x`,
    signer: role('a'),
  },
  {
    name: 'each role has its own parameters',
    config: `${A}external_id = x-a\nrole_session_name = s-a\nduration_seconds = 1800\n[profile b]\nrole_arn = ROLE(b)\nexternal_id = x-b\nrole_session_name = s-b\nKEYS(b)`,
    signers: 'b assumed-role/b/s-b assumed-role/a/s-a',
    sent: [
      'DurationSeconds=900&',
      'ExternalId=x-b',
      'RoleArn=ROLE(b)',
      'DurationSeconds=1800&',
      'ExternalId=x-a',
      'RoleArn=ROLE(a)',
    ],
  },
  {
    name: 'no external_id is sent where none is set',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    sent: ['DurationSeconds=900&', 'RoleArn=ROLE(a)', 'Version=2011-06-15'],
    unsent: ['ExternalId'],
  },
  {
    name: 'AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME are not for profiles',
    env: { AWS_ROLE_ARN: 'ROLE(other)', AWS_ROLE_SESSION_NAME: 'other' },
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    signers: `b ${role('a')}`,
    unsent: ['other'],
  },
  {
    name: 'duration_seconds = 3601 is sent exactly',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)\nduration_seconds = 3601',
    sent: ['DurationSeconds=3601&'],
  },
  {
    name: 'duration_seconds = 43201 is for STS to judge',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)\nduration_seconds = 43201',
    sent: ['DurationSeconds=43201&'],
    fails: /role\/a.*ValidationError/,
    steps: 'sts-assume-role',
  },
  {
    name: 'a session name that STS refuses',
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)\nrole_session_name = a b',
    fails: /role\/a.*ValidationError/,
    steps: 'sts-assume-role',
  },
  {
    name: 'AWS_STS_REGIONAL_ENDPOINTS=legacy has no effect',
    env: { AWS_STS_REGIONAL_ENDPOINTS: 'legacy' },
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)\nsts_regional_endpoints = legacy',
    sent: ['/us-west-2/sts/aws4_request'],
  },
  {
    name: "the source profile's region is not STS's",
    config: `${A}[profile b]\nregion = ap-south-1\nKEYS(b)`,
    sent: ['/us-west-2/sts/aws4_request', '/us-west-2/ecr/aws4_request'],
  },
]
