import { AwsV4Signer } from 'aws4fetch'
import * as v from 'valibot'

import type { Credentials } from './credentials/credentials.ts'
import { decode, parseJson } from './decode.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'

/** A request to sign, with the scope of its signature. */
export interface SignedCall {
  readonly request: HttpRequest
  readonly service: string
  readonly region: string
  readonly credentials: Credentials
  /** Time of the signature, in milliseconds since 1970. AWS refuses more than five minutes of difference. */
  readonly nowMs: number
}

/**
 * The request with Signature Version 4 headers.
 *
 * Service, region and time are always given: aws4fetch would otherwise guess them from the host name, wrongly for
 * dual-stack and configured endpoints. `AwsClient` is not used, since it calls the global `fetch` and retries by itself.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function sign(call: SignedCall): Promise<HttpRequest> {
  const { request, service, region, credentials } = call
  const signed = await new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers: request.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    service,
    region,
    // Also the headers that aws4fetch leaves out by default, content-type among them.
    allHeaders: true,
    datetime: new Date(call.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, ''),
  }).sign()
  return { ...request, headers: Object.fromEntries(signed.headers) }
}

// Every field is optional: an error answer without any is still an error answer.
const JsonError = v.fallback(
  v.pipe(
    v.object({ __type: v.optional(v.unknown()), code: v.optional(v.unknown()) }),
    v.transform(({ __type: type, code }) => [type, code]),
  ),
  [],
)

/**
 * The code in an AWS JSON 1.1 error answer, `undefined` when it has none: header `x-amzn-errortype`, else `__type`, else
 * `code` of the body; a namespace in front (`#`) and a URL behind (`:`) are cut off.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
export function jsonErrorCode(answer: HttpAnswer): string | undefined {
  const candidates = [answer.headers.get('x-amzn-errortype'), ...bodyCodes(answer.body)]
  const found = candidates.find((code) => typeof code === 'string' && code !== '')
  const code = found?.split(':', 1)[0]?.split('#').at(-1)
  // Only what looks like a code is shown: the rest of an error answer may hold anything.
  return code !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(code) ? code : undefined
}

function bodyCodes(body: Uint8Array): readonly (string | undefined)[] {
  const subject = { code: 'bad_response', name: 'the error' } as const
  try {
    return decode(JsonError, parseJson(body, subject), subject).map((code) =>
      typeof code === 'string' ? code : undefined,
    )
  } catch {
    // Not JSON, as from a proxy in between: the status alone has to tell.
    return []
  }
}
