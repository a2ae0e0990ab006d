import { expect } from 'bun:test'

import type { Scenario } from './scenario.ts'
import { LATER, logIn, PAST, SESSION } from './sources.ts'

const UNSET = {
  AWS_ENDPOINT_URL_ECR: undefined,
  AWS_ENDPOINT_URL_ECR_PUBLIC: undefined,
  AWS_ENDPOINT_URL_STS: undefined,
  AWS_ENDPOINT_URL_SSO: undefined,
  AWS_ENDPOINT_URL_SSO_OIDC: undefined,
}
const KEYS = { ...UNSET, KEYS: 'env' }
const FIPS = { AWS_USE_FIPS_ENDPOINT: 'true' }
const DUAL = { AWS_USE_DUALSTACK_ENDPOINT: 'true' }
const ROLE = '[default]\nrole_arn = ROLE(a)\nKEYS(b)\n'
const SIGNER = 'assumed-role/a/ecr-credential-provider'
const account = '123456789012'
const NOWHERE = 'https://127.0.0.1:1'

/** Registry host, and the host that is asked for its password. */
const REGISTRIES = [
  ['dkr.ecr.eu-west-1.amazonaws.com', 'api.ecr.eu-west-1.amazonaws.com'],
  ['dkr.ecr-fips.us-east-1.amazonaws.com', 'api.ecr-fips.us-east-1.amazonaws.com'],
  ['dkr-ecr.us-west-2.on.aws', 'ecr.us-west-2.api.aws'],
  ['dkr-ecr-fips.us-west-2.on.aws', 'ecr-fips.us-west-2.api.aws'],
  ['dkr.ecr.cn-north-1.amazonaws.com.cn', 'api.ecr.cn-north-1.amazonaws.com.cn'],
  ['dkr.ecr.us-gov-west-1.amazonaws.com', 'api.ecr.us-gov-west-1.amazonaws.com'],
  ['dkr.ecr.eusc-de-east-1.amazonaws.eu', 'api.ecr.eusc-de-east-1.amazonaws.eu'],
  ['dkr.ecr.us-iso-east-1.c2s.ic.gov', 'api.ecr.us-iso-east-1.c2s.ic.gov'],
] as const

