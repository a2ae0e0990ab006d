import * as v from 'valibot'

import { type Credentials, decodeKeys } from '../aws/credentials.ts'
import { decode, NonEmpty, parseJson } from '../base/decode.ts'
import { Failure, quote } from '../base/failure.ts'
import { REGION_FORM } from '../config/settings_table.ts'
import type { HttpAnswer } from '../net/network.ts'

/** The code is judged before the keys: a refusal has no keys. */
const Status = v.object({ Code: NonEmpty })

/** @throws {Failure} `refused` - not 200; `bad_response` - not a token. */
export function parseToken(answer: HttpAnswer): string {
  const token = textOf(answer, 'session token')
  // It goes into a header: visible ASCII, no line break.
  if (/^[\x21-\x7e]{1,1024}$/.test(token)) return token
  throw new Failure(
    'bad_response',
    'cannot get credentials from IMDS: its session token is malformed',
  )
}

/**
 * The first line of the role list.
 *
 * @throws {Failure} `no_credentials` - 404 or empty: the instance has no role; `bad_response` - not a role name.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html for the characters of a role name
 */
export function parseRoleName(answer: HttpAnswer): string {
  const list = answer.status === 404 ? '' : textOf(answer, 'role')
  const role = list.split('\n', 1)[0]?.replace(/\r$/, '') ?? ''
  if (role === '') {
    throw new Failure(
      'no_credentials',
      'cannot find AWS credentials: none is configured, and IMDS says that this instance has no role; hint: attach an instance profile',
    )
  }
  if (/^[\w+=,.@-]{1,64}$/.test(role)) return role
  throw new Failure(
    'bad_response',
    'cannot get credentials from IMDS: its role list holds no role name',
  )
}

/**
 * The keys in an IMDS answer.
 *
 * @throws {Failure} `refused` - not 200, or a `Code` other than `Success`; `bad_response` - not the documented shape.
 */
export function parseRoleCredentials(answer: HttpAnswer, role: string): Credentials {
  const subject = { code: 'bad_response', name: "IMDS's answer for the credentials" } as const
  assertStatus(answer, 'credentials')
  const value = parseJson(answer.body, subject)
  const { Code: code } = decode(Status, value, subject)
  if (code.toLowerCase() !== 'success') {
    const shown = /^[A-Za-z]{1,64}$/.test(code) ? code : 'not Success'
    throw new Failure(
      'refused',
      `cannot get credentials from IMDS: it answered ${shown} for role ${quote(role)}; hint: does the role still exist and trust ec2.amazonaws.com`,
    )
  }
  return { ...decodeKeys(value, 'imds', subject), source: `instance role ${quote(role)}` }
}

function textOf(answer: HttpAnswer, what: string): string {
  assertStatus(answer, what)
  return new TextDecoder().decode(answer.body)
}

function assertStatus({ status }: HttpAnswer, what: string): void {
  if (status === 200) return
  throw new Failure(
    'refused',
    `cannot get credentials from IMDS: HTTP status ${status} for the ${what}`,
  )
}

/** @throws {Failure} `refused` - not 200; `bad_response` - not a region name. */
export function parseRegion(answer: HttpAnswer): string {
  const region = textOf(answer, 'region').trim()
  if (REGION_FORM.test(region)) return region
  throw new Failure('bad_response', 'cannot get the region from IMDS: it is malformed')
}
