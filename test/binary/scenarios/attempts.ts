import type { Fault } from '../../world/faults.ts'
import { ahead, json, type Scenario } from './scenario.ts'

const ENV = { KEYS: 'env' }
const PUBLIC = 'public.ecr.aws/x/y'
const ROLE = '[default]\nrole_arn = ROLE(a)\nKEYS(b)'
const DEEP = `[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nrole_arn = ROLE(b)\nKEYS(b)`
const SIGNER = 'assumed-role/a/ecr-credential-provider'
const xml = (status: number, code?: string): Fault => ({
  kind: 'answer',
  status,
  body: code === undefined ? '' : `<E><Error><Code>${code}</Code></Error></E>`,
})

/** More on attempts at ECR, at ECR Public and at STS. */
export const ATTEMPTS: readonly Scenario[] = [
  ...[500, 502, 503, 504].flatMap((status) => [
    {
      name: `retry: STS answers ${status} once`,
      config: ROLE,
      faults: [{ step: 'sts-assume-role', times: 1, fault: xml(status) }] as const,
      signer: SIGNER,
      steps: 'sts-assume-role sts-assume-role ecr',
    },
    {
      name: `retry: ECR Public answers ${status} once`,
      image: PUBLIC,
      env: ENV,
      faults: [{ step: 'ecr-public', times: 1, fault: json(status) }] as const,
      signer: 'env',
      steps: 'ecr-public ecr-public',
    },
  ]),
  ...(
    [
      [400, 'IDPCommunicationError'],
      [400, 'RequestTimeout'],
      [400, 'RequestTimeoutException'],
      [400, 'Throttling'],
    ] as const
  ).map(([status, code]) => ({
    name: `retry: STS answers ${code} once`,
    config: ROLE,
    faults: [{ step: 'sts-assume-role', times: 1, fault: xml(status, code) }] as const,
    signer: SIGNER,
    steps: 'sts-assume-role sts-assume-role ecr',
  })),
  ...(
    [
      [403, 'AccessDenied'],
      [403, 'ExpiredToken'],
      [400, 'MalformedPolicyDocument'],
      [403, 'InvalidClientTokenId'],
      [408, undefined],
      [501, undefined],
      [302, undefined],
    ] as const
  ).map(([status, code]) => ({
    name: `retry: STS's ${code ?? status} is final`,
    config: ROLE,
    faults: [{ step: 'sts-assume-role', fault: xml(status, code) }] as const,
    fails: new RegExp(`role/a.*${code ?? status}`),
    steps: 'sts-assume-role',
  })),
  ...(['reset', 'close', 'truncate'] as const).map((kind) => ({
    name: `retry: STS's connection fails once (${kind})`,
    config: ROLE,
    faults: [{ step: 'sts-assume-role', times: 1, fault: { kind } }] as const,
    signer: SIGNER,
    steps: 'sts-assume-role sts-assume-role ecr',
  })),
  ...[300, 302, 303, 308, 405, 505].map((status) => ({
    name: `retry: ECR's ${status} is final`,
    env: ENV,
    faults: [{ step: 'ecr', fault: json(status) }] as const,
    fails: new RegExp(`HTTP status ${status}`),
    steps: 'ecr',
  })),
  ...['InternalFailure', 'ExpiredTokenException', 'UnknownError'].map((code) => ({
    name: `retry: ECR's ${code} on 400 is final`,
    env: ENV,
    faults: [{ step: 'ecr', fault: json(400, code) }] as const,
    fails: new RegExp(code),
    steps: 'ecr',
  })),
  {
    name: 'retry: ServerException with status 500',
    env: ENV,
    faults: [{ step: 'ecr', times: 2, fault: json(500, 'ServerException') }],
    signer: 'env',
    steps: 'ecr ecr ecr',
  },
  {
    name: 'retry: the code of the header, with a name space and an address',
    env: ENV,
    faults: [
      {
        step: 'ecr',
        times: 1,
        fault: {
          kind: 'answer',
          status: 400,
          body: '{}',
          headers: { 'x-amzn-errortype': 'com.amazon#RequestTimeout:http://x/' },
        },
      },
    ],
    signer: 'env',
    steps: 'ecr ecr',
  },
  {
    name: 'retry: each call has its own attempts',
    config: ROLE,
    faults: [
      { step: 'sts-assume-role', times: 2, fault: xml(500) },
      { step: 'ecr', times: 2, fault: json(500) },
    ],
    signer: SIGNER,
    steps: 'sts-assume-role sts-assume-role sts-assume-role ecr ecr ecr',
  },
  {
    name: 'retry: no call is repeated because a later one fails',
    config: ROLE,
    faults: [{ step: 'ecr', fault: json(500) }],
    fails: /HTTP status 500.*3 attempts/,
    steps: 'sts-assume-role ecr ecr ecr',
  },
  {
    name: 'retry: AWS_MAX_ATTEMPTS=1 holds for STS',
    env: { AWS_MAX_ATTEMPTS: '1' },
    config: ROLE,
    faults: [{ step: 'sts-assume-role', fault: xml(500) }],
    fails: /500/,
    steps: 'sts-assume-role',
  },
  {
    name: 'retry: an empty AWS_MAX_ATTEMPTS: the profile',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '' },
    config: '[default]\nmax_attempts = 2',
    faults: [{ step: 'ecr', fault: json(500) }],
    fails: /2 attempts/,
    steps: 'ecr ecr',
  },
  ...['standard', 'adaptive', 'legacy', 'nonsense'].flatMap((mode) => [
    {
      name: `retry: AWS_RETRY_MODE=${mode}`,
      env: { ...ENV, AWS_RETRY_MODE: mode },
      faults: [{ step: 'ecr', times: 2, fault: json(500) }] as const,
      signer: 'env',
      steps: 'ecr ecr ecr',
    },
    {
      name: `retry: retry_mode = ${mode}`,
      env: ENV,
      config: `[default]\nretry_mode = ${mode}`,
      faults: [{ step: 'ecr', times: 1, fault: json(500) }] as const,
      signer: 'env',
      steps: 'ecr ecr',
    },
  ]),
  {
    name: 'retry: nobody listens at ECR',
    env: { ...ENV, AWS_ENDPOINT_URL_ECR: 'https://127.0.0.1:1' },
    fails: /127\.0\.0\.1:1 refused the connection.*3 attempts/,
    steps: '',
  },
  {
    name: 'retry: a host that does not exist is asked for once',
    env: { ...ENV, AWS_ENDPOINT_URL_ECR: 'https://no-such-host.invalid' },
    fails: /^(?!.*attempts).*no-such-host\.invalid/,
    steps: '',
  },
  {
    name: 'retry: one deadline over all calls',
    args: ['--timeout', '2'],
    config: ROLE,
    faults: [{ step: 'ecr', fault: { kind: 'hang' } }],
    fails: /ECR|ecr/,
    steps: 'sts-assume-role ecr',
    withinMs: 4000,
  },
  ...[600, -600, 36_000, -36_000].map((seconds) => ({
    name: `clock: ${seconds} s off, corrected at STS and known after it`,
    config: DEEP,
    prepare: ahead(seconds),
    signer: SIGNER,
    steps: 'sts-assume-role sts-assume-role sts-assume-role ecr',
  })),
  {
    name: 'clock: corrected at ECR Public',
    image: PUBLIC,
    env: ENV,
    prepare: ahead(-3600),
    signer: 'env',
    steps: 'ecr-public ecr-public',
  },
  {
    name: 'clock: corrected at ECR behind the instance',
    prepare: ahead(600),
    signer: 'role/node-role',
    steps: 'imds-token imds-role imds-credentials ecr ecr',
  },
  {
    name: 'clock: corrected at ECR behind web identity, which has no signature',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(a)' },
    files: { token: 'sentinel-jwt' },
    prepare: ahead(600),
    signer: SIGNER,
  },
  ...[180, -180].map((seconds) => ({
    name: `clock: ${seconds} s off are accepted as they are`,
    config: ROLE,
    prepare: ahead(seconds),
    signer: SIGNER,
    steps: 'sts-assume-role ecr',
  })),
  ...['true', 'TRUE'].map((value) => ({
    name: `clock: AWS_DISABLE_CLOCK_SKEW_CORRECTION=${value} at STS`,
    env: { AWS_DISABLE_CLOCK_SKEW_CORRECTION: value },
    config: ROLE,
    prepare: ahead(600),
    fails: /SignatureDoesNotMatch/,
    steps: 'sts-assume-role',
  })),
  {
    name: 'clock: AWS_DISABLE_CLOCK_SKEW_CORRECTION=false before the profile',
    env: { ...ENV, AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'false' },
    config: '[default]\ndisable_clock_skew_correction = true',
    prepare: ahead(600),
    signer: 'env',
    steps: 'ecr ecr',
  },
  ...[
    'InvalidSignatureException',
    'RequestExpired',
    'RequestInTheFuture',
    'RequestTimeTooSkewed',
  ].map((code) => ({
    name: `clock: ${code} is corrected once, not twice`,
    env: ENV,
    faults: [
      { step: 'ecr', fault: [{ kind: 'date', skewSeconds: 600 }, json(400, code)] },
    ] as const,
    fails: new RegExp(code),
    steps: 'ecr ecr',
  })),
  {
    name: 'clock: a wrong signature at the right time is final',
    env: ENV,
    faults: [{ step: 'ecr', fault: json(403, 'InvalidSignatureException') }],
    fails: /InvalidSignatureException/,
    steps: 'ecr',
  },
  {
    name: 'clock: an answer without a date corrects nothing',
    env: ENV,
    prepare: ahead(600),
    faults: [{ step: 'ecr', fault: { kind: 'headers', headers: { Date: undefined } } }],
    fails: /InvalidSignatureException/,
    steps: 'ecr',
  },
  {
    name: 'clock: an answer out of a cache corrects nothing',
    env: ENV,
    prepare: ahead(600),
    faults: [{ step: 'ecr', fault: { kind: 'headers', headers: { Age: '1' } } }],
    fails: /InvalidSignatureException/,
    steps: 'ecr',
  },
  {
    name: 'clock: a wrong date on a good answer does no harm',
    config: ROLE,
    faults: [{ step: 'sts-assume-role', fault: { kind: 'date', skewSeconds: 36_000 } }],
    signer: SIGNER,
  },
]
