import { issueKey } from './keys.ts'
import { createRegistry, type RegistryState } from './registry.ts'
import type { Key } from './sigv4.ts'

/** What the world's AWS knows and is set to; a test may change any of it at any time. */
export interface State {
  /** Every key the world accepts, by access key id. */
  readonly keys: Map<string, Key>
  /** Every secret made so far (secret keys, tokens); a plugin must print none of them. */
  readonly secrets: Set<string>
  /** How far the fake's clock is ahead of the machine's; all its answers and checks follow it. */
  clockSkewSeconds: number
  readonly imds: ImdsState
  readonly container: ContainerState
  readonly sts: StsState
  readonly sso: SsoState
  readonly ecr: EcrState
  readonly registry: RegistryState
}

/** Instance metadata. */
export interface ImdsState {
  /** The instance's role; without one the role list is a 404. */
  role: InstanceRole | undefined
  region: string
  accountId: string
  /** Valid session tokens with the time they expire. */
  readonly tokens: Map<string, number>
}

/** The role of an instance and the answer to a request for its credentials. */
interface InstanceRole {
  readonly name: string
  /** `Success`, or for instance `AssumeRoleUnauthorizedAccess`. */
  readonly code: string
  readonly key: Key
}

/** Container credentials, in both of their dialects: ECS and EKS Pod Identity. */
interface ContainerState {
  key: Key
  /** The exact `Authorization` a request must carry; anything goes when `undefined`. */
  authorization: string | undefined
}

/** Security Token Service. */
interface StsState {
  /** Region that signatures must name when the request's host does not say. */
  region: string | undefined
  /** Roles nobody may assume, as ARNs. */
  readonly denied: Set<string>
  /** External ids that roles ask for, by role ARN. */
  readonly externalIds: Map<string, string>
  /** Web identity tokens that are accepted; any non-empty one when `undefined`. */
  webIdentityTokens: Set<string> | undefined
  /** Life of what is issued when the request does not say. */
  lifetimeSeconds: number
}

/** IAM Identity Center: the portal and its OIDC service. */
interface SsoState {
  /** Valid access tokens with the time they expire. */
  readonly accessTokens: Map<string, number>
  readonly refreshTokens: Set<string>
  readonly clients: Map<string, string>
  /** Roles nobody may have, by name. */
  readonly denied: Set<string>
}

/** Both registries' token services. */
interface EcrState {
  /** Region that signatures must name when the request's host does not say. */
  region: string | undefined
  lifetimeSeconds: number
  /** Owners of keys that lack `ecr:GetAuthorizationToken`. */
  readonly denied: Set<string>
  /** Every password given out so far; it belongs on stdout and nowhere else. */
  readonly passwords: Set<string>
}

/** The state of a new world: an instance with a role, a container with a key, nothing refused. */
export function createState(): State {
  const base = { keys: new Map<string, Key>(), secrets: new Set<string>(), clockSkewSeconds: 0 }
  return {
    ...base,
    imds: {
      role: {
        name: 'node-role',
        code: 'Success',
        key: issueKey(base, { owner: 'role/node-role' }),
      },
      region: 'us-west-2',
      accountId: '123456789012',
      tokens: new Map(),
    },
    container: { key: issueKey(base, { owner: 'role/container-role' }), authorization: undefined },
    sts: {
      region: undefined,
      denied: new Set(),
      externalIds: new Map(),
      webIdentityTokens: undefined,
      lifetimeSeconds: 3600,
    },
    sso: {
      accessTokens: new Map(),
      refreshTokens: new Set(),
      clients: new Map(),
      denied: new Set(),
    },
    ecr: {
      region: undefined,
      lifetimeSeconds: 12 * 60 * 60,
      denied: new Set(),
      passwords: new Set(),
    },
    registry: createRegistry(),
  }
}
