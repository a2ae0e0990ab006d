import type { Scenario } from './scenario.ts'
import { LATER, LEGACY, logIn, SESSION } from './sources.ts'

const NODE = 'imds-token imds-role imds-credentials ecr'
const WEB = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' }
const ROLE = '[default]\nrole_arn = ROLE(r)\ncredential_source = Ec2InstanceMetadata'
const KEYS = '[default]\nKEYS(p)'
const PUBLIC = 'public.ecr.aws/x/y'
const MIRROR = { image: 'mirror.example/x', args: ['--mirror', 'mirror.example'] }
const ACCOUNT = {
  request: {
    serviceAccountToken: 'sentinel-jwt',
    serviceAccountAnnotations: {
      'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/sa',
    },
  },
}
const NO_ROLE = { request: { serviceAccountToken: 'sentinel-jwt' } }

type Configured = Omit<Scenario, 'name'>

const text = ({ env, config, credentials }: Configured) =>
  [JSON.stringify(env ?? {}), config ?? '', credentials ?? ''].join(' ').replaceAll('\n', ' ')

/** A bad value that the run has no use for. */
const idle = (why: string, scenario: Configured): Scenario => ({
  name: `no effect (${why}): ${text(scenario)}`,
  ...scenario,
})

/** A bad value that it would use, but only after something else was asked. */
const used = (why: string, fails: RegExp, scenario: Configured): Scenario => ({
  name: `found before anything is asked (${why}): ${text(scenario)}`,
  ...scenario,
  fails,
  steps: '',
})

