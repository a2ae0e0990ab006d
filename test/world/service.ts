import type { Reply } from './reply.ts'
import type { Verification } from './sigv4.ts'

/** The services of the world, each on a port of its own. */
export type Service =
  'imds' | 'container' | 'sts' | 'sso' | 'oidc' | 'ecr' | 'ecr-public' | 'registry' | 'storage'

/** What a request is for; faults can be aimed at it. */
export type Step =
  | 'imds-token'
  | 'imds-role'
  | 'imds-credentials'
  | 'imds-region'
  | 'imds-document'
  | 'container'
  | 'sts-assume-role'
  | 'sts-web-identity'
  | 'sso-credentials'
  | 'oidc-token'
  | 'ecr'
  | 'ecr-public'
  | 'registry'
  | 'storage'
  | 'unknown'

/** What a service makes of a request. */
export interface Answer {
  readonly step: Step
  readonly reply: Reply
  /** Where the request had to be signed. */
  readonly verification?: Verification
}
