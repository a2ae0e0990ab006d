import * as v from 'valibot'

import { callAws } from '../../aws/call.ts'
import type { Credentials } from '../../aws/credentials.ts'
import { serviceUrl } from '../../aws/endpoints.ts'
import type { Run } from '../../aws/run.ts'
import { decode, NonEmpty, parseJson, refuseAnswer } from '../../base/decode.ts'
import { quote, subject } from '../../base/failure.ts'
import type { HttpAnswer } from '../../net/network.ts'
import type { Sso } from '../source.ts'
import { findSsoToken } from './sso_token.ts'

const refuse = refuseAnswer("IAM Identity Center's answer")

const SsoAnswer = v.object({
  roleCredentials: v.object({
    accessKeyId: NonEmpty,
    secretAccessKey: NonEmpty,
    sessionToken: NonEmpty,
    // Milliseconds since 1970.
    expiration: v.pipe(v.number(), v.minValue(0), v.maxValue(253_402_300_799_000)),
  }),
})

/**
 * Credentials of a role, from the access token that `aws sso login` left on this machine.
 *
 * @throws {Failure} of the token file, or of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 */
export async function fetchSsoCredentials(sso: Sso, run: Run): Promise<Credentials> {
  const accessToken = await findSsoToken(sso, run)
  const { system } = run
  const base = serviceUrl({ service: 'sso', region: sso.region }, run)
  const query = new URLSearchParams({ account_id: sso.accountId, role_name: sso.roleName })
  system.step(`asking ${new URL(base).host} for role ${quote(sso.roleName)}`)
  const about = subject('sso', { profile: sso.profile })
  const url = `${base.replace(/\/$/, '')}/federation/credentials?${query.toString()}`
  const headers = { 'x-amz-sso_bearer_token': accessToken }
  const request = { method: 'GET', url, headers } as const
  const answer = await callAws({ subject: about, service: 'sso', request }, run)
  return parseSsoCredentials(answer, sso)
}

/** @throws {Failure} `answer_form` - not the documented shape. */
export function parseSsoCredentials(answer: HttpAnswer, sso: Sso): Credentials {
  const { roleCredentials } = decode(SsoAnswer, parseJson(answer.body, refuse), refuse)
  const { expiration, ...keys } = roleCredentials
  const label = `IAM Identity Center role ${quote(sso.roleName)}`
  return { ...keys, label, expiresAtMs: expiration }
}
