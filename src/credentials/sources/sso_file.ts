import * as v from 'valibot'

import type { Run } from '../../aws/run.ts'
import { decode, HeaderText, NonEmpty, parseJson, parseTimestamp } from '../../base/decode.ts'
import { failure } from '../../base/failure.ts'
import { readTextFile, reasonOf, refuseFile } from '../../base/files.ts'
import type { System } from '../../base/system.ts'

/** How long to wait, in milliseconds, for the run that has used the refresh token to store what it got. */
const OTHER_RUN_MS = 2000
const POLL_MS = 50

// Unknown fields are kept when the file is rewritten: it is shared with the other tools of AWS.
const TokenFile = v.looseObject({
  accessToken: HeaderText,
  expiresAt: NonEmpty,
  refreshToken: v.optional(NonEmpty),
  clientId: v.optional(NonEmpty),
  clientSecret: v.optional(NonEmpty),
})

/**
 * The token in a file, `undefined` when there is no such file.
 *
 * @throws {Failure} `config_file` - unreadable; `sso_file` - not of the documented form.
 */
export async function readTokenFile(path: string, system: Pick<System, 'readFile'>) {
  const file = { path, refuse: refuseFile('the SSO token file', path) }
  const refuse = (reason: string) => failure('sso_file', { path, reason })
  const text = await readTextFile(file, system)
  if (text === undefined) return undefined
  const token = decode(TokenFile, parseJson(new TextEncoder().encode(text), refuse), refuse)
  return { token, expiresAtMs: parseTimestamp(token.expiresAt, refuse) }
}

/** The access token that another run stores within a moment, `undefined` if none does. */
export async function awaitFreshToken(path: string, run: Run): Promise<string | undefined> {
  const { system, network } = run
  for (let waitedMs = 0; waitedMs < OTHER_RUN_MS; waitedMs += POLL_MS) {
    const found = await readTokenFile(path, system)
    if (found !== undefined && found.expiresAtMs > network.clock.now())
      return found.token.accessToken
    if (network.remainingMs() <= POLL_MS) return undefined
    await system.sleep(POLL_MS)
  }
  return undefined
}

/**
 * Puts a renewed token in the place of the old one.
 *
 * @throws {Failure} `sso_store` - it cannot: the refresh token is used up, and the next run would find neither it nor a
 * token, so this one must not end as if all were well.
 */
export async function storeToken(path: string, token: object, { system }: Run): Promise<void> {
  await system.replaceFile(path, JSON.stringify(token)).catch((error: unknown) => {
    throw failure('sso_store', { path, reason: reasonOf(error) })
  })
}
