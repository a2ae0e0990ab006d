import type { Fault } from '../../world/faults.ts'
import type { FaultRule } from '../../world/recorder.ts'
import { ahead, json, type Scenario } from './scenario.ts'

const ENV = { KEYS: 'env' }
const once = (fault: Fault): FaultRule[] => [{ step: 'ecr', times: 1, fault }]
const always = (fault: Fault): FaultRule[] => [{ step: 'ecr', fault }]
const REFUSED = { kind: 'answer', status: 500 } as const
const ROLE = '[default]\nrole_arn = ROLE(a)\nKEYS(b)'

/** Attempts, and the clock. */
export const RETRIES: readonly Scenario[] = [
  ...[500, 502, 503, 504].map((status) => ({
    name: `retry: ECR answers ${status} once`,
    env: ENV,
    faults: once(json(status)),
    signer: 'env',
    steps: 'ecr ecr',
  })),
  ...[400, 401, 403, 404, 408, 501, 301, 307].map((status) => ({
    name: `retry: not after ${status}`,
    env: ENV,
    faults: always(json(status)),
    fails: new RegExp(`HTTP status ${status} from`),
    steps: 'ecr',
  })),
  ...[
    'AccessDeniedException',
    'UnrecognizedClientException',
    'ExpiredTokenException',
    'ServerException',
    'InvalidParameterException',
  ].map((code) => ({
    name: `retry: not after ${code}`,
    env: ENV,
    faults: always(json(400, code)),
    fails: new RegExp(`: ${code} from`),
    steps: 'ecr',
  })),
  {
    name: 'retry: RequestTimeout',
    env: ENV,
    faults: once(json(400, 'RequestTimeout')),
    signer: 'env',
    steps: 'ecr ecr',
  },
  {
    name: 'retry: throttled by its code',
    env: ENV,
    faults: once(json(400, 'ThrottlingException')),
    signer: 'env',
    steps: 'ecr ecr',
  },
  {
    name: 'retry: throttled by its status',
    env: ENV,
    faults: once(json(429)),
    signer: 'env',
    steps: 'ecr ecr',
  },
  ...(
    [
      ['reset', { kind: 'reset' }],
      ['closed', { kind: 'close' }],
      ['cut short', { kind: 'truncate' }],
    ] as const
  ).map(([name, fault]) => ({
    name: `retry: ECR's connection is ${name} once`,
    env: ENV,
    faults: once(fault),
    signer: 'env',
    steps: 'ecr ecr',
  })),
  {
    name: 'retry: three attempts by default',
    env: ENV,
    faults: always(REFUSED),
    fails: /HTTP status 500 from .* \(3 attempts, /,
    steps: 'ecr ecr ecr',
  },
  {
    name: 'retry: AWS_MAX_ATTEMPTS',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '1' },
    faults: always(REFUSED),
    fails: /HTTP status 500/,
    steps: 'ecr',
  },
  {
    name: 'retry: AWS_MAX_ATTEMPTS=5',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '5' },
    faults: always(REFUSED),
    fails: /\(5 attempts/,
    steps: 'ecr ecr ecr ecr ecr',
  },
  {
    name: 'retry: AWS_MAX_ATTEMPTS=0',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '0' },
    faults: always(REFUSED),
    fails: /\(3 attempts/,
  },
  {
    name: 'retry: AWS_MAX_ATTEMPTS=-2',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '-2' },
    faults: always(REFUSED),
    fails: /\(3 attempts/,
  },
  {
    name: 'retry: max_attempts of the profile',
    env: ENV,
    config: '[default]\nmax_attempts = 2',
    faults: always(REFUSED),
    fails: /\(2 attempts/,
  },
  {
    name: 'retry: the environment before the profile',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '4' },
    config: '[default]\nmax_attempts = 2',
    faults: always(REFUSED),
    fails: /\(4 attempts/,
  },
  {
    name: 'retry: STS',
    config: ROLE,
    faults: [{ step: 'sts-assume-role', times: 2, fault: REFUSED }],
    signer: 'assumed-role/a/ecr-credential-provider',
    steps: 'sts-assume-role sts-assume-role sts-assume-role ecr',
  },
  {
    name: 'retry: an answer of 200 that is wrong is final',
    env: ENV,
    faults: always({ kind: 'answer', status: 200, body: '{}' }),
    fails: /ECR's answer: it is not as documented/,
    steps: 'ecr',
  },
  {
    name: 'retry: an answer over the cap is final',
    env: ENV,
    faults: always({ kind: 'oversize', bytes: 400_000 }),
    fails: /sent an answer that is too large/,
    steps: 'ecr',
  },
  ...(['imds-token', 'imds-role', 'imds-credentials'] as const).map((step) => ({
    name: `retry: ${step} fails twice`,
    faults: [{ step, times: 2, fault: REFUSED }],
    signer: 'role/node-role',
  })),
  ...[400, 403, 404, 405].map((status) => ({
    name: `retry: an IMDS token refused with ${status} is final, without IMDSv1`,
    faults: [{ step: 'imds-token', fault: { kind: 'answer', status } }] as const,
    fails: new RegExp(`the session token from IMDS: HTTP status ${status} from`),
    steps: 'imds-token',
  })),
  {
    name: 'retry: an IMDS token that is no longer known is renewed',
    faults: [{ step: 'imds-credentials', times: 1, fault: { kind: 'answer', status: 401 } }],
    signer: 'role/node-role',
    steps: 'imds-token imds-role imds-credentials imds-token imds-credentials ecr',
  },
  {
    name: 'retry: IMDS is tried three times, whatever AWS_MAX_ATTEMPTS says',
    env: { AWS_MAX_ATTEMPTS: '1' },
    faults: [{ step: 'imds-role', fault: REFUSED }],
    fails: /the role from IMDS: HTTP status 500 from/,
    steps: 'imds-token imds-role imds-role imds-role',
  },
  {
    name: 'retry: IMDS is not there',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' },
    fails:
      /IMDS: 127.0.0.1:1 refused the connection \(3 attempts.*because the environment has no keys, there is no profile 'default', and there is no container endpoint/,
    steps: '',
  },
  {
    name: 'retry: IMDS never answers',
    faults: [{ step: 'imds-token', fault: { kind: 'hang' } }],
    fails:
      /the session token from IMDS: connected to 127.0.0.1:[0-9]+, but no answer in 1 s \(3 attempts, 3\.[0-9] s; asked because/,
    steps: 'imds-token imds-token imds-token',
  },
  {
    name: 'retry: not beyond --timeout',
    args: ['--timeout', '1'],
    env: ENV,
    faults: always({ kind: 'hang' }),
    fails: /connected to 127.0.0.1:[0-9]+, but no answer in [0-9.]+ s/,
    steps: 'ecr',
  },
  ...[600, -600, 36_000, -36_000].map((seconds) => ({
    name: `clock: ${seconds} s off, corrected at ECR`,
    env: ENV,
    prepare: ahead(seconds),
    signer: 'env',
    steps: 'ecr ecr',
  })),
  {
    name: 'clock: corrected at STS, and known at ECR',
    config: ROLE,
    prepare: ahead(600),
    signer: 'assumed-role/a/ecr-credential-provider',
    steps: 'sts-assume-role sts-assume-role ecr',
  },
  {
    name: 'clock: 200 s off need no correction',
    env: ENV,
    prepare: ahead(200),
    signer: 'env',
    steps: 'ecr',
  },
  {
    name: 'clock: no correction when it is turned off',
    env: { ...ENV, AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'true' },
    prepare: ahead(600),
    fails: /InvalidSignatureException/,
    steps: 'ecr',
  },
  {
    name: 'clock: no correction when the profile turns it off',
    env: ENV,
    config: '[default]\ndisable_clock_skew_correction = true',
    prepare: ahead(600),
    fails: /InvalidSignatureException/,
    steps: 'ecr',
  },
  {
    name: 'clock: a wrong signature is no wrong clock',
    env: { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN', AWS_SECRET_ACCESS_KEY: 's' },
    fails: /UnrecognizedClientException/,
    steps: 'ecr',
  },
]

const NO_OWN = { AWS_ENDPOINT_URL_ECR: '', AWS_ENDPOINT_URL_STS: '' }
const bad = (env: Record<string, string>, config: string, fails: RegExp): Scenario => ({
  name: `settings: ${JSON.stringify(env)} ${config.replaceAll('\n', ' ')}`,
  env: { KEYS: 'env', ...env },
  config,
  fails,
  steps: '',
})

/** Settings that are not acceptable, and endpoints. */
export const SETTINGS: readonly Scenario[] = [
  bad(
    { AWS_USE_FIPS_ENDPOINT: 'yes' },
    '',
    /cannot use AWS_USE_FIPS_ENDPOINT: it must be true or false/,
  ),
  bad(
    { AWS_USE_DUALSTACK_ENDPOINT: '1' },
    '',
    /AWS_USE_DUALSTACK_ENDPOINT: it must be true or false/,
  ),
  bad({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'x' }, '', /AWS_IGNORE_CONFIGURED_ENDPOINT_URLS/),
  bad({ AWS_MAX_ATTEMPTS: 'many' }, '', /AWS_MAX_ATTEMPTS: it must be a whole number/),
  bad({ AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'maybe' }, '', /AWS_DISABLE_CLOCK_SKEW_CORRECTION/),
  bad(
    {},
    '[default]\nuse_fips_endpoint = yes',
    /use_fips_endpoint in '.*config' line 2: it must be true or false/,
  ),
  bad({}, '[default]\nuse_dualstack_endpoint = on', /use_dualstack_endpoint in '.*config' line 2/),
  bad(
    {},
    '[default]\n\nmax_attempts = x',
    /max_attempts in '.*config' line 3: it must be a whole number/,
  ),
  bad(
    NO_OWN,
    '[default]\nendpoint_url = nonsense',
    /endpoint_url in '.*config' line 2: it must be an http or https URL/,
  ),
  bad({ ...NO_OWN, AWS_ENDPOINT_URL: 'host:80' }, '', /AWS_ENDPOINT_URL: it must be an http/),
  bad(
    { HTTPS_PROXY: 'socks5://h', AWS_ENDPOINT_URL_ECR: 'https://h.invalid' },
    '',
    /HTTPS_PROXY: it must be the URL of an http or https proxy/,
  ),
  bad(
    { AWS_USE_FIPS_ENDPOINT: 'true' },
    '',
    /AWS_ENDPOINT_URL_ECR together with AWS_USE_FIPS_ENDPOINT/,
  ),
  bad(
    { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    '',
    /AWS_ENDPOINT_URL_ECR together with AWS_USE_DUALSTACK_ENDPOINT/,
  ),
  bad({}, '[default]\nuse_fips_endpoint = true', /together with use_fips_endpoint in/),
  {
    name: 'settings: a bad value elsewhere has no effect',
    env: { KEYS: 'env', AWS_S3_USE_ARN_REGION: 'x' },
    config: '[profile other]\nmax_attempts = x',
    signer: 'env',
  },
  {
    name: 'endpoints: AWS_ENDPOINT_URL is for every service',
    env: { ...NO_OWN, AWS_ENDPOINT_URL: 'URL(sts)' },
    config: ROLE,
    fails: /cannot get an ECR token/,
    steps: 'sts-assume-role unknown',
  },
  {
    name: 'endpoints: endpoint_url is for every service',
    env: NO_OWN,
    config: `${ROLE}\nendpoint_url = URL(sts)`,
    fails: /cannot get an ECR token/,
    steps: 'sts-assume-role unknown',
  },
  {
    name: "endpoints: a service's own before AWS_ENDPOINT_URL",
    env: { KEYS: 'env', AWS_ENDPOINT_URL: 'https://127.0.0.1:1' },
    signer: 'env',
  },
  {
    name: 'endpoints: AWS_ENDPOINT_URL before endpoint_url',
    env: { ...NO_OWN, KEYS: 'env', AWS_ENDPOINT_URL: 'URL(ecr)' },
    config: '[default]\nendpoint_url = https://127.0.0.1:1',
    signer: 'env',
  },
  {
    name: 'endpoints: a services section',
    env: { ...NO_OWN, KEYS: 'env' },
    config: '[default]\nservices = s\n[services s]\necr =\n  endpoint_url = URL(ecr)',
    signer: 'env',
  },
  {
    name: 'endpoints: a services section before endpoint_url',
    env: { ...NO_OWN, KEYS: 'env' },
    config:
      '[default]\nservices = s\nendpoint_url = https://127.0.0.1:1\n[services s]\necr =\n  endpoint_url = URL(ecr)',
    signer: 'env',
  },
  {
    name: 'endpoints: AWS_ENDPOINT_URL before a services section',
    env: { ...NO_OWN, KEYS: 'env', AWS_ENDPOINT_URL: 'URL(ecr)' },
    config: '[default]\nservices = s\n[services s]\necr =\n  endpoint_url = https://127.0.0.1:1',
    signer: 'env',
  },
  {
    name: 'endpoints: a services section for another service',
    env: { ...NO_OWN, KEYS: 'env' },
    config:
      '[default]\nservices = s\nendpoint_url = URL(ecr)\n[services s]\nsts =\n  endpoint_url = https://127.0.0.1:1',
    signer: 'env',
  },
  {
    name: 'endpoints: a services section that does not exist',
    env: { KEYS: 'env' },
    config: '[default]\nservices = missing',
    signer: 'env',
  },
  {
    name: 'endpoints: a bad URL in a services section',
    env: { ...NO_OWN, KEYS: 'env' },
    config: '[default]\nservices = s\n[services s]\necr =\n  endpoint_url = nonsense',
    fails: /endpoint_url of ecr in '.*config' line 4/,
    steps: '',
  },
  {
    name: 'endpoints: ignored ones',
    env: {
      KEYS: 'env',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      HTTPS_PROXY: 'http://127.0.0.1:1',
    },
    fails: /the proxy 127.0.0.1:1 \(from HTTPS_PROXY\) refused the connection/,
    steps: '',
  },
  {
    name: 'endpoints: ignored by the profile, but not by the environment',
    env: { KEYS: 'env', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' },
    config: '[default]\nignore_configured_endpoint_urls = true',
    signer: 'env',
  },
  {
    name: 'endpoints: a path is kept',
    env: { KEYS: 'env', AWS_ENDPOINT_URL_ECR: 'URL(ecr)/pre' },
    sent: ['POST /pre'],
    signer: 'env',
  },
  {
    name: 'user agent',
    env: { KEYS: 'env', AWS_SDK_UA_APP_ID: 'my app' },
    sent: ['user-agent: ecr-credential-provider/'],
    signer: 'env',
  },
]

const SA = {
  serviceAccountToken: 'sa-jwt',
  serviceAccountAnnotations: {
    'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/sa',
  },
}
const IRSA = {
  serviceAccountToken: 'sa-jwt',
  serviceAccountAnnotations: {
    'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/irsa',
  },
}
const signerOf = (role: string) => `assumed-role/${role}/ecr-credential-provider`

/** Service accounts and mirrors. */
export const REQUESTS: readonly Scenario[] = [
  {
    name: 'service account: the role of its annotation',
    request: SA,
    signer: signerOf('sa'),
    steps: 'sts-web-identity ecr',
    sent: ['RoleSessionName=ecr-credential-provider', 'WebIdentityToken=sa-jwt'],
  },
  {
    name: 'service account: the annotation before AWS_ECR_ROLE_ARN',
    request: SA,
    env: { AWS_ECR_ROLE_ARN: 'ROLE(env)' },
    signer: signerOf('sa'),
  },
  {
    name: 'service account: before environment keys',
    request: SA,
    env: { KEYS: 'env' },
    signer: signerOf('sa'),
  },
  {
    name: 'service account: AWS_ECR_ROLE_ARN',
    request: { serviceAccountToken: 'sa-jwt' },
    env: { AWS_ECR_ROLE_ARN: 'ROLE(env)' },
    signer: signerOf('env'),
  },
  {
    name: 'service account: null annotations',
    request: { serviceAccountToken: 'sa-jwt', serviceAccountAnnotations: null },
    env: { AWS_ECR_ROLE_ARN: 'ROLE(env)' },
    signer: signerOf('env'),
  },
  {
    name: 'service account: an empty annotation',
    request: {
      serviceAccountToken: 'sa-jwt',
      serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': '' },
    },
    env: { AWS_ECR_ROLE_ARN: 'ROLE(env)' },
    signer: signerOf('env'),
  },
  {
    name: 'service account: no role, the node',
    request: { serviceAccountToken: 'sa-jwt' },
    signer: 'role/node-role',
  },
  {
    name: 'service account: no token, the node',
    request: { serviceAccountAnnotations: SA.serviceAccountAnnotations },
    signer: 'role/node-role',
  },
  {
    name: 'service account: an empty token, the node',
    request: { ...SA, serviceAccountToken: '' },
    env: { AWS_ECR_ROLE_ARN: 'ROLE(env)' },
    signer: 'role/node-role',
  },
  {
    name: 'service account: the annotation of IRSA does not count',
    request: IRSA,
    signer: 'role/node-role',
  },
  {
    name: 'service account: the annotation of IRSA with --irsa-role',
    request: IRSA,
    args: ['--irsa-role'],
    signer: signerOf('irsa'),
  },
  {
    name: "service account: upstream's annotation first",
    request: {
      ...SA,
      serviceAccountAnnotations: {
        ...IRSA.serviceAccountAnnotations,
        ...SA.serviceAccountAnnotations,
      },
    },
    args: ['--irsa-role'],
    signer: signerOf('sa'),
  },
  {
    name: 'service account: a refusal is final',
    request: SA,
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/sa'),
    fails: /role\/sa': AccessDenied/,
    steps: 'sts-web-identity',
  },
  {
    name: 'service account: a refusal is final with environment keys',
    request: SA,
    env: { KEYS: 'env' },
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/sa'),
    fails: /AccessDenied/,
    steps: 'sts-web-identity',
  },
  {
    name: 'service account: STS out of reach is final',
    request: SA,
    faults: [{ step: 'sts-web-identity', fault: { kind: 'reset' } }],
    fails: /cannot assume role/,
    steps: 'sts-web-identity sts-web-identity sts-web-identity',
  },
  {
    name: 'service account: a broken configuration is told',
    request: SA,
    env: { AWS_PROFILE: 'missing' },
    fails: /'missing'/,
    steps: '',
  },
  {
    name: 'service account: annotations that are none',
    request: { ...SA, serviceAccountAnnotations: { x: 1 } },
    fails: /'serviceAccountAnnotations.x' must be string/,
    steps: '',
  },
  {
    name: 'mirror: not told of',
    image: 'docker.io/library/nginx',
    fails: /'docker.io'.*--mirror/,
    steps: '',
  },
  {
    name: 'mirror: another one',
    image: 'docker.io/library/nginx',
    args: ['--mirror', 'quay.io'],
    fails: /'docker.io'/,
    steps: '',
  },
  {
    name: 'mirror: with a region',
    image: 'docker.io/library/nginx',
    args: ['--mirror', 'docker.io=eu-west-1'],
    env: { KEYS: 'env', AWS_REGION: 'us-east-2' },
    signer: 'env',
    sent: ['/eu-west-1/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the environment',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io'],
    env: { KEYS: 'env', AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'x' },
    signer: 'env',
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: AWS_DEFAULT_REGION',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io'],
    env: { KEYS: 'env', AWS_DEFAULT_REGION: 'us-east-2' },
    sent: ['/us-east-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the profile',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io'],
    config: '[default]\nregion = ap-south-1\nKEYS(p)',
    signer: 'p',
    sent: ['/ap-south-1/ecr/aws4_request'],
  },
  {
    name: 'mirror: the region of the instance',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io'],
    prepare: ({ state }) => {
      state.imds.region = 'ca-central-1'
    },
    signer: 'role/node-role',
    sent: ['/latest/meta-data/placement/region', '/ca-central-1/ecr/aws4_request'],
  },
  {
    name: 'mirror: no region to be had',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io'],
    env: { KEYS: 'env', AWS_EC2_METADATA_DISABLED: 'true' },
    fails: /AWS_EC2_METADATA_DISABLED.*nothing else names a region/,
    steps: '',
  },
  {
    name: 'mirror: any host',
    image: 'registry.k8s.io/pause',
    args: ['--mirror', '*=eu-west-1'],
    env: { KEYS: 'env' },
    signer: 'env',
  },
  {
    name: 'mirror: any host, and a host of ECR',
    args: ['--mirror', '*=eu-west-1'],
    env: { KEYS: 'env' },
    sent: ['/us-west-2/ecr/aws4_request'],
  },
  {
    name: 'mirror: STS in its region',
    image: 'docker.io/library/nginx',
    args: ['--mirror=docker.io=eu-west-1'],
    config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
    sent: ['/eu-west-1/sts/aws4_request', '/eu-west-1/ecr/aws4_request'],
  },
]
