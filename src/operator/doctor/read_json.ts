import * as v from 'valibot'

import { decode, parseJson } from '../../base/decode.ts'
import { Failure, failure } from '../../base/failure.ts'

/** What a document of somebody else says, `undefined` for what is not of this form: why it is not may quote a secret. */
export function readJson<const Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
): v.InferOutput<Schema> | undefined {
  try {
    return decode(schema, parseJson(bytes, refuse), refuse)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

/** Never shown. */
function refuse(): Failure {
  return failure('bug', {})
}
