import { type Setting, SETTINGS, SOURCE_SETTINGS } from '../../src/config/settings_table.ts'

/** What stands in the README before and after the generated tables. */
export const MARKERS = ['<!-- generated from src/config: begin -->', '<!-- end -->'] as const

/** The README's tables of variables and profile keys, made from the tables that the program reads its settings by. */
export function formatSettings(): string {
  return [
    'Sources of credentials. Each source must be complete in itself: variables and profile keys are not combined.',
    formatTable(SOURCE_SETTINGS, false),
    'Everything else. Where both are set, the variable wins.',
    formatTable(SETTINGS, true),
  ].join('\n\n')
}

function formatTable(
  settings: Readonly<Record<string, Setting<unknown>>>,
  withAccepts: boolean,
): string {
  const head = ['variable', 'profile key', 'effect', ...(withAccepts ? ['accepted'] : [])]
  const rows = Object.entries(settings).map(([id, { env, key, accepts }]) => [
    env.map((name) => `\`${name}\``).join(', else '),
    key === undefined ? '' : `\`${key}\``,
    EFFECTS[id] ?? '',
    ...(withAccepts ? [accepts] : []),
  ])
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** What each setting does, for the README; the program itself has no use for it. */
const EFFECTS: Readonly<Record<string, string>> = {
  accessKeyId: 'access key',
  secretAccessKey: 'secret key',
  sessionToken: 'session token of temporary keys',
  webIdentityTokenFile: 'file with the token for `AssumeRoleWithWebIdentity`',
  roleArn: 'role to assume; the variable is for the web identity token of the environment only',
  roleSessionName: 'session name for the role',
  sourceProfile: 'profile whose credentials assume the role',
  credentialSource: 'what assumes the role: `Environment`, `Ec2InstanceMetadata` or `EcsContainer`',
  externalId: 'external ID for the role',
  durationSeconds: 'seconds that the role session lasts; values below 960 become 900',
  mfaSerial: 'refused: nobody is there to type a code',
  credentialProcess:
    'command that prints credentials; runs in a shell as written, with its quotes, up to a comment',
  ssoSession: 'the `[sso-session NAME]` section, with `sso_region` and `sso_start_url`',
  ssoStartUrl: 'IAM Identity Center portal',
  ssoRegion: 'region of IAM Identity Center',
  ssoAccountId: 'account for the role credentials',
  ssoRoleName: 'role for the role credentials',
  loginSession: 'refused: console login sessions are not supported',
  containerRelativeUri: 'path at `http://169.254.170.2` (ECS)',
  containerFullUri: 'URL of container credentials (EKS Pod Identity)',
  containerTokenFile: 'file with the `Authorization` value for these',
  containerToken: 'the value itself, where no file is named',
  ecrRoleArn: 'role for service-account tokens without the annotation',
  region:
    'region where the image names none: mirrors, `warm` without an image, and STS for service accounts and public images',
  fips: 'FIPS endpoint of every service',
  dualStack: 'dual-stack (IPv4 and IPv6) endpoint of every service',
  ignoreEndpoints: 'the endpoint URLs below are ignored',
  endpoint: 'endpoint of every service without one of its own',
  ecr: 'endpoint of ECR',
  'ecr-public': 'endpoint of ECR Public',
  sts: 'endpoint of STS',
  sso: 'endpoint of the IAM Identity Center portal',
  'sso-oidc': 'endpoint of IAM Identity Center OIDC',
  services:
    'the `[services NAME]` section, which gives each service an `endpoint_url`: `ecr`, `ecr_public`, `sts`, `sso`, `sso_oidc`',
  maxAttempts: 'attempts for a call to ECR, STS and SSO; default 3',
  noSkewCorrection: 'a wrong clock is not corrected from the answers of AWS',
  imdsDisabled: 'IMDS is never asked',
  imdsEndpoint: 'address of IMDS; its path is dropped',
  imdsMode: 'address of IMDS by IP version; default IPv4',
  caBundle: "PEM file in place of the host's trust store",
  appId: 'added to the User-Agent as `app/ID`',
}
