import { callAws } from '../../aws/call.ts'
import type { Credentials, Signing } from '../../aws/credentials.ts'
import { serviceUrl } from '../../aws/endpoints.ts'
import type { Run } from '../../aws/run.ts'
import { elementText, parseTimestamp, refuseAnswer } from '../../base/decode.ts'
import { quote, subject } from '../../base/failure.ts'
import { readExistingFile, refuseFile } from '../../base/files.ts'
import type { HttpAnswer } from '../../net/network.ts'
import type { AssumedRole, Role, RoleWithToken } from '../source.ts'

/** What CloudTrail shows where the configuration does not say; upstream's name for service accounts. */
const SESSION_NAME = 'ecr-credential-provider'

const refuseKeys = refuseAnswer("STS's answer")

/**
 * Keys of a role, assumed with the given ones.
 *
 * @throws {Failure} of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function assumeRole(role: AssumedRole, signing: Signing, run: Run): Promise<Credentials> {
  const parameters = {
    Action: 'AssumeRole',
    DurationSeconds: `${role.durationSeconds}`,
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
  }
  return callSts(role, parameters, signing.region, run, signing)
}

/**
 * The token for a web identity. The file is read now, since whoever mounts it also renews it; its text is sent as it stands.
 *
 * @throws {Failure} `config_file` - the file is missing, unreadable, too large or empty.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 */
export async function readWebIdentityToken(path: string, { system }: Run): Promise<string> {
  const refuse = refuseFile('the web identity token file', path)
  const token = await readExistingFile({ path, refuse }, system)
  if (token === '') throw refuse('it is empty')
  return token
}

/**
 * Keys of a role, for a token of an identity provider. The call is not signed: the token is the proof.
 *
 * @throws {Failure} of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function assumeRoleWithWebIdentity(
  role: RoleWithToken,
  region: string,
  run: Run,
): Promise<Credentials> {
  const parameters = { Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: role.token }
  return callSts(role, parameters, role.region ?? region, run)
}

async function callSts(
  { arn, sessionName = SESSION_NAME }: Role,
  parameters: Readonly<Record<string, string>>,
  region: string,
  run: Run,
  signing?: Signing,
): Promise<Credentials> {
  const body = new URLSearchParams({
    RoleArn: arn,
    RoleSessionName: sessionName,
    Version: '2011-06-15',
    ...parameters,
  })
  body.sort()
  const url = serviceUrl({ service: 'sts', region }, run)
  run.system.step(`asking ${new URL(url).host} for role ${quote(arn)}`)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST', url, headers, body: body.toString() } as const
  const about = subject('sts', { role: arn })
  const answer = await callAws({ subject: about, service: 'sts', request, signing }, run)
  return { ...parseRoleKeys(answer), label: `role ${quote(arn)}` }
}

/** @throws {Failure} `answer_form` - a part of the keys is missing, empty, there twice or not plain text. */
export function parseRoleKeys(answer: HttpAnswer): Omit<Credentials, 'label'> {
  const xml = new TextDecoder().decode(answer.body)
  function read(name: string): string {
    const text = elementText(xml, name)
    if (text !== undefined) return text
    throw refuseKeys(`it is not as documented: it must hold '${name}' once, as plain text`)
  }
  return {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
    // The SDKs take a time without a zone for UTC.
    expiresAtMs: parseTimestamp(read('Expiration').replace(/T[0-9:.]+$/, '$&Z'), refuseKeys),
  }
}
