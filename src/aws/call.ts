import { AwsV4Signer } from 'aws4fetch'

import { isHeaderText } from '../base/decode.ts'
import { failed, failure, problem } from '../base/failure.ts'
import { SETTINGS } from '../config/settings_table.ts'
import type { HttpRequest } from '../net/exchange.ts'
import type { HttpAnswer } from '../net/network.ts'
import { describeCredentials, type Signing } from './credentials.ts'
import type { Service } from './endpoints.ts'
import { isEcho, readError } from './error_code.ts'
import { describeRefusal, isHtml } from './refusal.ts'
import { describeAttempts, type RetryOptions, withRetries } from './retry.ts'
import type { Run } from './run.ts'

export interface AwsCall extends Pick<RetryOptions, 'yields'> {
  /** What fails if this does: `cannot get an ECR token in us-west-2`. */
  readonly subject: string
  readonly service: Service
  readonly request: Omit<HttpRequest, 'timeoutMs'>
  /** Without it the request is sent unsigned. */
  readonly signing?: Signing | undefined
}

/** Longest wait for one attempt, in milliseconds. AWS usually answers within 100. */
export const CALL_TIMEOUT_MS = 10_000

/**
 * Codes with which AWS refuses a signature whose time is off. Only these are a reason to doubt the node's clock.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
const SKEW_CODES: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
])

/**
 * The answer to a call, after as many attempts as the settings allow. A signature that AWS refuses because the node's clock
 * is off is made once more, with the time of AWS.
 *
 * @throws {Failure} of the network, of {@link describeRefusal}, `throttled`, or of {@link sign}.
 */
export async function callAws(call: AwsCall, run: Run): Promise<HttpAnswer> {
  const { settings, system, network } = run
  const { service, signing } = call
  const request: HttpRequest = { ...call.request, timeoutMs: CALL_TIMEOUT_MS }
  let sent = request
  const maxAttempts = settings.get(SETTINGS.maxAttempts)?.value
  const forbidden = settings.get(SETTINGS.noSkewCorrection)
  const uncorrected = forbidden?.value === true ? forbidden.origin : undefined
  let sentAtMs = 0
  const errorCode = (answer: HttpAnswer) => readError(service, answer).code
  function learn(answer: HttpAnswer): boolean {
    if (signing === undefined || uncorrected !== undefined) return false
    return SKEW_CODES.has(errorCode(answer) ?? '') && network.clock.learn(answer.headers, sentAtMs)
  }
  const tried = await withRetries({ ...call, maxAttempts, learn, errorCode }, run, async () => {
    sentAtMs = system.now()
    if (signing !== undefined)
      sent = await sign(request, { service, ...signing }, network.clock.now())
    return network.send(sent)
  })
  const { outcome } = tried
  if (outcome.kind === 'answer' && outcome.status === 200 && !isHtml(outcome.body)) return outcome
  const nowMs = network.clock.now()
  const signedAs = signing === undefined ? '' : describeCredentials(signing.credentials, nowMs)
  const facts = [describeAttempts(tried), signedAs]
  if (outcome.kind === 'no_answer') throw failed(call.subject, outcome, facts)
  const { host } = new URL(request.url)
  // The other keys are in the headers.
  const secrets = JSON.stringify([sent, signing?.credentials.secretAccessKey])
  const { code: said = '', message } = readError(service, outcome)
  const code = said === '' || isEcho(said, secrets) ? undefined : said
  if (tried.outlook === 'throttled') {
    const shown = code ?? `HTTP status ${outcome.status}`
    throw failed(call.subject, problem('throttled', { code: shown, host }), facts)
  }
  const refused = { ...call, code, message, host, secrets, answer: outcome, nowMs, uncorrected }
  throw failed(call.subject, describeRefusal(refused), facts)
}

/**
 * The request with Signature Version 4 headers.
 *
 * Service, region and time are always given: aws4fetch would otherwise guess them from the host name, wrongly for
 * dual-stack and configured endpoints. `AwsClient` is not used, since it calls the global `fetch` and retries by itself.
 *
 * @param nowMs - time of the signature, in milliseconds since 1970; AWS refuses more than five minutes of difference.
 * @throws {Failure} `config_keys` - a key that no request could carry. Checked here, so that no source of keys is left out.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function sign(
  request: HttpRequest,
  { service, region, credentials }: Signing & { readonly service: string },
  nowMs: number,
): Promise<HttpRequest> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  // A line break at the end, as a mounted secret often has, would otherwise end deep inside the signature.
  const parts = [accessKeyId, secretAccessKey, sessionToken ?? 'none']
  const broken = parts.find((part) => !isHeaderText(part))
  if (broken !== undefined) throw failure('config_keys', { source: credentials.label })
  const signed = await new AwsV4Signer({
    ...request,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service,
    region,
    // Also the headers that aws4fetch leaves out by default, content-type among them.
    allHeaders: true,
    datetime: new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, ''),
  }).sign()
  const headers: Record<string, string> = {}
  for (const [name, value] of signed.headers) headers[name] = value
  return { ...request, headers }
}
