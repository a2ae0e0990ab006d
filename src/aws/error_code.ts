import * as v from 'valibot'

import { decode, elementText, parseJson } from '../base/decode.ts'
import type { HttpAnswer } from '../net/network.ts'

const SUBJECT = { code: 'bad_response', name: 'the error' } as const

/** Whatever stands in these fields, or nothing: an error answer without a code is still one. */
const JsonError = v.object({ __type: v.optional(v.unknown()), code: v.optional(v.unknown()) })

/**
 * The code in an AWS JSON 1.1 error answer, `undefined` when it has none: header `x-amzn-errortype`, else `__type`, else
 * `code` of the body; a namespace in front (`#`) and a URL behind (`:`) are cut off.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
export function jsonErrorCode(answer: HttpAnswer): string | undefined {
  const candidates = [answer.headers.get('x-amzn-errortype'), ...codesInBody(answer.body)]
  const found = candidates.filter((code) => typeof code === 'string').find(Boolean)
  return showable(found?.split(':', 1)[0]?.split('#').at(-1))
}

/**
 * The code in an AWS query (XML) error answer, `undefined` when it does not hold exactly one, as HTML from a proxy in between.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
 */
export function xmlErrorCode(answer: HttpAnswer): string | undefined {
  return showable(elementText(new TextDecoder().decode(answer.body), 'Code'))
}

/** Only what looks like a code is shown: the rest of an error answer may hold anything. */
function showable(code: string | undefined): string | undefined {
  return code !== undefined && /^[A-Za-z][A-Za-z0-9.]{0,63}$/.test(code) ? code : undefined
}

function codesInBody(body: Uint8Array): readonly unknown[] {
  try {
    const { __type: type, code } = decode(JsonError, parseJson(body, SUBJECT), SUBJECT)
    return [type, code]
  } catch {
    return []
  }
}
