import type { Credentials } from '../aws/credentials.ts'
import type { Found } from '../config/settings.ts'

/** A role to assume, and the name that its session has in CloudTrail. */
export interface Role {
  readonly arn: string
  readonly sessionName?: string | undefined
}

/** A role that is assumed with other keys. */
export interface AssumedRole extends Role {
  readonly externalId: string | undefined
  readonly durationSeconds: number
}

/** A role, and the file that holds the token for it. */
export interface WebIdentity extends Role {
  readonly tokenFile: string
}

/** What a profile says about IAM Identity Center. */
export interface Sso {
  /** Profile name, for the error line. */
  readonly profile: string
  /** Name of the `sso-session` section, `undefined` for the legacy form, which cannot be refreshed. */
  readonly session: string | undefined
  readonly startUrl: string
  readonly region: string
  readonly accountId: string
  readonly roleName: string
}

/** A role, and the token for it: of a service account, or what a file holds. */
export interface RoleWithToken extends Role {
  /** Presented to STS for the role, and to nobody else. */
  readonly token: string
  /** Of STS, where that of ECR is not to be taken. */
  readonly region?: string | undefined
}

/** A source of credentials, selected from configuration alone: nothing has been asked yet. */
export type Source =
  | { readonly kind: 'service_account'; readonly account: RoleWithToken }
  | { readonly kind: 'keys'; readonly keys: Credentials }
  | { readonly kind: 'web_identity'; readonly identity: WebIdentity }
  | { readonly kind: 'sso'; readonly sso: Sso }
  | { readonly kind: 'process'; readonly command: string; readonly profile: string }
  | { readonly kind: 'container'; readonly url: Found<string> }
  /** `reason` is why IMDS is asked, for the error line. */
  | { readonly kind: 'instance'; readonly reason: string }
  | { readonly kind: 'role'; readonly role: AssumedRole; readonly base: Source }
