import type { Scenario } from './scenario.ts'

const NODE = 'imds-token imds-role imds-credentials ecr'
const USER = 'aws_access_key_id = ID(user/u)\naws_secret_access_key = SECRET(user/u)\n'

const unpaired = (env: Record<string, string>, name: string, partner: string): Scenario => ({
  name: `${JSON.stringify(env)} counts as unset, and --verbose says so`,
  env,
  args: ['--verbose'],
  signer: 'role/node-role',
  says: [`passing over ${name}: it means nothing without ${partner}\n`],
})

const KEY = 'AWS_ACCESS_KEY_ID or AWS_ACCESS_KEY'
const SECRET = 'AWS_SECRET_ACCESS_KEY or AWS_SECRET_KEY'

const UNPAIRED = [
  unpaired({ AWS_ACCESS_KEY_ID: 'AKIA' }, 'AWS_ACCESS_KEY_ID', SECRET),
  unpaired({ AWS_ACCESS_KEY: 'AKIA' }, 'AWS_ACCESS_KEY', SECRET),
  unpaired({ AWS_SECRET_KEY: 'sentinel' }, 'AWS_SECRET_KEY', KEY),
  unpaired({ AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: ' ' }, 'AWS_ACCESS_KEY_ID', SECRET),
  unpaired({ AWS_SESSION_TOKEN: 'sentinel' }, 'AWS_SESSION_TOKEN', KEY),
  unpaired({ AWS_ROLE_ARN: 'ROLE(w)' }, 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'),
]

/** Keys of the environment, and the files and profiles that it names. */
export const ENVIRONMENT: readonly Scenario[] = [
  {
    name: 'keys by their older names',
    env: { AWS_ACCESS_KEY: 'ID(user/u)', AWS_SECRET_KEY: 'SECRET(user/u)' },
    signer: 'user/u',
    steps: 'ecr',
  },
  {
    name: 'the older name of the secret beside the newer one of the id',
    env: { AWS_ACCESS_KEY_ID: 'ID(user/u)', AWS_SECRET_KEY: 'SECRET(user/u)' },
    signer: 'user/u',
  },
  {
    name: 'the older name of the id beside the newer one of the secret',
    env: { AWS_ACCESS_KEY: 'ID(user/u)', AWS_SECRET_ACCESS_KEY: 'SECRET(user/u)' },
    signer: 'user/u',
  },
  {
    name: 'the newer names of keys before the older ones',
    env: { KEYS: 'new', AWS_ACCESS_KEY: 'AKIAOLD', AWS_SECRET_KEY: 'sentinel-old' },
    signer: 'new',
  },
  {
    name: 'the older names of keys where the newer ones are empty',
    env: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_ACCESS_KEY: 'ID(user/u)',
      AWS_SECRET_KEY: 'SECRET(user/u)',
    },
    signer: 'user/u',
  },
  {
    name: 'a lasting key has no session token',
    env: {
      AWS_ACCESS_KEY_ID: 'ID(user/u)',
      AWS_SECRET_ACCESS_KEY: 'SECRET(user/u)',
      AWS_SESSION_TOKEN: '',
    },
    signer: 'user/u',
    unsent: ['x-amz-security-token:'],
  },
  {
    name: 'AWS_SECURITY_TOKEN is not read',
    env: {
      AWS_ACCESS_KEY_ID: 'ID(user/u)',
      AWS_SECRET_ACCESS_KEY: 'SECRET(user/u)',
      AWS_SECURITY_TOKEN: 'sentinel-old',
    },
    signer: 'user/u',
    unsent: ['sentinel-old'],
  },
  {
    name: 'AWS_SECURITY_TOKEN does not complete a temporary key',
    env: {
      AWS_ACCESS_KEY_ID: 'ID(t)',
      AWS_SECRET_ACCESS_KEY: 'SECRET(t)',
      AWS_SECURITY_TOKEN: 'TOKEN(t)',
    },
    fails: /UnrecognizedClientException/,
    steps: 'ecr',
  },
  {
    name: 'AWS_SESSION_TOKEN without keys does not reach those of a profile',
    env: { AWS_SESSION_TOKEN: 'sentinel-stray' },
    config: `[default]\n${USER}`,
    signer: 'user/u',
    unsent: ['sentinel-stray'],
  },
  {
    name: 'an id of the environment is not completed by a profile',
    env: { AWS_ACCESS_KEY_ID: 'AKIASTRAY' },
    config: '[default]\nKEYS(profile)',
    signer: 'profile',
    unsent: ['AKIASTRAY'],
  },
  {
    name: 'a secret beside a blank id',
    env: { AWS_ACCESS_KEY_ID: ' ', AWS_SECRET_ACCESS_KEY: 'sentinel-half' },
    signer: 'role/node-role',
    steps: NODE,
  },
  ...UNPAIRED,
  {
    name: 'an empty AWS_PROFILE: AWS_DEFAULT_PROFILE',
    env: { AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'p' },
    config: '[profile p]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: 'an empty AWS_PROFILE, and AWS_DEFAULT_PROFILE does not exist',
    env: { AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'missing' },
    signer: 'role/node-role',
  },
  {
    name: 'AWS_PROFILE=default where there is none',
    env: { AWS_PROFILE: 'default' },
    fails: /'default'/,
    steps: '',
  },
  {
    name: 'profile names have a case',
    env: { AWS_PROFILE: 'P' },
    config: '[profile p]\nKEYS(p)',
    fails: /'P'/,
    steps: '',
  },
  {
    name: 'a profile name with a blank',
    env: { AWS_PROFILE: 'a b' },
    config: '[profile   a b]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: 'quotes belong to a profile name',
    env: { AWS_PROFILE: '"p"' },
    config: '[profile "p"]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: 'a name without the quotes is another profile',
    env: { AWS_PROFILE: 'p' },
    config: '[profile "p"]\nKEYS(p)',
    fails: /'p'/,
    steps: '',
  },
  {
    name: '[DEFAULT] is not the default profile',
    config: '[DEFAULT]\nKEYS(upper)',
    signer: 'role/node-role',
  },
  {
    name: 'AWS_CONFIG_FILE',
    env: { AWS_CONFIG_FILE: 'DIR/other' },
    config: '[default]\nKEYS(usual)',
    files: { other: '[default]\nKEYS(other)' },
    signer: 'other',
  },
  {
    name: 'AWS_SHARED_CREDENTIALS_FILE',
    env: { AWS_SHARED_CREDENTIALS_FILE: 'DIR/other' },
    credentials: '[default]\nKEYS(usual)',
    files: { other: '[default]\nKEYS(other)' },
    signer: 'other',
  },
  {
    name: 'an empty AWS_CONFIG_FILE: the usual file',
    env: { AWS_CONFIG_FILE: '' },
    config: '[default]\nKEYS(usual)',
    signer: 'usual',
  },
  {
    name: 'AWS_CONFIG_FILE that does not exist is an empty file',
    env: { AWS_CONFIG_FILE: 'DIR/none' },
    config: '[default]\nKEYS(usual)',
    signer: 'role/node-role',
    steps: NODE,
  },
  {
    name: 'AWS_CONFIG_FILE is taken literally',
    env: { AWS_CONFIG_FILE: '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE: '$HOME/.aws/config' },
    config: '[default]\nKEYS(usual)',
    signer: 'role/node-role',
  },
  ...['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'].map((variable) => ({
    name: `${variable} that is a directory, even with environment keys`,
    env: { KEYS: 'env', [variable]: 'DIR' },
    fails: /\.aws'.*directory/,
    steps: '',
  })),
  {
    name: '[profile p] of the credentials file is no profile',
    env: { AWS_PROFILE: 'p' },
    credentials: '[profile p]\nKEYS(p)',
    fails: /'p'/,
    steps: '',
  },
  {
    name: "an old token of the config file stays beside the credentials file's keys",
    config:
      '[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = sentinel-a\naws_session_token = sentinel-b',
    credentials: `[default]\n${USER}`,
    sent: ['x-amz-security-token: sentinel-b'],
    fails: /UnrecognizedClientException/,
    steps: 'ecr',
  },
  {
    name: 'half a pair in the credentials file is not completed by the config file',
    config: '[default]\nKEYS(config)',
    credentials: '[default]\naws_access_key_id = AKIAHALF',
    fails: /'default'.*only one of/,
    steps: '',
  },
  {
    name: 'half a pair in the config file does not matter beside a whole one',
    config: '[default]\naws_access_key_id = AKIAHALF',
    credentials: '[default]\nKEYS(credentials)',
    signer: 'credentials',
  },
  ...['aws_access_key_id', 'aws_secret_access_key'].map((empty) => ({
    name: `an empty ${empty} is half a pair`,
    config: `[default]\n${USER.replace(new RegExp(`${empty} = .*`), `${empty} =`)}`,
    fails: /'default'.*only one of/,
    steps: '',
  })),
  {
    name: 'keys in quotes, with comments, in capitals, with colons',
    config:
      ' # first\n[default] ; a section\nAWS_ACCESS_KEY_ID: "ID(user/u)" # the id\naws_secret_access_key = \'SECRET(user/u)\'\t; the secret\n',
    signer: 'user/u',
  },
  {
    name: 'lines that end in CR and LF',
    config:
      '[default]\r\naws_access_key_id = ID(user/u)\r\naws_secret_access_key = SECRET(user/u)\r\n',
    signer: 'user/u',
  },
  {
    name: 'sections of one name are one section, and the last line counts',
    config: `[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = sentinel-old\n[other]\nx = y\n[default]\n${USER}`,
    signer: 'user/u',
  },
]
