import { createSecret, issueKey, readClock } from './keys.ts'
import { jsonReply, type Reply } from './reply.ts'
import { readText, type WireRequest } from './request.ts'
import type { Answer } from './service.ts'
import type { State } from './state.ts'

/** The portal of IAM Identity Center: a role's credentials for an access token. */
export function answerSso(request: WireRequest, state: State): Answer {
  const known = request.method === 'GET' && request.path === '/federation/credentials'
  if (!known) return { step: 'unknown', reply: portalError(404, 'ResourceNotFoundException') }
  return { step: 'sso-credentials', reply: replyCredentials(request, state) }
}

/** The OIDC service of IAM Identity Center: a new access token for a refresh token. */
export function answerOidc(request: WireRequest, state: State): Answer {
  const known = request.method === 'POST' && request.path === '/token'
  if (!known) return { step: 'unknown', reply: oidcError(404, 'invalid_request') }
  return { step: 'oidc-token', reply: replyToken(request, state) }
}

/** What a user who has just logged in holds; a test writes it into the cache file. */
interface Login {
  readonly accessToken: string
  readonly refreshToken: string
  readonly clientId: string
  readonly clientSecret: string
}

/** A new login that the portal and the OIDC service will accept; a negative life makes it expired. */
export function createLogin(state: State, lifetimeSeconds = 3600): Login {
  const login = {
    accessToken: createSecret(state, 'sso-access-token'),
    refreshToken: createSecret(state, 'sso-refresh-token'),
    clientId: `client-${state.sso.clients.size + 1}`,
    clientSecret: createSecret(state, 'sso-client-secret'),
  }
  state.sso.accessTokens.set(login.accessToken, readClock(state) + lifetimeSeconds * 1000)
  state.sso.refreshTokens.add(login.refreshToken)
  state.sso.clients.set(login.clientId, login.clientSecret)
  return login
}

function replyCredentials(request: WireRequest, state: State): Reply {
  const token = request.headers.get('x-amz-sso_bearer_token') ?? ''
  const role = request.query.get('role_name') ?? ''
  const account = request.query.get('account_id') ?? ''
  const expiresAtMs = state.sso.accessTokens.get(token)
  if (expiresAtMs === undefined || expiresAtMs <= readClock(state)) {
    return portalError(401, 'UnauthorizedException', 'Session token not found or invalid')
  }
  if (role === '' || !/^\d{12}$/.test(account))
    return portalError(400, 'InvalidRequestException', 'Invalid request')
  if (state.sso.denied.has(role)) return portalError(403, 'ForbiddenException', 'No access')
  const key = issueKey(state, { owner: `assumed-role/${role}/sso` })
  const { accessKeyId, secretAccessKey, sessionToken } = key
  return jsonReply(200, {
    roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: key.expiresAtMs },
  })
}

function replyToken(request: WireRequest, state: State): Reply {
  const grant = readGrant(readText(request))
  if (grant === undefined) return oidcError(400, 'invalid_request')
  const { clientId, clientSecret, grantType, refreshToken } = grant
  if (grantType !== 'refresh_token') return oidcError(400, 'unsupported_grant_type')
  if (clientSecret === undefined || state.sso.clients.get(clientId ?? '') !== clientSecret) {
    return oidcError(401, 'invalid_client')
  }
  if (!state.sso.refreshTokens.delete(refreshToken ?? '')) return oidcError(400, 'invalid_grant')
  const accessToken = createSecret(state, 'sso-access-token')
  const next = createSecret(state, 'sso-refresh-token')
  state.sso.accessTokens.set(accessToken, readClock(state) + 3600 * 1000)
  state.sso.refreshTokens.add(next)
  return jsonReply(200, { accessToken, expiresIn: 3600, refreshToken: next, tokenType: 'Bearer' })
}

type Grant = Readonly<
  Partial<Record<'clientId' | 'clientSecret' | 'grantType' | 'refreshToken', string>>
>

function readGrant(text: string): Grant | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const fields = Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    return Object.fromEntries(fields)
  } catch {
    return undefined
  }
}

function portalError(status: number, code: string, message = code): Reply {
  const answer = jsonReply(status, { message, __type: `com.amazonaws.switchboard.portal#${code}` })
  return { ...answer, headers: { ...answer.headers, 'x-amzn-ErrorType': code } }
}

function oidcError(status: number, error: string): Reply {
  const words = error.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const answer = jsonReply(status, { error, error_description: error.replaceAll('_', ' ') })
  return {
    ...answer,
    headers: { ...answer.headers, 'x-amzn-ErrorType': `${words.join('')}Exception` },
  }
}
