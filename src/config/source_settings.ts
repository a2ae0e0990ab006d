import { setting, TEXT } from './kinds.ts'

/**
 * What selects and describes a source of credentials, in the environment or in a profile; each is read by that source.
 * Unlike the other settings these never mix: a variable does not complete a profile, nor a profile a variable.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export const SOURCES = {
  accessKeyId: setting(
    TEXT,
    { env: ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'], key: 'aws_access_key_id' },
    'access key',
  ),
  secretAccessKey: setting(
    TEXT,
    { env: ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'], key: 'aws_secret_access_key' },
    'secret key',
  ),
  sessionToken: setting(
    TEXT,
    { env: ['AWS_SESSION_TOKEN'], key: 'aws_session_token' },
    'session token of temporary keys',
  ),
  webIdentityTokenFile: setting(
    TEXT,
    { env: ['AWS_WEB_IDENTITY_TOKEN_FILE'], key: 'web_identity_token_file' },
    'file with the token for `AssumeRoleWithWebIdentity`',
  ),
  roleArn: setting(
    TEXT,
    { env: ['AWS_ROLE_ARN'], key: 'role_arn' },
    'role to assume; the variable is for the web identity token of the environment only',
  ),
  roleSessionName: setting(
    TEXT,
    { env: ['AWS_ROLE_SESSION_NAME'], key: 'role_session_name' },
    'session name for the role',
  ),
  sourceProfile: setting(
    TEXT,
    { env: [], key: 'source_profile' },
    'profile whose credentials assume the role',
  ),
  credentialSource: setting(
    TEXT,
    { env: [], key: 'credential_source' },
    'what assumes the role: `Environment`, `Ec2InstanceMetadata` or `EcsContainer`',
  ),
  externalId: setting(TEXT, { env: [], key: 'external_id' }, 'external ID for the role'),
  durationSeconds: setting(
    TEXT,
    { env: [], key: 'duration_seconds' },
    'life of the role session; used from 960 on, otherwise 900',
  ),
  mfaSerial: setting(
    TEXT,
    { env: [], key: 'mfa_serial' },
    'refused: nobody is there to type a code',
  ),
  credentialProcess: setting(
    TEXT,
    { env: [], key: 'credential_process' },
    'command that prints credentials; runs in a shell as written, with its quotes',
  ),
  ssoSession: setting(
    TEXT,
    { env: [], key: 'sso_session' },
    'the `[sso-session NAME]` section, with `sso_region` and `sso_start_url`',
  ),
  ssoStartUrl: setting(TEXT, { env: [], key: 'sso_start_url' }, 'IAM Identity Center portal'),
  ssoRegion: setting(TEXT, { env: [], key: 'sso_region' }, 'region of IAM Identity Center'),
  ssoAccountId: setting(
    TEXT,
    { env: [], key: 'sso_account_id' },
    'account for the role credentials',
  ),
  ssoRoleName: setting(TEXT, { env: [], key: 'sso_role_name' }, 'role for the role credentials'),
  loginSession: setting(
    TEXT,
    { env: [], key: 'login_session' },
    'refused: console login sessions are not supported',
  ),
  containerRelativeUri: setting(
    TEXT,
    { env: ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] },
    'path at `http://169.254.170.2` (ECS)',
  ),
  containerFullUri: setting(
    TEXT,
    { env: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'] },
    'URL of container credentials (EKS Pod Identity)',
  ),
  containerTokenFile: setting(
    TEXT,
    { env: ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] },
    'file with the `Authorization` value for these',
  ),
  containerToken: setting(
    TEXT,
    { env: ['AWS_CONTAINER_AUTHORIZATION_TOKEN'] },
    'the value itself, where no file is named',
  ),
  ecrRoleArn: setting(
    TEXT,
    { env: ['AWS_ECR_ROLE_ARN'] },
    'role for service-account tokens without the annotation',
  ),
} as const
