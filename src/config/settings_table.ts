/** How a setting's text becomes its value. */
export interface Kind<T> {
  /** `undefined` when the text is not acceptable. */
  readonly parse: (text: string) => T | undefined
  /** What is acceptable, for the error line and the README. */
  readonly accepts: string
}

/** One setting: its key in the profile in use, and its variables, which win, in order of precedence. */
export interface Setting<T> extends Kind<T> {
  readonly key: string | undefined
  readonly env: readonly string[]
}

function setting<T>(
  { parse, accepts }: Kind<T>,
  key: string | undefined,
  ...env: readonly string[]
): Setting<T> {
  return { parse, accepts, key, env }
}

/** A region becomes part of a host name, so its form is checked: with `s3`, `sts.s3.amazonaws.com` would be anyone's bucket. */
export const REGION: Kind<string> = {
  parse: (text) => (/^[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-[0-9]{1,2}$/.test(text) ? text : undefined),
  accepts: 'a region name such as us-east-1',
}

const TEXT: Kind<string> = { parse: (text) => text, accepts: 'any text' }

/** `true` or `false` in any case. Anything else is refused: `yes` must not silently mean no. */
const BOOLEAN: Kind<boolean> = {
  parse: (text) => (/^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  accepts: 'true or false',
}

/** Only `true` has an effect, in any case; every other value, even `1`, is no error and does nothing. */
const ONLY_TRUE: Kind<boolean> = {
  parse: (text) => text.toLowerCase() === 'true',
  accepts: '`true`; anything else has no effect',
}

/** Attempts for one call. Zero and less mean the default, as zero does in the AWS SDK for Go. */
const ATTEMPTS: Kind<number> = {
  parse: (text) => (/^[+-]?[0-9]{1,4}$/.test(text) ? Number(text) : undefined),
  accepts: 'a whole number from -9999 to 9999; 0 and less mean 3',
}

/** IP version of the instance metadata service. */
const ENDPOINT_MODE: Kind<'ipv4' | 'ipv6'> = {
  parse: (text) => (['ipv4', 'ipv6'] as const).find((mode) => mode === text.trim().toLowerCase()),
  accepts: 'IPv4 or IPv6',
}

/** A URL as written, without a query or fragment that could change what is signed. */
export const SERVICE_URL: Kind<string> = {
  parse: (text) =>
    /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(text) ? URL.parse(text)?.href : undefined,
  accepts: 'an http or https URL without user information, query or fragment',
}

/**
 * What selects and describes a source of credentials; each is read by that source. Unlike the other settings these never mix: a
 * variable does not complete a profile, nor a profile a variable.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SOURCES = {
  accessKeyId: setting(TEXT, 'aws_access_key_id', 'AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'),
  secretAccessKey: setting(
    TEXT,
    'aws_secret_access_key',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SECRET_KEY',
  ),
  sessionToken: setting(TEXT, 'aws_session_token', 'AWS_SESSION_TOKEN'),
  webIdentityTokenFile: setting(TEXT, 'web_identity_token_file', 'AWS_WEB_IDENTITY_TOKEN_FILE'),
  roleArn: setting(TEXT, 'role_arn', 'AWS_ROLE_ARN'),
  roleSessionName: setting(TEXT, 'role_session_name', 'AWS_ROLE_SESSION_NAME'),
  sourceProfile: setting(TEXT, 'source_profile'),
  credentialSource: setting(TEXT, 'credential_source'),
  externalId: setting(TEXT, 'external_id'),
  durationSeconds: setting(TEXT, 'duration_seconds'),
  mfaSerial: setting(TEXT, 'mfa_serial'),
  credentialProcess: setting(TEXT, 'credential_process'),
  ssoSession: setting(TEXT, 'sso_session'),
  ssoStartUrl: setting(TEXT, 'sso_start_url'),
  ssoRegion: setting(TEXT, 'sso_region'),
  ssoAccountId: setting(TEXT, 'sso_account_id'),
  ssoRoleName: setting(TEXT, 'sso_role_name'),
  loginSession: setting(TEXT, 'login_session'),
  containerRelativeUri: setting(TEXT, undefined, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'),
  containerFullUri: setting(TEXT, undefined, 'AWS_CONTAINER_CREDENTIALS_FULL_URI'),
  containerTokenFile: setting(TEXT, undefined, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'),
  containerToken: setting(TEXT, undefined, 'AWS_CONTAINER_AUTHORIZATION_TOKEN'),
  ecrRoleArn: setting(TEXT, undefined, 'AWS_ECR_ROLE_ARN'),
}

/**
 * Every other setting that has an effect.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SETTINGS = {
  region: setting(REGION, 'region', 'AWS_REGION', 'AWS_DEFAULT_REGION'),
  fips: setting(BOOLEAN, 'use_fips_endpoint', 'AWS_USE_FIPS_ENDPOINT'),
  dualStack: setting(BOOLEAN, 'use_dualstack_endpoint', 'AWS_USE_DUALSTACK_ENDPOINT'),
  ignoreEndpoints: setting(
    BOOLEAN,
    'ignore_configured_endpoint_urls',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  ),
  endpoint: setting(SERVICE_URL, 'endpoint_url', 'AWS_ENDPOINT_URL'),
  ecr: setting(SERVICE_URL, undefined, 'AWS_ENDPOINT_URL_ECR'),
  'ecr-public': setting(SERVICE_URL, undefined, 'AWS_ENDPOINT_URL_ECR_PUBLIC'),
  sts: setting(SERVICE_URL, undefined, 'AWS_ENDPOINT_URL_STS'),
  sso: setting(SERVICE_URL, undefined, 'AWS_ENDPOINT_URL_SSO'),
  'sso-oidc': setting(SERVICE_URL, undefined, 'AWS_ENDPOINT_URL_SSO_OIDC'),
  services: setting(TEXT, 'services'),
  maxAttempts: setting(ATTEMPTS, 'max_attempts', 'AWS_MAX_ATTEMPTS'),
  noSkewCorrection: setting(
    BOOLEAN,
    'disable_clock_skew_correction',
    'AWS_DISABLE_CLOCK_SKEW_CORRECTION',
  ),
  imdsDisabled: setting(ONLY_TRUE, undefined, 'AWS_EC2_METADATA_DISABLED'),
  imdsEndpoint: setting(
    SERVICE_URL,
    'ec2_metadata_service_endpoint',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  ),
  imdsMode: setting(
    ENDPOINT_MODE,
    'ec2_metadata_service_endpoint_mode',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
  ),
  caBundle: setting(TEXT, 'ca_bundle', 'AWS_CA_BUNDLE'),
  appId: setting(TEXT, 'sdk_ua_app_id', 'AWS_SDK_UA_APP_ID'),
}
