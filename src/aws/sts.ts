import { elementText, parseTimestamp, refuseAnswer } from '../base/decode.ts'
import { quote, subject } from '../base/failure.ts'
import type { HttpAnswer } from '../net/network.ts'
import { callAws, type Signing } from './call.ts'
import type { Credentials } from './credentials.ts'
import { serviceUrl } from './endpoints.ts'
import type { Run } from './run.ts'

/** A role to assume, and the name that its session has in CloudTrail. */
interface Role {
  readonly arn: string
  readonly sessionName?: string | undefined
}

/** What `AssumeRole` takes beside the role. */
export interface AssumeRoleInput extends Role {
  readonly externalId: string | undefined
  readonly durationSeconds: number
}

/** What CloudTrail shows where the configuration does not say; upstream's name for service accounts. */
const SESSION_NAME = 'ecr-credential-provider'

const API_VERSION = '2011-06-15'

const refuse = refuseAnswer("STS's answer")

/**
 * Keys of a role, assumed with the given ones.
 *
 * @throws {Failure} of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export async function assumeRole(
  input: AssumeRoleInput,
  { region, credentials }: Signing,
  run: Run,
): Promise<Credentials> {
  const parameters = {
    DurationSeconds: `${input.durationSeconds}`,
    ...(input.externalId === undefined ? {} : { ExternalId: input.externalId }),
  }
  return callSts('AssumeRole', input, parameters, region, run, credentials)
}

/**
 * Keys of a role, for a token of an identity provider. The call is not signed: the token is the proof.
 *
 * @throws {Failure} of {@link callAws}; `answer_form` - not the documented shape.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function assumeRoleWithWebIdentity(
  role: Role,
  token: string,
  region: string,
  run: Run,
): Promise<Credentials> {
  return callSts('AssumeRoleWithWebIdentity', role, { WebIdentityToken: token }, region, run)
}

async function callSts(
  action: 'AssumeRole' | 'AssumeRoleWithWebIdentity',
  role: Role,
  parameters: Readonly<Record<string, string>>,
  region: string,
  run: Run,
  credentials?: Credentials,
): Promise<Credentials> {
  const body = new URLSearchParams({
    Action: action,
    RoleArn: role.arn,
    RoleSessionName: role.sessionName ?? SESSION_NAME,
    Version: API_VERSION,
    ...parameters,
  })
  body.sort()
  const url = serviceUrl({ service: 'sts', region }, run)
  run.system.step(`asking ${new URL(url).host} for role ${quote(role.arn)}`)
  const about = subject('sts', { role: role.arn })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST', url, headers, body: body.toString() } as const
  const signing = credentials === undefined ? undefined : { region, credentials }
  const answer = await callAws({ subject: about, service: 'sts', request, signing }, run)
  return { ...parseRoleKeys(answer), label: `role ${quote(role.arn)}` }
}

/** @throws {Failure} `answer_form` - a part of the keys is missing, empty, there twice or not plain text. */
export function parseRoleKeys(answer: HttpAnswer): Omit<Credentials, 'label'> {
  const xml = new TextDecoder().decode(answer.body)
  function read(name: string): string {
    const text = elementText(xml, name)
    if (text !== undefined) return text
    throw refuse(`it is not as documented: it must hold '${name}' once, as plain text`)
  }
  return {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
    // The SDKs take a time without a zone for UTC.
    expiresAtMs: parseTimestamp(read('Expiration').replace(/T[0-9:.]+$/, '$&Z'), refuse),
  }
}