/** The hosts of AWS, as a proxy sees them, and the addresses that a node configures instead. */
export const HOSTS: readonly Scenario[] = [
  ...REGISTRIES.map(([registry, host]) => ({
    name: `hosts: ${registry}`,
    image: `${account}.${registry}/x`,
    env: KEYS,
    signer: 'env',
    proxied: `${host}:443`,
  })),
  {
    name: 'hosts: public.ecr.aws',
    image: 'public.ecr.aws/x/y',
    env: { ...KEYS, AWS_REGION: 'eu-west-1' },
    signer: 'env',
    proxied: 'api.ecr-public.us-east-1.amazonaws.com:443',
  },
  ...(
    [
      [FIPS, 'sts-fips.us-west-2.amazonaws.com:443 api.ecr-fips.us-west-2.amazonaws.com:443'],
      [DUAL, 'sts.us-west-2.api.aws:443 ecr.us-west-2.api.aws:443'],
      [{ ...FIPS, ...DUAL }, 'sts-fips.us-west-2.api.aws:443 ecr-fips.us-west-2.api.aws:443'],
      [
        { AWS_USE_FIPS_ENDPOINT: 'False' },
        'sts.us-west-2.amazonaws.com:443 api.ecr.us-west-2.amazonaws.com:443',
      ],
    ] as const
  ).map(([env, proxied]) => ({
    name: `hosts: a role with ${JSON.stringify(env)}`,
    env: { ...UNSET, ...env },
    config: ROLE,
    signer: SIGNER,
    proxied,
  })),
  {
    name: 'hosts: use_fips_endpoint and use_dualstack_endpoint',
    env: UNSET,
    config: `${ROLE}use_fips_endpoint = TRUE\nuse_dualstack_endpoint = true`,
    signer: SIGNER,
    proxied: 'sts-fips.us-west-2.api.aws:443 ecr-fips.us-west-2.api.aws:443',
  },
  {
    name: 'hosts: AWS_USE_FIPS_ENDPOINT=false before the profile',
    env: { ...KEYS, AWS_USE_FIPS_ENDPOINT: 'false' },
    config: '[default]\nuse_fips_endpoint = true',
    signer: 'env',
    proxied: 'api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: STS in China',
    image: `${account}.dkr.ecr.cn-north-1.amazonaws.com.cn/x`,
    env: { ...UNSET, AWS_REGION: 'us-east-1' },
    config: ROLE,
    signer: SIGNER,
    proxied: 'sts.cn-north-1.amazonaws.com.cn:443 api.ecr.cn-north-1.amazonaws.com.cn:443',
  },
  {
    name: 'hosts: IAM Identity Center in its own region',
    env: UNSET,
    config: SESSION,
    prepare: logIn('corp', PAST),
    signer: 'assumed-role/Puller/sso',
    proxied:
      'oidc.us-east-1.amazonaws.com:443 portal.sso.us-east-1.amazonaws.com:443 api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: IAM Identity Center with FIPS',
    env: { ...UNSET, ...FIPS },
    config: SESSION,
    prepare: logIn('corp', LATER),
    signer: 'assumed-role/Puller/sso',
    proxied: 'portal.sso-fips.us-east-1.amazonaws.com:443 api.ecr-fips.us-west-2.amazonaws.com:443',
  },
  {
    name: "hosts: a service account's STS in the image's region",
    image: `${account}.dkr.ecr.eu-west-1.amazonaws.com/x`,
    env: { ...UNSET, AWS_REGION: 'us-east-2', AWS_ECR_ROLE_ARN: 'ROLE(a)' },
    request: { serviceAccountToken: 'sentinel-sa' },
    signer: SIGNER,
    proxied: 'sts.eu-west-1.amazonaws.com:443 api.ecr.eu-west-1.amazonaws.com:443',
  },
  ...(
    [
      [{}, '', 'us-east-1'],
      [{ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-2' }, '', 'eu-west-1'],
      [{ AWS_DEFAULT_REGION: 'us-east-2' }, 'region = ap-south-1', 'us-east-2'],
      [{}, 'region = ap-south-1', 'ap-south-1'],
    ] as const
  ).map(([env, line, region]) => ({
    name: `hosts: a service account's STS for a public image, ${JSON.stringify(env)} ${line}`,
    image: 'public.ecr.aws/x/y',
    env: { ...UNSET, AWS_ECR_ROLE_ARN: 'ROLE(a)', ...env },
    config: `[default]\n${line}`,
    request: { serviceAccountToken: 'sentinel-sa' },
    signer: SIGNER,
    proxied: `sts.${region}.amazonaws.com:443 api.ecr-public.us-east-1.amazonaws.com:443`,
  })),
  {
    name: "hosts: a node's own STS for a public image, whatever AWS_REGION says",
    image: 'public.ecr.aws/x/y',
    env: { ...UNSET, AWS_REGION: 'eu-west-1' },
    config: ROLE,
    signer: SIGNER,
    proxied: 'sts.us-east-1.amazonaws.com:443 api.ecr-public.us-east-1.amazonaws.com:443',
  },
  {
    name: 'hosts: AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    env: {
      KEYS: 'env',
      AWS_ENDPOINT_URL: NOWHERE,
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE',
    },
    config: `[default]\nendpoint_url = ${NOWHERE}`,
    signer: 'env',
    proxied: 'api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: ignore_configured_endpoint_urls',
    env: { KEYS: 'env' },
    config: '[default]\nignore_configured_endpoint_urls = true',
    signer: 'env',
    proxied: 'api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: ignored addresses do not conflict with FIPS',
    env: { KEYS: 'env', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', ...FIPS },
    signer: 'env',
    proxied: 'api.ecr-fips.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: endpoint_url is lost in the credentials file of a profile in both',
    env: KEYS,
    config: '[default]\nregion = us-east-1',
    credentials: `[default]\nendpoint_url = ${NOWHERE}`,
    signer: 'env',
    proxied: 'api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: endpoint_url of a profile in the credentials file alone',
    env: KEYS,
    credentials: '[default]\nendpoint_url = URL(ecr)',
    signer: 'env',
  },
  {
    name: 'hosts: endpoint_url of a source profile does not count',
    env: UNSET,
    config: `[default]\nrole_arn = ROLE(a)\nsource_profile = b\n[profile b]\nKEYS(b)\nendpoint_url = ${NOWHERE}`,
    signer: SIGNER,
    proxied: 'sts.us-west-2.amazonaws.com:443 api.ecr.us-west-2.amazonaws.com:443',
  },
  {
    name: 'hosts: a services section with every service',
    env: UNSET,
    config: `${SESSION.replace('sso_role_name', 'services = s\nrole_arn = ROLE(a)\nsso_role_name')}[services s]\necr =\n  endpoint_url = URL(ecr)\nsts =\n  endpoint_url = URL(sts)\nsso =\n  endpoint_url = URL(sso)\nsso_oidc =\n  endpoint_url = URL(oidc)`,
    prepare: logIn('corp', PAST),
    signer: SIGNER,
    steps: 'oidc-token sso-credentials sts-assume-role ecr',
  },
  {
    name: 'hosts: ecr_public of a services section',
    image: 'public.ecr.aws/x/y',
    env: KEYS,
    config: '[default]\nservices = s\n[services s]\necr_public =\n  endpoint_url = URL(ecrPublic)',
    signer: 'env',
  },
  {
    name: "hosts: a service's variable before its section",
    env: { ...KEYS, AWS_ENDPOINT_URL_ECR: 'URL(ecr)' },
    config: `[default]\nservices = s\n[services s]\necr =\n  endpoint_url = ${NOWHERE}`,
    signer: 'env',
  },
  {
    name: 'hosts: AWS_ENDPOINT_URL before a services section, where no service has a variable',
    env: { ...KEYS, AWS_ENDPOINT_URL: 'URL(ecr)' },
    config: `[default]\nservices = s\n[services s]\necr =\n  endpoint_url = ${NOWHERE}`,
    signer: 'env',
  },
  {
    name: 'hosts: AWS_ENDPOINT_URL is for SSO too',
    env: { ...UNSET, AWS_ENDPOINT_URL: 'URL(sso)' },
    config: SESSION,
    prepare: logIn('corp', LATER),
    fails: /ECR/,
    check: ({ requests }) =>
      expect(requests.map(({ service, step }) => `${service} ${step}`)).toEqual([
        'sso sso-credentials',
        'sso unknown',
      ]),
  },
  ...(
    [
      [{ ...FIPS, AWS_ENDPOINT_URL: 'URL(ecr)' }, /FIPS/],
      [{ ...DUAL, AWS_ENDPOINT_URL: 'URL(ecr)' }, /DUALSTACK/],
    ] as const
  ).map(([env, fails]) => ({
    name: `hosts: ${JSON.stringify(env)} cannot be`,
    env: { ...KEYS, ...env },
    fails,
    steps: '',
  })),
  {
    name: 'hosts: a signature names region and service, whatever the address',
    image: `${account}.dkr.ecr.ap-south-1.amazonaws.com/x`,
    env: { KEYS: 'env', AWS_REGION: 'eu-west-1' },
    sent: ['/ap-south-1/ecr/aws4_request'],
    signer: 'env',
  },
]
