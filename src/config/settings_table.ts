import {
  ATTEMPTS,
  BOOLEAN,
  ENDPOINT_MODE,
  ONLY_TRUE,
  REGION,
  SERVICE_URL,
  setting,
  TEXT,
} from './kinds.ts'

/**
 * Every setting that has an effect, once: the README's table is made from it. What selects and describes the sources of
 * credentials is in `source_settings.ts`.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SETTINGS = {
  region: setting(
    REGION,
    { env: ['AWS_REGION', 'AWS_DEFAULT_REGION'], key: 'region' },
    'region where the image names none: mirrors, `warm` without an image, and STS for service accounts and public images',
  ),
  fips: setting(
    BOOLEAN,
    { env: ['AWS_USE_FIPS_ENDPOINT'], key: 'use_fips_endpoint' },
    'FIPS endpoint of every service',
  ),
  dualStack: setting(
    BOOLEAN,
    { env: ['AWS_USE_DUALSTACK_ENDPOINT'], key: 'use_dualstack_endpoint' },
    'dual-stack (IPv4 and IPv6) endpoint of every service',
  ),
  ignoreEndpoints: setting(
    BOOLEAN,
    { env: ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'], key: 'ignore_configured_endpoint_urls' },
    'the endpoint URLs below are ignored',
  ),
  endpoint: setting(
    SERVICE_URL,
    { env: ['AWS_ENDPOINT_URL'], key: 'endpoint_url' },
    'endpoint of every service without one of its own',
  ),
  ecr: setting(SERVICE_URL, { env: ['AWS_ENDPOINT_URL_ECR'] }, 'endpoint of ECR'),
  ecrPublic: setting(
    SERVICE_URL,
    { env: ['AWS_ENDPOINT_URL_ECR_PUBLIC'] },
    'endpoint of ECR Public',
  ),
  sts: setting(SERVICE_URL, { env: ['AWS_ENDPOINT_URL_STS'] }, 'endpoint of STS'),
  sso: setting(
    SERVICE_URL,
    { env: ['AWS_ENDPOINT_URL_SSO'] },
    'endpoint of the IAM Identity Center portal',
  ),
  ssoOidc: setting(
    SERVICE_URL,
    { env: ['AWS_ENDPOINT_URL_SSO_OIDC'] },
    'endpoint of IAM Identity Center OIDC',
  ),
  services: setting(
    TEXT,
    { env: [], key: 'services' },
    'the `[services NAME]` section, which gives each service an `endpoint_url`: `ecr`, `ecr_public`, `sts`, `sso`, `sso_oidc`',
  ),
  maxAttempts: setting(
    ATTEMPTS,
    { env: ['AWS_MAX_ATTEMPTS'], key: 'max_attempts' },
    'attempts for a call to ECR, STS and SSO; default 3',
  ),
  noSkewCorrection: setting(
    BOOLEAN,
    { env: ['AWS_DISABLE_CLOCK_SKEW_CORRECTION'], key: 'disable_clock_skew_correction' },
    'a wrong clock is not corrected from the answers of AWS',
  ),
  imdsDisabled: setting(ONLY_TRUE, { env: ['AWS_EC2_METADATA_DISABLED'] }, 'IMDS is never asked'),
  imdsEndpoint: setting(
    SERVICE_URL,
    { env: ['AWS_EC2_METADATA_SERVICE_ENDPOINT'], key: 'ec2_metadata_service_endpoint' },
    'address of IMDS; its path is dropped',
  ),
  imdsMode: setting(
    ENDPOINT_MODE,
    { env: ['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'], key: 'ec2_metadata_service_endpoint_mode' },
    'address of IMDS by IP version; default IPv4',
  ),
  caBundle: setting(
    TEXT,
    { env: ['AWS_CA_BUNDLE'], key: 'ca_bundle' },
    "PEM file in place of the host's trust store",
  ),
  appId: setting(
    TEXT,
    { env: ['AWS_SDK_UA_APP_ID'], key: 'sdk_ua_app_id' },
    'added to the User-Agent as `app/ID`',
  ),
}
