import { chmodSync, mkdirSync } from 'node:fs'

import type { Cause } from '../../../src/base/failure.ts'
import type { Fault } from '../../world/faults.ts'
import type { GateOptions } from '../../world/gate.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { logIn, PAST } from '../scenarios/sources.ts'
import { withBlackHole, withDns, withMount, withoutNetwork } from './sandboxes.ts'

/** A node with one thing wrong with it: the line that the program must end with, and the id of its cause. */
export interface BrokenNode extends Scenario {
  readonly cause: Cause
  readonly fails: RegExp
  /** Whether it takes a network, or mounts, of its own. */
  readonly isApart?: true
}

const PUBLIC = 'public.ecr.aws/team/app'
const ECR_HOST = 'api.ecr.us-west-2.amazonaws.com'

/** What every error answer of this table brings along: whoever answers could echo what was sent, or anything else. */
const ECHO = 'sentinel-echo Authorization: AWS4-HMAC-SHA256 sentinel-header'

const status = (code: number, body = `<html>${ECHO}</html>`): Fault => ({
  kind: 'answer',
  status: code,
  body,
})
const refusal = (code: string, message: string): Fault =>
  status(400, JSON.stringify({ __type: code, message: `${message} ${ECHO}` }))
const stsRefusal = (code: string, message: string): Fault =>
  status(
    400,
    `<ErrorResponse><Error><Code>${code}</Code><Message>${message} ${ECHO}</Message></Error></ErrorResponse>`,
  )

const ecr = (fault: Fault) => ({ faults: [{ step: 'ecr' as const, fault }] })
const imds = (fault: Fault) => ({ faults: [{ step: 'imds-token' as const, fault }] })
const sts = (fault: Fault) => ({ faults: [{ service: 'sts' as const, fault }] })

const TOKEN = { serviceAccountToken: 'sentinel-sa-token' }
const POD = {
  request: {
    ...TOKEN,
    serviceAccountAnnotations: {
      'eks.amazonaws.com/ecr-role-arn': 'arn:aws:iam::123456789012:role/sa',
    },
  },
}
const ROLE = "cannot assume role 'arn:aws:iam::123456789012:role/sa': "

const USER =
  'User: arn:aws:sts::123456789012:assumed-role/node-role/i-0abc is not authorized to perform: '
const DENIED = `${USER}ecr:GetAuthorizationToken on resource: * `
const MAY_NOT = 'assumed-role/node-role of account 123456789012 may not ecr:GetAuthorizationToken'

/** ECR behind a proxy, by its own name. */
const proxied = (gate: GateOptions, proxy = 'URL(proxy)') => ({
  gate,
  names: [ECR_HOST],
  env: { KEYS: 'env', AWS_ENDPOINT_URL_ECR: undefined, HTTPS_PROXY: proxy, HTTP_PROXY: undefined },
})
const tls = (certificate: 'expired' | 'not-yet-valid' | 'wrong-name' | 'unknown-ca') =>
  ({ line: { service: 'ecr', fault: { kind: 'tls', certificate } } }) as const
const far = { KEYS: 'env', AWS_ENDPOINT_URL_ECR: 'https://registry.test' }

const INSTANCE: readonly BrokenNode[] = [
  {
    name: 'no EC2 instance: no route to IMDS',
    around: withoutNetwork,
    isApart: true,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: undefined },
    cause: 'imds_no_route',
    fails:
      /no route to 169.254.169.254 .*; hint: if this is no EC2 instance, set AWS_CONFIG_FILE or AWS_PROFILE$/,
  },
  {
    name: 'IMDS is disabled on the instance',
    ...imds(status(403)),
    cause: 'imds_disabled',
    fails: /IMDS is disabled on this instance/,
  },
  {
    name: 'what answers as IMDS has no version 2',
    ...imds(status(405)),
    cause: 'imds_no_v2',
    fails: /has no version 2 of IMDS/,
  },
  {
    name: 'IMDS is one hop too far',
    ...imds({ kind: 'hang' }),
    cause: 'imds_silent',
    fails: /connected to 127.0.0.1:[0-9]+, but no answer in 1 s .*hop limit must be 2$/,
  },
  {
    name: 'the instance has no role',
    prepare: ({ state }) => {
      state.imds.role = undefined
    },
    cause: 'imds_no_role',
    fails: /this instance has no role; hint: attach an instance profile$/,
  },
  {
    name: 'the role of the instance does not trust EC2',
    prepare: ({ state }) => {
      const { role } = state.imds
      if (role !== undefined) state.imds.role = { ...role, code: 'AssumeRoleUnauthorizedAccess' }
    },
    cause: 'imds_role',
    fails: /it answered AssumeRoleUnauthorizedAccess for role 'node-role'/,
  },
  {
    name: 'IMDS is turned off by a variable',
    env: { AWS_EC2_METADATA_DISABLED: 'true' },
    cause: 'imds_off',
    fails: /AWS_EC2_METADATA_DISABLED disables it/,
  },
]

