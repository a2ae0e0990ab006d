import * as v from 'valibot'

import { decodeIfValid, elementText } from '../base/decode.ts'
import type { HttpAnswer } from '../net/network.ts'
import type { Service } from './endpoints.ts'

/** What AWS says in an answer that is an error. */
export interface AwsError {
  /** `undefined` where there is none, as in HTML from a proxy in between. */
  readonly code: string | undefined
  /** Never to be shown: see `describeRefusal`. */
  readonly message: string
}

/** What an error answer of a service says, in the service's own protocol. */
export function readError(service: Service, answer: HttpAnswer): AwsError {
  return service === 'sts' ? readXmlError(answer) : readJsonError(answer)
}

const Text = v.fallback(v.string(), '')

// Every field is optional: an error answer without any is still an error answer.
const JsonError = v.object({ __type: Text, code: Text, message: Text, Message: Text })

/**
 * What an AWS JSON 1.1 error answer says. Its code is the header `x-amzn-errortype`, else `__type`, else `code` of the body; a
 * namespace in front (`#`) and a URL behind (`:`) are cut off.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
export function readJsonError(answer: HttpAnswer): AwsError {
  const body = decodeIfValid(JsonError, answer.body)
  const header = answer.headers.get('x-amzn-errortype')
  const code = [header, body?.['__type'], body?.code].find(Boolean)
  const message = [body?.message, body?.Message].find(Boolean) ?? ''
  return { code: showable(code?.split(':', 1)[0]?.split('#').at(-1)), message }
}

/**
 * What an AWS query (XML) error answer says; no code when it does not hold exactly one.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
 */
export function readXmlError(answer: HttpAnswer): AwsError {
  const xml = new TextDecoder().decode(answer.body)
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(xml) ?? []
  return { code: showable(elementText(xml, 'Code')), message }
}

/** Only what looks like a code is shown: the rest of an error answer may hold anything. */
function showable(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(code) ? code : undefined
}

/** So many characters in a row do not come back by chance. A code of STS shares fewer with a request: `IdentityToken`. */
const ECHO_LENGTH = 16

/** Whether a text is a part of what was sent, or has such a part in it. Less than eight characters may be there by chance. */
export function isEcho(text: string, sent: string): boolean {
  if (text.length < ECHO_LENGTH) return text.length >= 8 && sent.includes(text)
  const starts = Array.from({ length: text.length - ECHO_LENGTH + 1 }, (_, at) => at)
  return starts.some((at) => sent.includes(text.slice(at, at + ECHO_LENGTH)))
}