/** Only what has an effect is fatal, and it is so before anything is asked. */
export const EFFECTS: readonly Scenario[] = [
  idle('no SSO', { env: { AWS_ENDPOINT_URL_SSO: 'nonsense' }, signer: 'role/node-role' }),
  idle('no SSO', { env: { AWS_ENDPOINT_URL_SSO_OIDC: '//h' }, signer: 'role/node-role' }),
  idle('no SSO token can be renewed', {
    env: { AWS_ENDPOINT_URL_SSO_OIDC: '//h' },
    config: LEGACY,
    prepare: logIn('https://corp.example/start', LATER),
    steps: 'sso-credentials ecr',
  }),
  ...[
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'junk' } },
    { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' } },
    { config: '[default]\naws_access_key_id = half' },
    { config: '[default]\nlogin_session = x' },
  ].map((node) =>
    idle("a service account's role, and not the node's source", {
      ...ACCOUNT,
      ...node,
      signer: 'assumed-role/sa/ecr-credential-provider',
    }),
  ),
  idle('no role', { env: { AWS_ENDPOINT_URL_STS: 'h:80' }, steps: NODE }),
  idle('private', { env: { AWS_ENDPOINT_URL_ECR_PUBLIC: 'x' }, steps: NODE }),
  idle('public', { image: PUBLIC, env: { AWS_ENDPOINT_URL_ECR: 'x' }, signer: 'role/node-role' }),
  idle('every service has its own', {
    env: { AWS_ENDPOINT_URL: 'x', AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'x' },
    steps: NODE,
  }),
  idle('keys', { env: { KEYS: 'k', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'x' }, signer: 'k' }),
  idle('keys', {
    env: {
      KEYS: 'k',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: '',
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv5',
    },
    signer: 'k',
  }),
  idle('the image names one', { env: { AWS_REGION: 'us_east_1' }, steps: NODE }),
  idle('the image names one', {
    env: { AWS_DEFAULT_REGION: 'evil.io/x' },
    config: ROLE,
    steps: NODE.replace('ecr', 'sts-assume-role ecr'),
  }),
  idle('the image names one', {
    config: '[default]\nregion = us east 1',
    signer: 'role/node-role',
  }),
  idle('the image names one', {
    ...ACCOUNT,
    env: { AWS_REGION: '-' },
    signer: 'assumed-role/sa/ecr-credential-provider',
  }),
  idle('the node pulls public images', {
    image: PUBLIC,
    env: { AWS_REGION: '-' },
    signer: 'role/node-role',
  }),
  idle('the mirror has one', {
    image: 'mirror.example/x',
    args: ['--mirror', 'mirror.example=eu-west-1'],
    env: { AWS_REGION: '-' },
    signer: 'role/node-role',
  }),
  idle("the account's role is asked for", {
    ...ACCOUNT,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'x' },
    steps: 'sts-web-identity ecr',
  }),
  idle("the account's role is asked for", {
    ...ACCOUNT,
    config: SESSION,
    env: { AWS_ENDPOINT_URL_SSO: 'x' },
    steps: 'sts-web-identity ecr',
  }),
  idle('the account has no role', { ...NO_ROLE, env: { AWS_ENDPOINT_URL_STS: 'x' }, steps: NODE }),
  idle('no such service', {
    config: `${KEYS}services = s\n[services s]\nsts =\n  endpoint_url = x\nsso =\n  endpoint_url = y`,
    signer: 'p',
  }),
  idle('ignored', {
    env: { KEYS: 'k', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL_ECR: 'x' },
    signer: 'k',
    proxied: 'api.ecr.us-west-2.amazonaws.com:443',
  }),
  idle('keys before SSO', {
    env: { KEYS: 'k' },
    config: SESSION.replace('us-east-1', '-'),
    signer: 'k',
  }),
  idle('a cache is kept all the same', {
    args: ['--cache-dir', 'DIR/cache'],
    env: { AWS_REGION: '-', AWS_ENDPOINT_URL_SSO: 'x' },
    steps: NODE,
  }),

  used('IMDS before STS', /AWS_ENDPOINT_URL_STS/, {
    env: { AWS_ENDPOINT_URL_STS: 'x' },
    config: ROLE,
  }),
  used('IMDS before STS', /endpoint_url of sts in '.*config' line/, {
    env: { AWS_ENDPOINT_URL_STS: '' },
    config: `${ROLE}\nservices = s\n[services s]\nsts =\n  endpoint_url = x`,
  }),
  used('IMDS before ECR', /AWS_ENDPOINT_URL_ECR/, { env: { AWS_ENDPOINT_URL_ECR: 'x' } }),
  used('IMDS before ECR', /AWS_ENDPOINT_URL: /, {
    env: { AWS_ENDPOINT_URL_ECR: '', AWS_ENDPOINT_URL: 'x' },
  }),
  used('IMDS before ECR', /AWS_USE_FIPS_ENDPOINT/, { env: { AWS_USE_FIPS_ENDPOINT: 'yes' } }),
  used('IMDS before ECR', /AWS_MAX_ATTEMPTS/, { env: { AWS_MAX_ATTEMPTS: 'x' } }),
  used('IMDS before ECR', /AWS_DISABLE_CLOCK_SKEW_CORRECTION/, {
    env: { AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'x' },
  }),
  used('STS before ECR', /AWS_ENDPOINT_URL_ECR/, {
    env: { ...WEB, AWS_ENDPOINT_URL_ECR: 'x' },
    files: { token: 'jwt' },
  }),
  used('STS before ECR Public', /AWS_ENDPOINT_URL_ECR_PUBLIC/, {
    ...ACCOUNT,
    image: PUBLIC,
    env: { AWS_ENDPOINT_URL_ECR_PUBLIC: 'x' },
  }),
  used('the region of STS', /AWS_REGION/, { ...ACCOUNT, image: PUBLIC, env: { AWS_REGION: '-' } }),
  used('the region of a mirror', /AWS_REGION: it must be a region/, {
    ...MIRROR,
    env: { AWS_REGION: '-' },
  }),
  used('the region of a mirror', /region in '.*config' line 2: it must be a region/, {
    ...MIRROR,
    config: '[default]\nregion = us east 1',
  }),
  used('IMDS', /AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: it must be IPv4 or IPv6/, {
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: '', AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv5' },
  }),
  used('IMDS', /ec2_metadata_service_endpoint_mode in '.*config' line 2/, {
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: '' },
    config: '[default]\nec2_metadata_service_endpoint_mode = x',
  }),
  used('the portal before ECR', /AWS_ENDPOINT_URL_ECR/, {
    config: SESSION,
    prepare: logIn('corp', LATER),
    env: { AWS_ENDPOINT_URL_ECR: 'x' },
  }),
  used('the portal before OIDC', /AWS_ENDPOINT_URL_SSO_OIDC/, {
    config: SESSION,
    prepare: logIn('corp', LATER),
    env: { AWS_ENDPOINT_URL_SSO_OIDC: 'x' },
  }),
  used('SSO under a role', /AWS_ENDPOINT_URL_STS/, {
    config: SESSION.replace('[default]', '[default]\nrole_arn = ROLE(r)'),
    prepare: logIn('corp', LATER),
    env: { AWS_ENDPOINT_URL_STS: 'x' },
  }),
  used('its region', /sso_region in '.*config' line/, {
    config: SESSION.replace('us-east-1', '-'),
    prepare: logIn('corp', LATER),
  }),
  used('IMDS for a region', /AWS_EC2_METADATA_SERVICE_ENDPOINT/, {
    ...MIRROR,
    env: { KEYS: 'k', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'x' },
  }),
  used('IMDS before ECR, for a region', /AWS_ENDPOINT_URL_ECR/, {
    ...MIRROR,
    env: { KEYS: 'k', AWS_ENDPOINT_URL_ECR: 'x' },
  }),
  used('a container before ECR', /AWS_ENDPOINT_URL_ECR/, {
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)', AWS_ENDPOINT_URL_ECR: 'x' },
  }),
  used(
    'a contradiction of a later service',
    /AWS_ENDPOINT_URL_STS together with AWS_USE_DUALSTACK_ENDPOINT/,
    {
      env: { AWS_ENDPOINT_URL_ECR: '', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
      config: ROLE,
    },
  ),
  used('a cache is not asked', /AWS_ENDPOINT_URL_ECR/, {
    args: ['--cache-dir', 'DIR/cache'],
    env: { AWS_ENDPOINT_URL_ECR: 'x' },
  }),
]
