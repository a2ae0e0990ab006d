import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'

import { createLogin } from '../../world/sso.ts'
import type { World } from '../../world/world.ts'
import { prints, type Scenario } from './scenario.ts'

const WEB_ENV = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' }
const WEB_PROFILE = '[default]\nrole_arn = ROLE(w)\nweb_identity_token_file = DIR/token'
const SIGNER = 'assumed-role/w/ecr-credential-provider'
const BOX = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' }
const POD = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(podIdentity)',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR/token',
}
const authorize = (world: World) => {
  world.state.container.authorization = 'pod-token'
}

/** Web identity, of the environment and of a profile. */
export const WEB_IDENTITY: readonly Scenario[] = [
  {
    name: 'web identity: the token as it stands',
    env: WEB_ENV,
    files: { token: 'jwt\n' },
    signer: SIGNER,
    sent: ['RoleArn=ROLE(w)', 'WebIdentityToken=jwt\n'],
  },
  {
    name: 'web identity: no signature',
    env: WEB_ENV,
    files: { token: 'jwt' },
    check: ({ requests }) => {
      if (requests[0]?.headers.has('authorization') !== false) throw new Error('it was signed')
    },
  },
  {
    name: 'web identity: session name',
    env: { ...WEB_ENV, AWS_ROLE_SESSION_NAME: 'node-7' },
    files: { token: 'jwt' },
    signer: 'assumed-role/w/node-7',
  },
  {
    name: 'web identity without a role',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token' },
    files: { token: 'jwt' },
    fails: /AWS_WEB_IDENTITY_TOKEN_FILE: AWS_ROLE_ARN is not set/,
    steps: '',
  },
  {
    name: 'web identity without a file',
    env: WEB_ENV,
    fails: /token file '.*token': it does not exist/,
    steps: '',
  },
  {
    name: 'web identity with an empty file',
    env: WEB_ENV,
    files: { token: '' },
    fails: /token file '.*token': it is empty/,
    steps: '',
  },
  {
    name: 'web identity with a directory',
    env: { ...WEB_ENV, AWS_WEB_IDENTITY_TOKEN_FILE: '/' },
    fails: /token file '\/': it is a directory/,
    steps: '',
  },
  {
    name: 'web identity of a profile',
    config: WEB_PROFILE,
    files: { token: 'jwt' },
    signer: SIGNER,
    steps: 'sts-web-identity ecr',
  },
  {
    name: 'web identity of a profile: session name',
    config: `${WEB_PROFILE}\nrole_session_name = node-7`,
    files: { token: 'jwt' },
    signer: 'assumed-role/w/node-7',
  },
  {
    name: 'web identity of a profile: AWS_ROLE_ARN does not fill in',
    env: { AWS_ROLE_ARN: 'ROLE(w)' },
    config: '[default]\nweb_identity_token_file = DIR/token',
    files: { token: 'jwt' },
    fails: /requires role_arn/,
    steps: '',
  },
  {
    name: 'web identity of a profile before SSO',
    config: `${WEB_PROFILE}\nsso_region = us-east-1\nsso_start_url = u\nsso_account_id = 1\nsso_role_name = r`,
    files: { token: 'jwt' },
    signer: SIGNER,
  },
  {
    name: 'web identity: an unknown token is tried three times',
    env: WEB_ENV,
    files: { token: 'jwt' },
    prepare: ({ state }) => {
      state.sts.webIdentityTokens = new Set()
    },
    fails: /InvalidIdentityToken.*\(3 attempts/,
    steps: 'sts-web-identity sts-web-identity sts-web-identity',
  },
  {
    name: 'web identity: refused for good',
    env: WEB_ENV,
    files: { token: 'jwt' },
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/w'),
    fails: /AccessDenied/,
    steps: 'sts-web-identity',
  },
  {
    name: 'web identity: the provider is out of reach once',
    env: WEB_ENV,
    files: { token: 'jwt' },
    faults: [
      {
        step: 'sts-web-identity',
        times: 1,
        fault: {
          kind: 'answer',
          status: 400,
          body: '<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>',
        },
      },
    ],
    signer: SIGNER,
    steps: 'sts-web-identity sts-web-identity ecr',
  },
  {
    name: 'web identity: no XML',
    env: WEB_ENV,
    files: { token: 'jwt' },
    faults: [
      {
        step: 'sts-web-identity',
        fault: { kind: 'answer', status: 200, body: '<html><p>SECRET</html>' },
      },
    ],
    fails: /127.0.0.1:[0-9]+ answered with HTML; hint: look for a proxy or a portal in between$/,
    steps: 'sts-web-identity',
  },
  {
    name: 'web identity: no keys',
    env: WEB_ENV,
    files: { token: 'jwt' },
    faults: [
      {
        step: 'sts-web-identity',
        fault: { kind: 'answer', status: 200, body: '<R><AssumeRoleWithWebIdentityResult/></R>' },
      },
    ],
    fails: /it must hold 'AccessKeyId' once/,
    steps: 'sts-web-identity',
  },
]

/** `credential_process`. */
export const PROCESS: readonly Scenario[] = [
  {
    name: 'process',
    config: '[default]\ncredential_process = PRINT(p)',
    signer: 'p',
    steps: 'ecr',
  },
  {
    name: 'process: a shell with variables and pipes',
    env: { WHICH: 'p' },
    config: '[default]\ncredential_process = PRINT(p) | cat; test "$WHICH" = p',
    signer: 'p',
  },
  {
    name: 'process: its stderr does not matter when it succeeds',
    config: '[default]\ncredential_process = echo hello >&2; PRINT(p)',
    signer: 'p',
  },
  {
    name: 'process: expired',
    config: `[default]\ncredential_process = PRINT(p) | sed 's/}$/,"Expiration":"2001-01-01T00:00:00Z"}/'`,
    signer: 'p',
  },
  {
    name: 'process: it fails, and its words are shown',
    config: '[default]\ncredential_process = echo no certificate >&2; exit 3',
    fails:
      /credential_process of profile 'default' ended with exit code 3; it said 'no certificate'/,
    steps: '',
  },
  {
    name: 'process: not found',
    config: '[default]\ncredential_process = /no/such/helper',
    fails: /exit code 127.*no\/such\/helper/,
    steps: '',
  },
  {
    name: 'process: killed',
    config: '[default]\ncredential_process = kill -9 $$',
    fails: /exit code/,
    steps: '',
  },
  {
    name: 'process: many words are one line',
    config: '[default]\ncredential_process = printf "a\\nb\\tc\\033[31m" >&2; exit 1',
    fails: /it said 'a b c \[31m'/,
    steps: '',
  },
  {
    name: 'process: no output',
    config: '[default]\ncredential_process = true',
    fails: /output of the credential_process of profile 'default': it is not valid JSON/,
    steps: '',
  },
  {
    name: 'process: no JSON',
    config: '[default]\ncredential_process = echo SECRET',
    fails: /is not valid JSON/,
    steps: '',
  },
  {
    name: 'process: no version',
    config: prints('{"AccessKeyId":"a","SecretAccessKey":"s"}'),
    fails: /'Version' is missing/,
    steps: '',
  },
  {
    name: 'process: version as text',
    config: prints('{"Version":"1","AccessKeyId":"a","SecretAccessKey":"s"}'),
    fails: /'Version' must be 1/,
    steps: '',
  },
  {
    name: 'process: version 2',
    config: prints('{"Version":2,"AccessKeyId":"a","SecretAccessKey":"s"}'),
    fails: /'Version' must be 1/,
    steps: '',
  },
  {
    name: 'process: no secret',
    config: prints('{"Version":1,"AccessKeyId":"a"}'),
    fails: /'SecretAccessKey' is missing/,
    steps: '',
  },
  {
    name: 'process: an empty key',
    config: prints('{"Version":1,"AccessKeyId":"","SecretAccessKey":"s"}'),
    fails: /'AccessKeyId' is empty/,
    steps: '',
  },
  {
    name: 'process: an expiry that is no time',
    config: prints('{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","Expiration":"soon"}'),
    fails: /RFC 3339/,
    steps: '',
  },
  {
    name: 'process: too much',
    config: '[default]\ncredential_process = head -c 2000000 /dev/zero',
    fails: /larger than 262144 bytes/,
    steps: '',
  },
  {
    name: 'process: it never ends',
    args: ['--timeout', '1'],
    config: '[default]\ncredential_process = echo asking >&2; sleep 60',
    fails: /did not end in (0\.[0-9]|1\.0) s; it said 'asking'/,
    steps: '',
  },
  {
    name: 'process: what it started never ends',
    args: ['--timeout', '1'],
    config: '[default]\ncredential_process = sleep 60 & PRINT(p)',
    fails: /did not end in (0\.[0-9]|1\.0) s/,
    steps: '',
  },
  {
    name: 'process: what left its group never ends',
    args: ['--timeout', '1'],
    config: '[default]\ncredential_process = setsid sleep 5 & PRINT(p)',
    fails: /did not end in (0\.[0-9]|1\.0) s/,
    steps: '',
  },
]

/** Container endpoints. */
export const CONTAINER: readonly Scenario[] = [
  {
    name: 'container: ECS by its full address',
    env: BOX,
    signer: 'role/container-role',
    steps: 'container ecr',
  },
  {
    name: 'container: EKS Pod Identity with its token file',
    env: POD,
    files: { token: 'pod-token' },
    prepare: authorize,
    signer: 'role/container-role',
    sent: ['authorization: pod-token'],
  },
  {
    name: 'container: the token of the variable',
    env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod-token' },
    prepare: authorize,
    signer: 'role/container-role',
  },
  {
    name: 'container: the file before the variable',
    env: { ...POD, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'other' },
    files: { token: 'pod-token' },
    prepare: authorize,
    signer: 'role/container-role',
  },
  {
    name: 'container: no token, no header',
    env: BOX,
    check: ({ requests }) => {
      if (requests[0]?.headers.has('authorization') !== false) throw new Error('it had a token')
    },
  },
  {
    name: 'container: a wrong token',
    env: POD,
    files: { token: 'wrong' },
    prepare: authorize,
    fails: /container endpoint: HTTP status 401/,
    steps: 'container',
  },
  {
    name: 'container: a token file with a line break',
    env: POD,
    files: { token: 'pod-token\n' },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE.*line break/,
    steps: '',
  },
  {
    name: 'container: a token with a line break',
    env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a\r\nX: y' },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN:.*line break/,
    steps: '',
  },
  { name: 'container: no token file', env: POD, fails: /token file.*does not exist/, steps: '' },
  {
    name: 'container: localhost',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:1/x' },
    fails: /container endpoint: localhost:1 refused the connection \(3 attempts/,
    steps: '',
  },
  ...[
    'http://192.0.2.1/x',
    'http://0.0.0.0/x',
    'http://169.254.170.3/x',
    'http://169.254.169.254/x',
    'http://[fd00:ec2::24]/x',
  ].map((url) => ({
    name: `container: ${url} is refused`,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url },
    fails: /AWS_CONTAINER_CREDENTIALS_FULL_URI:.*neither https, nor loopback/,
    steps: '',
  })),
  ...['ftp://127.0.0.1/x', 'nonsense', 'http://u:SECRET@127.0.0.1/x'].map((url) => ({
    name: `container: ${url} is refused`,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url },
    fails: /AWS_CONTAINER_CREDENTIALS_FULL_URI: it must be an http or https URL/,
    steps: '',
  })),
  ...['no-such-host.invalid', '127.0.0.1.evil.invalid', '169.254.170.2cred.invalid'].map(
    (name) => ({
      name: `container: http://${name}/x names the look-up that fails`,
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${name}/x` },
      fails: /AWS_CONTAINER_CREDENTIALS_FULL_URI: the host name of \S+ (does not exist|cannot be)/,
      steps: '',
    }),
  ),
  {
    name: 'container: https may be any host',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://no-such-host.invalid/x' },
    fails: /the host name of no-such-host.invalid\S* (does not exist|cannot be looked up)/,
    steps: '',
  },
  {
    name: 'container: a relative address that is no path',
    env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '.evil.invalid/x' },
    fails: /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it must be a path/,
    steps: '',
  },
  {
    name: 'container: relative before full',
    env: { ...BOX, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x' },
    fails: /AWS_CONTAINER_CREDENTIALS_RELATIVE_URI/,
    steps: '',
  },
  {
    name: 'container: 500 and 429 are tried again',
    env: BOX,
    faults: [
      { step: 'container', times: 1, fault: { kind: 'answer', status: 500 } },
      { step: 'container', skip: 1, times: 1, fault: { kind: 'answer', status: 429 } },
    ],
    signer: 'role/container-role',
    steps: 'container container container ecr',
  },
  {
    name: 'container: three attempts, whatever AWS_MAX_ATTEMPTS says',
    env: { ...BOX, AWS_MAX_ATTEMPTS: '1' },
    faults: [{ step: 'container', fault: { kind: 'answer', status: 503 } }],
    fails: /\(3 attempts/,
    steps: 'container container container',
  },
  {
    name: 'container: 403 is final',
    env: BOX,
    faults: [{ step: 'container', fault: { kind: 'answer', status: 403 } }],
    fails: /HTTP status 403/,
    steps: 'container',
  },
  ...(
    [
      '{}',
      'null',
      '{"AccessKeyId":"","SecretAccessKey":"s","Token":"t"}',
      '<html>',
      '{"AccessKeyId":"a","SecretAccessKey":"s","Token":"t","Expiration":1}',
    ] as const
  ).map((body) => ({
    name: `container: ${body} is refused`,
    env: BOX,
    faults: [{ step: 'container', fault: { kind: 'answer', status: 200, body } }] as const,
    fails: /the answer of the container endpoint: it is not/,
    steps: 'container',
  })),
]

/** A profile with an `sso-session`. */
export const SESSION =
  '[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Puller\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n'
/** A profile with the older form, without a section. */
export const LEGACY =
  '[default]\nsso_start_url = https://corp.example/start\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = Puller\n'

/** Where the token of a session, or of a start URL, is kept. */
export function tokenFile(world: World, name: string): string {
  return `${world.directory}/.aws/sso/cache/${new Bun.CryptoHasher('sha1').update(name).digest('hex')}.json`
}

/** Puts a login into the token file of a session. */
export function logIn(name: string, expiresAt: string, drop: readonly string[] = []) {
  return (world: World) => {
    const login = { ...createLogin(world.state), expiresAt, region: 'us-east-1' }
    mkdirSync(`${world.directory}/.aws/sso/cache`, { recursive: true })
    const kept = Object.entries(login).filter(([key]) => !drop.includes(key))
    writeFileSync(tokenFile(world, name), JSON.stringify(Object.fromEntries(kept)), { mode: 0o600 })
  }
}

function expectRenewed(world: World): void {
  const file = tokenFile(world, 'corp')
  const text = readFileSync(file, 'utf8')
  if ((statSync(file).mode & 0o777) !== 0o600) throw new Error('the mode has changed')
  if (text.includes('2001-01-01') || !text.includes('"region":"us-east-1"'))
    throw new Error('not renewed, or a field is lost')
}

/** An expiry that no test lives to see. */
export const LATER = '2099-01-01T00:00:00Z'
/** An expiry that has passed. */
export const PAST = '2001-01-01T00:00:00Z'

/** IAM Identity Center. */
export const SSO: readonly Scenario[] = [
  {
    name: 'sso: session',
    config: SESSION,
    prepare: logIn('corp', LATER),
    signer: 'assumed-role/Puller/sso',
    steps: 'sso-credentials ecr',
    sent: ['account_id=123456789012&role_name=Puller'],
  },
  {
    name: 'sso: legacy',
    config: LEGACY,
    prepare: logIn('https://corp.example/start', LATER),
    signer: 'assumed-role/Puller/sso',
    steps: 'sso-credentials ecr',
  },
  {
    name: 'sso: session, renewed after its end',
    config: SESSION,
    prepare: logIn('corp', PAST),
    signer: 'assumed-role/Puller/sso',
    steps: 'oidc-token sso-credentials ecr',
    check: expectRenewed,
  },
  {
    name: 'sso: legacy is never renewed',
    config: LEGACY,
    prepare: logIn('https://corp.example/start', PAST),
    fails: /has expired; hint: run aws sso login/,
    steps: '',
  },
  ...['refreshToken', 'clientId', 'clientSecret'].map((field) => ({
    name: `sso: session without ${field} cannot be renewed`,
    config: SESSION,
    prepare: logIn('corp', PAST, [field]),
    fails: /has expired; hint: run aws sso login/,
    steps: '',
  })),
  {
    name: 'sso: another run renewed it a moment ago',
    config: SESSION,
    prepare: (world) => {
      logIn('corp', PAST)(world)
      const file = tokenFile(world, 'corp')
      // Whatever this run sends, its refresh token has been used, and the file has changed meanwhile.
      world.state.sso.refreshTokens.clear()
      const { accessToken } = createLogin(world.state)
      const text = readFileSync(file, 'utf8')
      setTimeout(() => {
        writeFileSync(
          file,
          text
            .replace(PAST, LATER)
            .replace(/"accessToken":"[^"]*"/, `"accessToken":"${accessToken}"`),
        )
      }, 150)
    },
    faults: [{ step: 'oidc-token', fault: { kind: 'delay', ms: 400 } }],
    signer: 'assumed-role/Puller/sso',
    steps: 'oidc-token sso-credentials ecr',
  },
  {
    name: 'sso: nobody has logged in',
    config: SESSION,
    fails: /there is no token file.*aws sso login --profile 'default'/,
    steps: '',
  },
  {
    name: 'sso: a token file without a token',
    config: SESSION,
    prepare: logIn('corp', LATER, ['accessToken']),
    fails: /SSO token file.*'accessToken' is missing/,
    steps: '',
  },
  {
    name: 'sso: a token file with the old form of time',
    config: SESSION,
    prepare: logIn('corp', '2099-01-01T00:00:00UTC'),
    fails: /SSO token file.*RFC 3339/,
    steps: '',
  },
  {
    name: 'sso: the session has ended',
    config: SESSION,
    prepare: logIn('corp', LATER),
    faults: [
      {
        step: 'sso-credentials',
        fault: {
          kind: 'answer',
          status: 401,
          headers: { 'x-amzn-errortype': 'UnauthorizedException' },
        },
      },
    ],
    fails: /UnauthorizedException.*aws sso login/,
    steps: 'sso-credentials',
  },
  {
    name: 'sso: a role that is not assigned',
    config: SESSION,
    prepare: (world) => {
      logIn('corp', LATER)(world)
      world.state.sso.denied.add('Puller')
    },
    fails: /ForbiddenException/,
    steps: 'sso-credentials',
  },
  {
    name: 'sso: no section',
    config: SESSION.replace('[sso-session corp]', '[sso-session other]'),
    fails: /no section \[sso-session 'corp'\]/,
    steps: '',
  },
  {
    name: 'sso: no section, with environment keys',
    env: { KEYS: 'env' },
    config: SESSION.replace('[sso-session corp]', '[sso-session other]'),
    fails: /no section/,
    steps: '',
  },
  ...['sso_region', 'sso_start_url', 'sso_account_id', 'sso_role_name'].map((key) => ({
    name: `sso: session without ${key}`,
    config: SESSION.replace(new RegExp(`${key} = .*`), ''),
    fails: new RegExp(`it needs ${key}`),
    steps: '',
  })),
  ...['sso_region', 'sso_start_url', 'sso_account_id', 'sso_role_name'].map((key) => ({
    name: `sso: legacy without ${key}`,
    config: LEGACY.replace(new RegExp(`${key} = .*`), ''),
    fails: new RegExp(`it needs ${key}`),
    steps: '',
  })),
  {
    name: 'sso: the profile repeats its session',
    config: SESSION.replace('sso_role_name', 'sso_region = us-east-1\nsso_role_name'),
    prepare: logIn('corp', LATER),
    signer: 'assumed-role/Puller/sso',
  },
  {
    name: 'sso: the profile contradicts its session',
    config: SESSION.replace('sso_role_name', 'sso_region = us-east-2\nsso_role_name'),
    fails: /sso_region differs/,
    steps: '',
  },
  {
    name: 'sso: a region that is none',
    config: LEGACY.replace('sso_region = us-east-1', 'sso_region = us_east_1'),
    fails: /sso_region in '.*config' line 3: it must be a region/,
    steps: '',
  },
  {
    name: 'sso: before credential_process',
    config: SESSION.replace('sso_role_name', 'credential_process = PRINT(p)\nsso_role_name'),
    prepare: logIn('corp', LATER),
    signer: 'assumed-role/Puller/sso',
  },
  {
    name: 'sso: a role on top',
    config: SESSION.replace('sso_role_name', 'role_arn = ROLE(a)\nsso_role_name'),
    prepare: logIn('corp', LATER),
    signer: 'assumed-role/a/ecr-credential-provider',
    steps: 'sso-credentials sts-assume-role ecr',
  },
]
