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

/** Makes the settings of a kind. */
function settingsOf<T>(kind: Kind<T>) {
  return (key: string | undefined, ...env: readonly string[]): Setting<T> => ({ ...kind, key, env })
}

/** A region becomes part of a host name, so its form is checked: with `s3`, `sts.s3.amazonaws.com` would be anyone's bucket. */
export const REGION: Kind<string> = {
  parse: (text) => (/^[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-[0-9]{1,2}$/.test(text) ? text : undefined),
  accepts: 'a region name such as us-east-1',
}

const regionName = settingsOf(REGION)

const anyText = settingsOf<string>({ parse: (text) => text, accepts: 'any text' })

/** `true` or `false` in any case. Anything else is refused: `yes` must not silently mean no. */
const flag = settingsOf<boolean>({
  parse: (text) => (/^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  accepts: 'true or false',
})

/** Only `true` has an effect, in any case; every other value, even `1`, is no error and does nothing. */
const onlyTrue = settingsOf<boolean>({
  parse: (text) => text.toLowerCase() === 'true',
  accepts: '`true`; anything else has no effect',
})

/** Attempts for one call. Zero and less mean the default, as zero does in the AWS SDK for Go. */
const attempts = settingsOf<number>({
  parse: (text) => (/^[+-]?[0-9]{1,4}$/.test(text) ? Number(text) : undefined),
  accepts: 'a whole number from -9999 to 9999; 0 and less mean 3',
})

/** IP version of the instance metadata service. */
const ipVersion = settingsOf<'ipv4' | 'ipv6'>({
  parse: (text) => (['ipv4', 'ipv6'] as const).find((mode) => mode === text.trim().toLowerCase()),
  accepts: 'IPv4 or IPv6',
})

/** A URL as written, without a query or fragment that could change what is signed. */
export const SERVICE_URL: Kind<string> = {
  parse: (text) =>
    /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(text) ? URL.parse(text)?.href : undefined,
  accepts: 'an http or https URL without user information, query or fragment',
}

const url = settingsOf(SERVICE_URL)

/**
 * What selects and describes a source of credentials; each is read by that source. Unlike the other settings these never mix: a
 * variable does not complete a profile, nor a profile a variable.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SOURCE_SETTINGS = {
  accessKeyId: anyText('aws_access_key_id', 'AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'),
  secretAccessKey: anyText('aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'),
  sessionToken: anyText('aws_session_token', 'AWS_SESSION_TOKEN'),
  webIdentityTokenFile: anyText('web_identity_token_file', 'AWS_WEB_IDENTITY_TOKEN_FILE'),
  roleArn: anyText('role_arn', 'AWS_ROLE_ARN'),
  roleSessionName: anyText('role_session_name', 'AWS_ROLE_SESSION_NAME'),
  sourceProfile: anyText('source_profile'),
  credentialSource: anyText('credential_source'),
  externalId: anyText('external_id'),
  durationSeconds: anyText('duration_seconds'),
  mfaSerial: anyText('mfa_serial'),
  credentialProcess: anyText('credential_process'),
  ssoSession: anyText('sso_session'),
  ssoStartUrl: anyText('sso_start_url'),
  ssoRegion: anyText('sso_region'),
  ssoAccountId: anyText('sso_account_id'),
  ssoRoleName: anyText('sso_role_name'),
  loginSession: anyText('login_session'),
  containerRelativeUri: anyText(undefined, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'),
  containerFullUri: anyText(undefined, 'AWS_CONTAINER_CREDENTIALS_FULL_URI'),
  containerTokenFile: anyText(undefined, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'),
  containerToken: anyText(undefined, 'AWS_CONTAINER_AUTHORIZATION_TOKEN'),
  ecrRoleArn: anyText(undefined, 'AWS_ECR_ROLE_ARN'),
}

/**
 * Every other setting that has an effect.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SETTINGS = {
  region: regionName('region', 'AWS_REGION', 'AWS_DEFAULT_REGION'),
  fips: flag('use_fips_endpoint', 'AWS_USE_FIPS_ENDPOINT'),
  dualStack: flag('use_dualstack_endpoint', 'AWS_USE_DUALSTACK_ENDPOINT'),
  ignoreEndpoints: flag('ignore_configured_endpoint_urls', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'),
  endpoint: url('endpoint_url', 'AWS_ENDPOINT_URL'),
  ecr: url(undefined, 'AWS_ENDPOINT_URL_ECR'),
  'ecr-public': url(undefined, 'AWS_ENDPOINT_URL_ECR_PUBLIC'),
  sts: url(undefined, 'AWS_ENDPOINT_URL_STS'),
  sso: url(undefined, 'AWS_ENDPOINT_URL_SSO'),
  'sso-oidc': url(undefined, 'AWS_ENDPOINT_URL_SSO_OIDC'),
  services: anyText('services'),
  maxAttempts: attempts('max_attempts', 'AWS_MAX_ATTEMPTS'),
  noSkewCorrection: flag('disable_clock_skew_correction', 'AWS_DISABLE_CLOCK_SKEW_CORRECTION'),
  imdsDisabled: onlyTrue(undefined, 'AWS_EC2_METADATA_DISABLED'),
  imdsEndpoint: url('ec2_metadata_service_endpoint', 'AWS_EC2_METADATA_SERVICE_ENDPOINT'),
  imdsMode: ipVersion(
    'ec2_metadata_service_endpoint_mode',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
  ),
  caBundle: anyText('ca_bundle', 'AWS_CA_BUNDLE'),
  appId: anyText('sdk_ua_app_id', 'AWS_SDK_UA_APP_ID'),
}
