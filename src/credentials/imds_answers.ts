import * as v from 'valibot'

import { type Credentials, decodeKeys } from '../aws/credentials.ts'
import { decode, NonEmpty, parseJson, type Refuse, refuseAnswer } from '../base/decode.ts'
import { failure, quote } from '../base/failure.ts'
import { REGION } from '../config/settings_table.ts'

/** The code is judged before the keys: a refusal has no keys. */
const Status = v.object({ Code: NonEmpty })

/** What IMDS answers, and is not what it documents. */
function malformed(what: string): Refuse {
  return refuseAnswer(`IMDS's answer for the ${what}`)
}

/** @throws {Failure} `answer_form` - not a token. */
export function parseSessionToken(body: Uint8Array): string {
  const token = new TextDecoder().decode(body)
  // It goes into a header: visible ASCII, no line break.
  if (/^[\x21-\x7e]{1,1024}$/.test(token)) return token
  throw malformed('session token')('it is malformed')
}

/**
 * @throws {Failure} `imds_no_role` - an empty list: the instance has no role; `answer_form` - its first line is no role name.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html for the characters of a role name
 */
export function parseRoleName(body: Uint8Array): string {
  const [role = ''] = new TextDecoder().decode(body).split(/\r?\n|\r$/, 1)
  if (role === '') throw failure('imds_no_role', {})
  if (/^[\w+=,.@-]{1,64}$/.test(role)) return role
  throw malformed('role list')('it holds no role name')
}

/** @throws {Failure} `imds_role` - a `Code` other than `Success`; `answer_form` - not the documented shape. */
export function parseRoleCredentials(body: Uint8Array, role: string): Credentials {
  const refuse = malformed('credentials')
  const value = parseJson(body, refuse)
  const { Code: code } = decode(Status, value, refuse)
  if (code.toLowerCase() !== 'success') {
    const shown = /^[A-Za-z]{1,64}$/.test(code) ? code : 'not Success'
    throw failure('imds_role', { code: shown, role })
  }
  return { ...decodeKeys(value, 'imds', refuse), label: `instance role ${quote(role)}` }
}

/** @throws {Failure} `answer_form` - not a region name. */
export function parseRegion(body: Uint8Array): string {
  const region = REGION.parse(new TextDecoder().decode(body).trim())
  if (region !== undefined) return region
  throw malformed('region')('it is malformed')
}
