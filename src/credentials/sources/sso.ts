import * as v from 'valibot'

import { callAws } from '../../aws/call.ts'
import type { Credentials } from '../../aws/credentials.ts'
import { serviceUrl } from '../../aws/endpoints.ts'
import type { Run } from '../../aws/run.ts'
import { decode, HeaderText, NonEmpty, parseJson, refuseAnswer } from '../../base/decode.ts'
import { Failure, failure, quote, subject } from '../../base/failure.ts'
import { inHome } from '../../config/shared_files.ts'
import type { HttpRequest } from '../../net/exchange.ts'
import type { HttpAnswer } from '../../net/network.ts'
import type { Sso } from '../source.ts'
import { awaitFreshToken, readTokenFile, storeToken } from './sso_file.ts'

const refuseKeys = refuseAnswer("IAM Identity Center's answer")
const refuseToken = refuseAnswer("IAM Identity Center's answer for a token")

const SsoAnswer = v.object({
  roleCredentials: v.object({
    accessKeyId: NonEmpty,
    secretAccessKey: NonEmpty,
    sessionToken: NonEmpty,
    // Milliseconds since 1970.
    expiration: v.pipe(v.number(), v.minValue(0), v.maxValue(253_402_300_799_000)),
  }),
})

const NewToken = v.object({
  accessToken: HeaderText,
  // Seconds from now, ten years at most.
  expiresIn: v.pipe(v.number(), v.minValue(1), v.maxValue(315_360_000)),
  refreshToken: v.optional(NonEmpty),
})

/** The causes of a failure which mean that the service has refused the refresh token. */
const REFUSALS: ReadonlySet<string> = new Set(['sso_ended', 'refused', 'status'])

/**
 * Credentials of a role, from the access token that `aws sso login` left on this machine.
 *
 * @throws {Failure} of the token file, or of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 */
export async function fetchSsoCredentials(sso: Sso, run: Run): Promise<Credentials> {
  const headers = { 'x-amz-sso_bearer_token': await findSsoToken(sso, run) }
  const query = new URLSearchParams({ account_id: sso.accountId, role_name: sso.roleName })
  const path = `/federation/credentials?${query.toString()}`
  const wanted = `role ${quote(sso.roleName)}`
  const answer = await callSso(sso, 'sso', { wanted, method: 'GET', path, headers }, run)
  return parseSsoCredentials(answer, sso)
}

/** @throws {Failure} `answer_form` - not the documented shape. */
export function parseSsoCredentials(answer: HttpAnswer, sso: Sso): Credentials {
  const { roleCredentials } = decode(SsoAnswer, parseJson(answer.body, refuseKeys), refuseKeys)
  const { expiration, ...keys } = roleCredentials
  const label = `IAM Identity Center role ${quote(sso.roleName)}`
  return { ...keys, label, expiresAtMs: expiration }
}

/**
 * The access token of a session, from the file that `aws sso login` keeps. An expired one is renewed and the file replaced,
 * if the profile has an `sso-session` and the file a refresh token and client credentials.
 *
 * @throws {Failure} `sso_login` - no file, or expired beyond renewal: somebody has to log in; `config_file`, `sso_file` - the file
 * is unreadable or not of the documented form; `sso_store` - it cannot be replaced; of {@link callAws}; `answer_form`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
export async function findSsoToken(sso: Sso, run: Run): Promise<string> {
  const { system, network } = run
  const needsLogin = (reason: string) => failure('sso_login', { profile: sso.profile, reason })
  // The file is named after the session, in the legacy form after the start URL. SHA-1 is a name here, not a protection.
  const name = new TextEncoder().encode(sso.session ?? sso.startUrl)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', name)).toHex()
  const path = await inHome(`.aws/sso/cache/${digest}.json`, system)
  if (path === undefined) throw needsLogin('this user has no home directory')
  const stored = await readTokenFile(path, system)
  if (stored === undefined) throw needsLogin(`there is no token file ${quote(path)}`)
  if (stored.expiresAtMs > network.clock.now()) return stored.token.accessToken
  const { refreshToken, clientId, clientSecret } = stored.token
  const isRenewable =
    refreshToken !== undefined && clientId !== undefined && clientSecret !== undefined
  if (sso.session === undefined || !isRenewable) {
    throw needsLogin(`the token in ${quote(path)} has expired`)
  }
  try {
    const renewed = await renew(sso, { refreshToken, clientId, clientSecret }, run)
    system.step('storing the renewed token')
    await storeToken(path, { ...stored.token, ...renewed }, run)
    return renewed.accessToken
  } catch (error) {
    // A refresh token works once: another run may have used it a moment ago, and be about to store what it got.
    const isRefused = error instanceof Failure && REFUSALS.has(error.cause)
    const fresh = isRefused ? await awaitFreshToken(path, run) : undefined
    if (fresh !== undefined) return fresh
    throw error
  }
}

/**
 * The new token, in the fields of the file.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
 */
async function renew(
  sso: Sso,
  material: Readonly<Record<'refreshToken' | 'clientId' | 'clientSecret', string>>,
  run: Run,
): Promise<{ accessToken: string; refreshToken: string; expiresAt: string }> {
  const request = {
    wanted: 'a new token',
    method: 'POST',
    path: '/token',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...material, grantType: 'refresh_token' }),
  } as const
  const { body } = await callSso(sso, 'sso_token', request, run)
  const renewed = decode(NewToken, parseJson(body, refuseToken), refuseToken)
  const { accessToken, expiresIn, refreshToken = material.refreshToken } = renewed
  const expiresAt = new Date(run.network.clock.now() + expiresIn * 1000).toISOString()
  return { accessToken, refreshToken, expiresAt: expiresAt.replace(/\.\d{3}/, '') }
}

function callSso(
  { region, profile }: Sso,
  about: 'sso' | 'sso_token',
  asked: Omit<HttpRequest, 'url' | 'timeoutMs'> & Readonly<Record<'path' | 'wanted', string>>,
  run: Run,
): Promise<HttpAnswer> {
  const { path, wanted, ...rest } = asked
  const service = about === 'sso' ? 'sso' : 'sso-oidc'
  const base = serviceUrl({ service, region }, run)
  run.system.step(`asking ${new URL(base).host} for ${wanted}`)
  const request = { ...rest, url: `${base.replace(/\/$/, '')}${path}` }
  return callAws({ subject: subject(about, { profile }), service, request }, run)
}
