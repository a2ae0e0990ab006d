import type { Credentials } from '../../aws/credentials.ts'
import type { Run } from '../../aws/run.ts'
import { assumeRoleWithWebIdentity } from '../../aws/sts.ts'
import { readExistingFile, refuseFile } from '../../base/files.ts'
import type { WebIdentity } from '../source.ts'

/** Longest token file, in bytes; STS takes tokens of up to 20,000 characters. */
const MAX_TOKEN_BYTES = 64 * 1024

/**
 * Keys of a role, for the token in a file. The file is read now, since whoever mounts it also renews it; its text is sent
 * as it stands.
 *
 * @throws {Failure} `config_file` - the file is missing, unreadable, too large or empty; or of `assumeRoleWithWebIdentity`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 */
export async function fetchWebIdentityCredentials(
  { tokenFile, roleArn, sessionName }: WebIdentity,
  region: string,
  run: Run,
): Promise<Credentials> {
  const refuse = refuseFile('the web identity token file', tokenFile)
  const file = { path: tokenFile, maxBytes: MAX_TOKEN_BYTES, refuse }
  const token = await readExistingFile(file, run.system)
  if (token === '') throw refuse('it is empty')
  return assumeRoleWithWebIdentity({ arn: roleArn, sessionName }, token, region, run)
}
