import { issueKey } from '../../world/keys.ts'
import type { Scenario } from './scenario.ts'

const WEB = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(web)' }
const WEB_SIGNER = 'assumed-role/web/ecr-credential-provider'
const TOKEN = { files: { token: 'jwt' } }
const CONTAINER = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' }
const NODE = 'imds-token imds-role imds-credentials ecr'

/** Which source is selected where several are configured. */
export const SELECTION: readonly Scenario[] = [
  { name: 'nothing: the instance', signer: 'role/node-role', steps: NODE },
  { name: 'environment keys', env: { KEYS: 'env' }, signer: 'env', steps: 'ecr' },
  {
    name: 'environment keys before a profile',
    env: { KEYS: 'env' },
    config: '[default]\nKEYS(profile)',
    signer: 'env',
  },
  {
    name: 'environment keys before AWS_PROFILE',
    env: { KEYS: 'env', AWS_PROFILE: 'p' },
    config: '[profile p]\nKEYS(profile)',
    signer: 'env',
  },
  {
    name: 'environment keys before a role',
    env: { KEYS: 'env' },
    config: '[default]\nrole_arn = ROLE(r)',
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'environment keys before web identity',
    env: { KEYS: 'env', ...WEB },
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'environment keys before a container',
    env: { KEYS: 'env', ...CONTAINER },
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'environment keys before IMDS that is disabled',
    env: { KEYS: 'env', AWS_EC2_METADATA_DISABLED: 'true' },
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'only one half of environment keys',
    env: { AWS_ACCESS_KEY_ID: 'AKIA' },
    signer: 'role/node-role',
    steps: NODE,
  },
  {
    name: 'only the other half',
    env: { AWS_SECRET_ACCESS_KEY: 's' },
    signer: 'role/node-role',
    steps: NODE,
  },
  {
    name: 'environment keys of white space',
    env: { AWS_ACCESS_KEY_ID: ' ', AWS_SECRET_ACCESS_KEY: '\t' },
    signer: 'role/node-role',
    steps: NODE,
  },
  {
    name: 'empty environment keys',
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    config: '[default]\nKEYS(profile)',
    signer: 'profile',
  },
  {
    name: 'environment web identity',
    env: WEB,
    ...TOKEN,
    signer: WEB_SIGNER,
    steps: 'sts-web-identity ecr',
  },
  {
    name: 'environment web identity before a profile',
    env: WEB,
    ...TOKEN,
    config: '[default]\nKEYS(profile)',
    signer: WEB_SIGNER,
  },
  {
    name: 'environment web identity before AWS_PROFILE',
    env: { ...WEB, AWS_PROFILE: 'p' },
    ...TOKEN,
    config: '[profile p]\nKEYS(profile)',
    signer: WEB_SIGNER,
  },
  {
    name: 'environment web identity before a container',
    env: { ...WEB, ...CONTAINER },
    ...TOKEN,
    signer: WEB_SIGNER,
  },
  {
    name: 'an empty token file variable',
    env: { ...WEB, AWS_WEB_IDENTITY_TOKEN_FILE: '' },
    signer: 'role/node-role',
  },
  { name: 'profile keys', config: '[default]\nKEYS(profile)', signer: 'profile', steps: 'ecr' },
  {
    name: 'profile keys of the credentials file',
    credentials: '[default]\nKEYS(profile)',
    signer: 'profile',
    steps: 'ecr',
  },
  {
    name: 'the credentials file before the config file',
    config: '[default]\nKEYS(config)',
    credentials: '[default]\nKEYS(credentials)',
    signer: 'credentials',
  },
  {
    name: 'profile keys before a container',
    env: CONTAINER,
    config: '[default]\nKEYS(profile)',
    signer: 'profile',
  },
  {
    name: 'AWS_PROFILE',
    env: { AWS_PROFILE: 'p' },
    config: '[default]\nKEYS(default)\n[profile p]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: 'AWS_DEFAULT_PROFILE',
    env: { AWS_DEFAULT_PROFILE: 'p' },
    config: '[default]\nKEYS(default)\n[profile p]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: 'AWS_PROFILE before AWS_DEFAULT_PROFILE',
    env: { AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q' },
    config: '[profile q]\nKEYS(q)\n[profile p]\nKEYS(p)',
    signer: 'p',
  },
  {
    name: '[profile default] beats [default]',
    config: '[default]\nKEYS(plain)\n[profile default]\nKEYS(prefixed)',
    signer: 'prefixed',
  },
  {
    name: 'AWS_PROFILE that does not exist',
    env: { AWS_PROFILE: 'missing' },
    fails: /'missing'/,
    steps: '',
  },
  {
    name: 'AWS_PROFILE that does not exist, with environment keys',
    env: { KEYS: 'env', AWS_PROFILE: 'missing' },
    fails: /'missing'/,
    steps: '',
  },
  {
    name: 'AWS_DEFAULT_PROFILE that does not exist',
    env: { AWS_DEFAULT_PROFILE: 'missing' },
    signer: 'role/node-role',
  },
  {
    name: 'a plain section of the config file is no profile',
    env: { AWS_PROFILE: 'p' },
    config: '[p]\nKEYS(p)',
    fails: /'p'/,
    steps: '',
  },
  {
    name: 'a profile without credentials: the container',
    env: CONTAINER,
    config: '[default]\nregion = eu-west-1',
    signer: 'role/container-role',
    steps: 'container ecr',
  },
  {
    name: 'a profile without credentials: the instance',
    env: { AWS_PROFILE: 'p' },
    config: '[profile p]\nregion = eu-west-1',
    signer: 'role/node-role',
  },
  {
    name: 'a container before the instance',
    env: CONTAINER,
    signer: 'role/container-role',
    steps: 'container ecr',
  },
  {
    name: 'half a key pair in the profile',
    config: '[default]\naws_access_key_id = AKIA',
    fails: /profile 'default'.*only one of/,
    steps: '',
  },
  {
    name: 'half a key pair, with environment keys',
    env: { KEYS: 'env' },
    config: '[default]\naws_access_key_id = AKIA',
    fails: /only one of/,
    steps: '',
  },
  {
    name: 'half a key pair in another profile',
    config: '[profile other]\naws_access_key_id = AKIA',
    signer: 'role/node-role',
  },
  {
    name: 'empty keys in the profile',
    config: '[default]\naws_access_key_id =\naws_secret_access_key =',
    signer: 'role/node-role',
  },
  {
    name: 'profile keys before SSO keys',
    config:
      '[default]\nKEYS(profile)\nsso_region = us-east-1\nsso_start_url = u\nsso_account_id = 1\nsso_role_name = r',
    signer: 'profile',
  },
  {
    name: 'profile keys before credential_process',
    config: '[default]\nKEYS(profile)\ncredential_process = PRINT(process)',
    signer: 'profile',
  },
  {
    name: 'login_session is refused',
    config: '[default]\nlogin_session = arn:x',
    fails: /profile 'default'.*login_session/,
    steps: '',
  },
  {
    name: 'credential_process before login_session is not reached',
    config: '[default]\nlogin_session = arn:x\ncredential_process = PRINT(process)',
    fails: /login_session/,
    steps: '',
  },
  {
    name: 'half a key pair in each file, or one half left by the merge',
    config: '[default]\naws_access_key_id = AKIA',
    credentials: '[default]\nregion = eu-west-1',
    fails: /only one of/,
    steps: '',
  },
  {
    name: 'environment keys with a line break',
    env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'SECRET\n' },
    fails: /cannot use the keys of environment: they hold a blank, a line break/,
    steps: '',
  },
  {
    name: 'a session token with a line break',
    env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 'T\r\nX: y' },
    fails: /cannot use the keys of environment/,
    steps: '',
  },
  {
    name: 'profile keys with a continuation line',
    config: '[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n  more',
    fails: /cannot use the keys of profile 'default'/,
    steps: '',
  },
  {
    name: 'IMDS disabled',
    env: { AWS_EC2_METADATA_DISABLED: 'TRUE' },
    fails: /AWS_EC2_METADATA_DISABLED/,
    steps: '',
  },
  {
    name: 'IMDS disabled by another word is not disabled',
    env: { AWS_EC2_METADATA_DISABLED: '1' },
    signer: 'role/node-role',
  },
  {
    name: 'IMDS endpoint of the profile',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: '' },
    config: '[default]\nec2_metadata_service_endpoint = URL(imds)',
    signer: 'role/node-role',
    steps: NODE,
  },
  {
    name: 'IMDS endpoint of the environment before that of the profile',
    config: '[default]\nec2_metadata_service_endpoint = http://127.0.0.1:1',
    signer: 'role/node-role',
  },
  {
    name: 'IMDS without a role',
    prepare: (world) => {
      world.state.imds.role = undefined
    },
    fails: /no role/,
    steps: 'imds-token imds-role',
  },
  {
    name: 'IMDS with another code',
    prepare: ({ state }) => {
      state.imds.role = {
        name: 'r',
        code: 'AssumeRoleUnauthorizedAccess',
        key: issueKey(state, { owner: 'x' }),
      }
    },
    fails: /AssumeRoleUnauthorizedAccess/,
    steps: 'imds-token imds-role imds-credentials',
  },
]
