import { MAX_BODY_BYTES, type RawAnswer } from './http1_answer.ts'
import { broken } from './http1_reader.ts'
import type { Exchange } from './http_direct.ts'
import type { System } from './system.ts'
import type { TrustStore } from './trust.ts'

/**
 * One request and its answer through a proxy, by Bun's `fetch`, which knows `CONNECT`, and is less strict about what an
 * answer looks like than `http1_answer.ts`. As on the direct way: the same cap on the body, no redirect, no decompression,
 * TLS verified whatever `NODE_TLS_REJECT_UNAUTHORIZED` says, and nothing logged whatever `BUN_CONFIG_VERBOSE_FETCH` says.
 *
 * @throws the runtime's error, with its `code`; `EMSGSIZE` - the answer is too large; or the signal's reason.
 */
export async function askThroughProxy(
  { url, request, signal }: Exchange,
  { proxy, store }: { readonly proxy: string; readonly store: TrustStore | undefined },
  system: Pick<System, 'fetch'>,
): Promise<RawAnswer> {
  const ca = store?.pem === undefined ? {} : { ca: store.pem }
  const response = await system.fetch(url.href, {
    ...request,
    signal,
    proxy,
    redirect: 'manual',
    decompress: false,
    verbose: false,
    tls: { rejectUnauthorized: true, ...ca },
  })
  const { status, headers } = response
  return { status, headers, body: await readCapped(response) }
}

async function readCapped(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw broken('EMSGSIZE')
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
