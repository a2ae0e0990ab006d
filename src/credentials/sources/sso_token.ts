import * as v from 'valibot'

import { callAws } from '../../aws/call.ts'
import { serviceUrl } from '../../aws/endpoints.ts'
import type { Run } from '../../aws/run.ts'
import { decode, HeaderText, NonEmpty, parseJson, refuseAnswer } from '../../base/decode.ts'
import { Failure, failure, quote, subject } from '../../base/failure.ts'
import { inHome } from '../../config/shared_files.ts'
import type { Sso } from '../source.ts'
import { awaitFreshToken, readTokenFile, storeToken } from './sso_file.ts'

/** With these the service has said no to a refresh token. */
const REFUSALS: ReadonlySet<string> = new Set(['sso_ended', 'refused', 'status'])

/** Ten years. */
const MAX_LIFE_SECONDS = 315_360_000

const NewToken = v.object({
  accessToken: HeaderText,
  // Seconds from now.
  expiresIn: v.pipe(v.number(), v.minValue(1), v.maxValue(MAX_LIFE_SECONDS)),
  refreshToken: v.optional(NonEmpty),
})

const refuse = refuseAnswer("IAM Identity Center's answer for a token")

/**
 * The access token of a session, from the file that `aws sso login` keeps. An expired one is renewed and the file replaced,
 * if the profile has an `sso-session` and the file a refresh token and client credentials.
 *
 * @throws {Failure} `sso_login` - no file, or expired beyond renewal: somebody has to log in; `config_file`, `sso_file` - the file
 * is unreadable or not of the documented form; or of {@link callAws}.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
 */
export async function findSsoToken(sso: Sso, run: Run): Promise<string> {
  const { system, network } = run
  const path = await cachePath(sso, run)
  if (path === undefined) throw needsLogin(sso, 'this user has no home directory')
  const stored = await readTokenFile(path, system)
  if (stored === undefined) throw needsLogin(sso, `there is no token file ${quote(path)}`)
  if (stored.expiresAtMs > network.clock.now()) return stored.token.accessToken
  const { refreshToken, clientId, clientSecret } = stored.token
  const isRenewable =
    refreshToken !== undefined && clientId !== undefined && clientSecret !== undefined
  if (sso.session === undefined || !isRenewable) {
    throw needsLogin(sso, `the token in ${quote(path)} has expired`)
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

function needsLogin(sso: Sso, state: string): Failure {
  return failure('sso_login', { profile: sso.profile, reason: state })
}

/** The file is named after the session, in the legacy form after the start URL. SHA-1 is a name here, not a protection. */
async function cachePath(sso: Sso, { system }: Run): Promise<string | undefined> {
  const name = new TextEncoder().encode(sso.session ?? sso.startUrl)
  const digest = await crypto.subtle.digest('SHA-1', name)
  return inHome(`.aws/sso/cache/${new Uint8Array(digest).toHex()}.json`, system)
}

type RefreshMaterial = Readonly<Record<'refreshToken' | 'clientId' | 'clientSecret', string>>

/**
 * The new token, in the fields of the file.
 *
 * @see https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
 */
async function renew(
  sso: Sso,
  material: RefreshMaterial,
  run: Run,
): Promise<{ accessToken: string; refreshToken: string; expiresAt: string }> {
  const { system, network } = run
  const base = serviceUrl({ service: 'sso-oidc', region: sso.region }, run)
  system.step(`asking ${new URL(base).host} for a new token`)
  const about = subject('sso_token', { profile: sso.profile })
  const url = `${base.replace(/\/$/, '')}/token`
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ ...material, grantType: 'refresh_token' })
  const request = { method: 'POST', url, headers, body } as const
  const answer = await callAws({ subject: about, service: 'sso-oidc', request }, run)
  const renewed = decode(NewToken, parseJson(answer.body, refuse), refuse)
  const expiresAt = new Date(network.clock.now() + renewed.expiresIn * 1000)
  return {
    accessToken: renewed.accessToken,
    refreshToken: renewed.refreshToken ?? material.refreshToken,
    expiresAt: expiresAt.toISOString().replace(/\.\d{3}/, ''),
  }
}