const WAY: readonly BrokenNode[] = [
  {
    name: 'no route to ECR',
    around: withoutNetwork,
    isApart: true,
    env: { KEYS: 'env', AWS_ENDPOINT_URL_ECR: 'https://192.0.2.1' },
    cause: 'no_route',
    fails: /there is no route to 192.0.2.1 \(3 attempts/,
  },
  {
    name: 'no IPv6, and an endpoint that has nothing else',
    around: withoutNetwork,
    isApart: true,
    env: { KEYS: 'env', AWS_ENDPOINT_URL_ECR: 'https://[2001:db8::1]' },
    cause: 'no_route',
    fails: /there is no route to \[2001:db8::1\] \(3 attempts/,
  },
  {
    name: 'ECR refuses the connection',
    line: { service: 'ecr', fault: { kind: 'refuse' } },
    cause: 'connect_refused',
    fails: /refused the connection \(3 attempts/,
  },
  {
    name: 'a black hole in front of ECR',
    around: withBlackHole('AWS_ENDPOINT_URL_ECR'),
    // Had it tried until the time was over, the line would say so.
    args: ['--timeout', '15'],
    env: { KEYS: 'env' },
    cause: 'connect_silent',
    fails:
      /could not connect to 127.0.0.1:[0-9]+ in 4 s \(credentials: environment\); hint: .*security group/,
  },
  {
    name: 'ECR takes the connection and says nothing',
    ...ecr({ kind: 'hang' }),
    args: ['--timeout', '3'],
    cause: 'silent',
    fails: /connected to 127.0.0.1:[0-9]+|localhost:[0-9]+, but no answer in [0-9.]+ s/,
  },
  {
    name: 'ECR closes the connection',
    ...ecr({ kind: 'close' }),
    cause: 'cut_off',
    fails: /closed the connection before its answer was complete \(3 attempts/,
  },
  {
    name: 'the DNS server does not know the name',
    around: withDns({ code: 3 }),
    isApart: true,
    env: far,
    cause: 'dns_unknown',
    fails: /the host name of registry.test does not exist/,
  },
  {
    name: 'the DNS server does not answer',
    around: withDns(undefined),
    isApart: true,
    env: far,
    cause: 'dns_silent',
    fails: /the DNS server does not answer for the host name of registry.test/,
  },
  {
    name: 'the DNS server fails',
    around: withDns({ code: 2 }),
    isApart: true,
    env: far,
    cause: 'dns_failed',
    fails: /the DNS server answers with an error for the host name of registry.test/,
  },
  {
    name: 'a certificate that has expired',
    ...tls('expired'),
    cause: 'tls_expired',
    fails: /has expired \(20.*Z; this node has 20.*Z\) .*hint: check the clock of this node$/,
  },
  {
    name: 'a certificate of tomorrow',
    ...tls('not-yet-valid'),
    cause: 'tls_not_yet_valid',
    fails: /is not valid yet \(20.*Z; this node has 20.*Z\) .*hint: check the clock of this node$/,
  },
  {
    name: 'a certificate for another host',
    ...tls('wrong-name'),
    cause: 'tls_name',
    fails: /, issued by 'Test World Root', is for another host/,
  },
  {
    name: 'TLS interception',
    ...tls('unknown-ca'),
    cause: 'tls_untrusted',
    fails:
      /, issued by 'Unknown Root', is not trusted by '.*ca.pem' \(\w+\) .*hint: .*AWS_CA_BUNDLE/,
  },
  {
    name: 'a server without TLS',
    line: { service: 'ecr', fault: { kind: 'reply', bytes: `HTTP/1.1 400 Bad\r\n\r\n${ECHO}` } },
    cause: 'no_tls',
    fails: /does not speak TLS .*hint: look for a proxy or a portal in between$/,
  },
  {
    name: 'a captive portal',
    ...ecr(status(200, `<!DOCTYPE html><html>${ECHO}</html>`)),
    cause: 'portal',
    fails: /answered with HTML .*hint: look for a proxy or a portal in between$/,
  },
]

const PROXIES: readonly BrokenNode[] = [
  {
    name: 'a proxy that wants a user',
    ...proxied({}, 'http://HOST(proxy)'),
    cause: 'proxy_407',
    fails:
      /the proxy 127.0.0.1:[0-9]+ \(from HTTPS_PROXY\) answered 407 Proxy Authentication Required/,
  },
  {
    name: 'a proxy that does not let ECR through',
    ...proxied({ faulty: { faults: [status(403)] } }),
    cause: 'proxy_403',
    fails:
      /answered 403: it does not let api.ecr.us-west-2.amazonaws.com through .*hint: let the proxy allow it, or add it to NO_PROXY$/,
  },
  {
    name: 'a proxy that cannot reach ECR',
    ...proxied({ faulty: { faults: [status(503)] } }),
    cause: 'proxy_503',
    fails: /answered 503: it cannot reach api.ecr.us-west-2.amazonaws.com/,
  },
  {
    name: 'a proxy that is not there',
    ...proxied({ line: { fault: { kind: 'refuse' } } }),
    cause: 'proxy_unreachable',
    fails: /the proxy 127.0.0.1:[0-9]+ \(from HTTPS_PROXY\) refused the connection/,
  },
  {
    name: 'a proxy whose name does not exist',
    around: withDns({ code: 3 }),
    isApart: true,
    env: { KEYS: 'env', AWS_ENDPOINT_URL_ECR: undefined, HTTPS_PROXY: 'http://proxy.test:3128' },
    cause: 'proxy_dns',
    fails: /the host name of the proxy proxy.test:3128 \(from HTTPS_PROXY\) does not exist/,
  },
  {
    name: 'an https proxy with a certificate of nobody',
    ...proxied({ isSecure: true, line: { fault: { kind: 'tls', certificate: 'unknown-ca' } } }),
    cause: 'proxy_tls',
    fails: /the certificate of the proxy 127.0.0.1:[0-9]+ \(from HTTPS_PROXY\).* is not trusted by/,
  },
]

const PERMISSIONS: readonly BrokenNode[] = [
  {
    name: 'a missing permission',
    ...ecr(
      refusal(
        'AccessDeniedException',
        `${DENIED}because no identity-based policy allows the ecr:GetAuthorizationToken action`,
      ),
    ),
    cause: 'ecr_denied',
    fails: new RegExp(
      `: ${MAY_NOT}, no identity-based policy allows it \\(credentials: instance role 'node-role'\\); hint: the identity needs ecr:GetAuthorizationToken$`,
    ),
  },
  {
    name: 'a denial that says nothing',
    ...ecr(refusal('AccessDeniedException', '')),
    cause: 'ecr_denied',
    fails:
      /AccessDeniedException from \S+ \(credentials: instance role 'node-role'\); hint: the identity needs ecr:GetAuthorizationToken$/,
  },
  {
    name: 'a service control policy',
    ...ecr(
      refusal(
        'AccessDeniedException',
        `${DENIED}with an explicit deny in a service control policy`,
      ),
    ),
    cause: 'denied_organization',
    fails: new RegExp(
      `: ${MAY_NOT}, with an explicit deny in a service control policy .*hint: an administrator of the AWS organization must allow ecr:GetAuthorizationToken in that policy$`,
    ),
  },
  {
    name: 'the policy of a VPC endpoint',
    ...ecr(
      refusal(
        'AccessDeniedException',
        `${DENIED}because no VPC endpoint policy allows the ecr:GetAuthorizationToken action`,
      ),
    ),
    cause: 'denied_endpoint',
    fails: new RegExp(
      `: ${MAY_NOT}, no VPC endpoint policy allows it .*hint: the policy of the VPC endpoint must allow it$`,
    ),
  },
  {
    name: 'an explicit deny',
    ...ecr(
      refusal(
        'AccessDeniedException',
        `${DENIED}with an explicit deny in an identity-based policy`,
      ),
    ),
    cause: 'denied_explicit',
    fails: new RegExp(`: ${MAY_NOT}, with an explicit deny in an identity-based policy \\(`),
  },
  {
    name: 'public ECR without sts:GetServiceBearerToken',
    image: PUBLIC,
    faults: [
      {
        step: 'ecr-public',
        fault: refusal(
          'AccessDeniedException',
          `${USER}sts:GetServiceBearerToken on resource: * because no identity-based policy allows the sts:GetServiceBearerToken action`,
        ),
      },
    ],
    cause: 'ecr_denied',
    fails:
      /may not sts:GetServiceBearerToken, no identity-based policy allows it .*hint: the identity needs sts:GetServiceBearerToken$/,
  },
]

const KEYS: readonly BrokenNode[] = [
  {
    name: 'keys that AWS does not know',
    env: { AWS_ACCESS_KEY_ID: 'AKIANOBODY', AWS_SECRET_ACCESS_KEY: 'sentinel-nobody' },
    cause: 'key_unknown',
    fails:
      /UnrecognizedClientException from \S+: AWS does not know these keys in this region \(credentials: environment\)$/,
  },
  {
    name: 'keys of another partition, and a public image',
    image: PUBLIC,
    env: { AWS_ACCESS_KEY_ID: 'AKIANOBODY', AWS_SECRET_ACCESS_KEY: 'sentinel-nobody' },
    cause: 'key_partition',
    fails: /hint: public ECR needs keys of the aws partition, not of GovCloud or China$/,
  },
  {
    name: 'keys that have expired',
    ...ecr(
      refusal('ExpiredTokenException', 'The security token included in the request is expired'),
    ),
    cause: 'key_expired',
    fails: /: the keys have expired \(credentials: instance role 'node-role'\)$/,
  },
  {
    name: 'a secret that belongs to another key',
    env: { AWS_ACCESS_KEY_ID: 'ID(user/a)', AWS_SECRET_ACCESS_KEY: 'SECRET(user/b)' },
    cause: 'signature',
    fails: /: the secret key does not belong to this access key \(credentials: environment\)/,
  },
  {
    name: 'an endpoint of another region',
    prepare: ({ state }) => {
      state.ecr.region = 'eu-west-1'
    },
    cause: 'endpoint_region',
    fails:
      /signed for us-west-2, but that endpoint is of another region .*hint: correct AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_ECR or endpoint_url$/,
  },
  {
    name: 'a clock that nobody may correct',
    prepare: ({ state }) => {
      state.clockSkewSeconds = 720
    },
    env: { KEYS: 'env', AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'true' },
    cause: 'clock',
    fails:
      /: the clock of this node is 12 min behind, and AWS_DISABLE_CLOCK_SKEW_CORRECTION forbids to correct it/,
  },
  {
    name: 'keys with a blank',
    env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'sentinel-secret \n' },
    cause: 'config_keys',
    fails: /cannot use the keys of environment: they hold a blank/,
  },
  {
    name: 'too many calls',
    ...ecr(refusal('ThrottlingException', 'Rate exceeded')),
    cause: 'throttled',
    fails: /ThrottlingException from \S+: too many calls \(3 attempts/,
  },
]

const IDENTITIES: readonly BrokenNode[] = [
  {
    name: 'a token for another audience',
    ...POD,
    ...sts(stsRefusal('InvalidIdentityToken', 'Incorrect token audience')),
    cause: 'token_audience',
    fails: new RegExp(
      `${ROLE}InvalidIdentityToken from \\S+: the token's audience is not sts.amazonaws.com .*hint: set serviceAccountTokenAudience to it$`,
    ),
  },
  {
    name: 'an issuer that IAM does not know',
    ...POD,
    ...sts(
      stsRefusal(
        'InvalidIdentityToken',
        'No OpenIDConnect provider found in your account for https://oidc.example',
      ),
    ),
    cause: 'token_issuer',
    fails: /the issuer of the token is not registered with IAM as an OIDC provider/,
  },
  {
    name: 'a token that has expired',
    ...POD,
    ...sts(stsRefusal('ExpiredTokenException', 'Token expired')),
    cause: 'token_expired',
    fails: /: the token has expired$/,
  },
  {
    name: 'a role that does not trust the service account',
    ...POD,
    ...sts(stsRefusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')),
    cause: 'sts_denied',
    fails:
      /: this identity may not sts:AssumeRoleWithWebIdentity; hint: the role's trust policy must allow this identity$/,
  },
  {
    name: 'an annotation that is no ARN',
    request: {
      ...TOKEN,
      serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': 'sentinel-role' },
    },
    cause: 'annotation',
    fails:
      /the annotation eks.amazonaws.com\/ecr-role-arn of the pod's service account: it is no role ARN$/,
  },
  {
    name: 'no pod identity association',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(podIdentity)' },
    faults: [
      {
        step: 'container',
        fault: status(
          400,
          `[0-1]: (ResourceNotFoundException): no association ${ECHO}, fault: client`,
        ),
      },
    ],
    cause: 'pod_identity',
    fails: /there is no pod identity association for this service account/,
  },
  {
    name: 'a session of IAM Identity Center that is over',
    config:
      '[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://x\n',
    prepare: logIn('corp', PAST, ['refreshToken']),
    cause: 'sso_login',
    fails: /hint: run aws sso login --profile 'default'$/,
  },
  {
    name: 'a command that fails',
    config: '[default]\ncredential_process = echo no device >&2; exit 7\n',
    cause: 'process_failed',
    fails: /credential_process of profile 'default' ended with exit code 7; it said 'no device'$/,
  },
  {
    name: 'a command that is not there',
    config: '[default]\ncredential_process = "/opt/helper --role x"\n',
    cause: 'process_not_found',
    fails: /exit code 127; it said '.*'; hint: the shell found no such command/,
  },
  {
    name: 'a command that prints junk',
    config: '[default]\ncredential_process = echo sentinel-junk\n',
    cause: 'process_output',
    fails: /the output of the credential_process of profile 'default': it is not valid JSON$/,
  },
]

const CONFIGURATION: readonly BrokenNode[] = [
  {
    name: 'an image of Docker Hub',
    image: 'docker.io/library/nginx',
    cause: 'not_ecr',
    fails: /'docker.io': it is not an Amazon ECR host; hint: narrow matchImages/,
  },
  {
    name: 'an account of five digits',
    image: '12345.dkr.ecr.us-west-2.amazonaws.com/app',
    cause: 'account_digits',
    fails: /the account number in it has 5 digits, and 12 are needed$/,
  },
  {
    name: 'a profile without the word profile',
    env: { AWS_PROFILE: 'hybrid' },
    config: '[hybrid]\nregion = us-west-2\n',
    cause: 'profile_header',
    fails: /has it as \[hybrid\]; hint: write \[profile hybrid\] there, no restart is needed$/,
  },
  {
    name: 'a profile that is not there',
    env: { AWS_PROFILE: 'hybrid' },
    cause: 'profile_missing',
    fails: /cannot find profile 'hybrid' \(from AWS_PROFILE\)/,
  },
  {
    name: 'a config file that is a directory',
    env: { AWS_CONFIG_FILE: '/' },
    cause: 'config_file',
    fails: /cannot read the config file '\/': it is a directory$/,
  },
  {
    name: 'a CA bundle that is not there',
    env: { AWS_CA_BUNDLE: '/none.pem' },
    cause: 'config_certificates',
    fails: /the CA bundle '\/none.pem' \(from AWS_CA_BUNDLE\): it does not exist$/,
  },
  {
    name: 'a setting of another form',
    env: { AWS_MAX_ATTEMPTS: 'sentinel-many' },
    cause: 'config_value',
    fails: /cannot use AWS_MAX_ATTEMPTS: it must be a whole number/,
  },
  {
    name: 'a proxy that is none',
    env: {
      KEYS: 'env',
      HTTPS_PROXY: 'socks5://user:sentinel-password@127.0.0.1:1',
      AWS_ENDPOINT_URL_ECR: undefined,
    },
    cause: 'config_value',
    fails: /cannot use HTTPS_PROXY: it must be the URL of an http or https proxy$/,
  },
  {
    name: 'an option that nobody knows',
    args: ['--verbos'],
    exitCode: 2,
    cause: 'usage_argument',
    fails: /cannot use the argument '--verbos': it is not known/,
  },
]

const warm = (place: string) => ({
  args: ['warm', '--cache-dir', place, `123456789012.dkr.ecr.us-west-2.amazonaws.com/a`],
})

const CACHE: readonly BrokenNode[] = [
  {
    name: 'a cache directory that others may read',
    ...warm('DIR/cache'),
    prepare: ({ directory }) => {
      mkdirSync(`${directory}/.aws/cache`, { recursive: true })
      chmodSync(`${directory}/.aws/cache`, 0o755)
    },
    cause: 'cache_mode',
    fails:
      /cache directory '.*cache': its mode is 0755, so others may use it; hint: it must be 0700$/,
  },
  {
    name: 'a cache directory on a read-only file system',
    ...warm('/etc/cache'),
    around: withMount('ro,mode=0700', '/etc/cache'),
    isApart: true,
    cause: 'cache_read_only',
    fails: /cache directory '\/etc\/cache': its file system is read-only$/,
  },
  {
    name: 'a cache directory that is full',
    ...warm('/etc/cache'),
    // No room for a file, since the directory takes the one inode.
    around: withMount('mode=0700,nr_inodes=1', '/etc/cache'),
    isApart: true,
    cause: 'cache_full',
    fails: /cache directory '\/etc\/cache': no space is left in its file system$/,
  },
]

/** All of them. */
export const BROKEN_NODES: readonly BrokenNode[] = [
  ...INSTANCE,
  ...WAY,
  ...PROXIES,
  ...PERMISSIONS,
  ...KEYS,
  ...IDENTITIES,
  ...CONFIGURATION,
  ...CACHE,
]
