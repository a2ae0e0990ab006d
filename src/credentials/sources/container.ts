import { type Credentials, decodeKeys } from '../../aws/credentials.ts'
import { isEcho, readJsonError } from '../../aws/error_code.ts'
import { describeAttempts, withRetries } from '../../aws/retry.ts'
import type { Run } from '../../aws/run.ts'
import { parseJson, refuseAnswer } from '../../base/decode.ts'
import { failed, failure, type Problem, problem, subject } from '../../base/failure.ts'
import { readExistingFile, refuseFile } from '../../base/files.ts'
import type { System } from '../../base/system.ts'
import { type Found, fromEnvironment } from '../../config/settings.ts'
import { SOURCE_SETTINGS } from '../../config/settings_table.ts'
import type { HttpAnswer, Network } from '../../net/network.ts'

/** Longest wait for one attempt, in milliseconds. The EKS agent asks AWS before it answers. */
const TIMEOUT_MS = 5000

const errorCode = (answer: HttpAnswer) => readJsonError(answer).code

const refuse = refuseAnswer('the answer of the container endpoint')

/**
 * Credentials of a container: ECS, or EKS Pod Identity.
 *
 * @throws {Failure} `config_...` - the address or the token is not acceptable; of the network; `pod_identity`,
 * `refused`, `status`, `answer_form`.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function fetchContainerCredentials(
  { value: url, origin }: Found<string>,
  run: Pick<Run, 'system' | 'network'>,
): Promise<Credentials> {
  const { system, network } = run
  const { host, protocol } = new URL(url)
  if (protocol === 'http:') await assertAllowed(new URL(url), origin, network)
  const authorization = await readAuthorization(system)
  system.step(`asking the container endpoint ${host} for credentials`)
  const shown = authorization === '' ? {} : { authorization }
  const headers = { accept: 'application/json', ...shown }
  const tried = await withRetries({ errorCode }, run, async () =>
    network.send({ method: 'GET', url, headers, isDirect: true, timeoutMs: TIMEOUT_MS }),
  )
  const { outcome } = tried
  if (outcome.kind === 'answer' && outcome.status === 200) {
    return parseContainerCredentials(outcome, host)
  }
  const why = outcome.kind === 'no_answer' ? outcome : describeAnswer(outcome, host, authorization)
  throw failed(subject('container', {}), why, [describeAttempts(tried), `from ${origin}`])
}

/**
 * What a refusal says. EKS's agent passes on what AWS told it, as text: `[request]: (code): message`.
 *
 * @see https://github.com/aws/eks-pod-identity-agent/blob/main/pkg/errors/errors.go
 */
function describeAnswer(answer: HttpAnswer, host: string, authorization: string): Problem {
  const text = new TextDecoder().decode(answer.body)
  const code = readJsonError(answer).code ?? /^\[[^\]]*\]: \(([A-Za-z]{3,64})\): /.exec(text)?.[1]
  if (code === undefined || isEcho(code, authorization))
    return problem('status', { status: answer.status, host })
  return problem(code === 'ResourceNotFoundException' ? 'pod_identity' : 'refused', { code, host })
}

/** @throws {Failure} `answer_form` - not the documented shape. */
export function parseContainerCredentials(answer: HttpAnswer, host: string): Credentials {
  const keys = decodeKeys(parseJson(answer.body, refuse), 'container', refuse)
  return { ...keys, label: `container endpoint ${host}` }
}

/**
 * Whoever answers chooses the identity and is shown the token, so without TLS only addresses of this machine and the two
 * agents' are asked. Every address of a host name must be one; the request goes to an address that was checked.
 */
async function assertAllowed(url: URL, origin: string, network: Network): Promise<void> {
  const addresses = await network.addressesOf(url)
  if ('kind' in addresses) throw failed(subject('container_address', { origin }), addresses, [])
  if (addresses.every(isAllowed)) return
  throw failure('config_container_host', { origin, host: url.hostname })
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
function isAllowed(address: string): boolean {
  if (['169.254.170.2', '169.254.170.23', 'fd00:ec2::23', '::1'].includes(address)) return true
  return /^127\.[0-9.]+$/.test(address) || /^::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(address)
}

/** The `Authorization` value, read now, since the agent's token file is renewed; `''` for none. */
async function readAuthorization(system: Pick<System, 'env' | 'readFile'>): Promise<string> {
  const file = fromEnvironment(SOURCE_SETTINGS.containerTokenFile, system.env)
  const found = file ?? fromEnvironment(SOURCE_SETTINGS.containerToken, system.env)
  if (found === undefined) return ''
  const path = file?.value ?? ''
  const wanted = { path, refuse: refuseFile('the container authorization token file', path) }
  const text = path === '' ? found.value : await readExistingFile(wanted, system)
  // A line break would begin another header, even at the end: the SDKs refuse it too.
  if (/^[\t\x20-\x7e]*$/.test(text)) return text
  const accepts = 'one line of ASCII, without a line break'
  throw failure('config_value', { origin: found.origin, accepts })
}
