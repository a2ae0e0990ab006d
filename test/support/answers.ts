import type { HttpAnswer } from '../../src/net/network.ts'

/** An answer as the network hands it to a judge. A body that is no string is sent as JSON. */
export function answer(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    kind: 'answer',
    status,
    headers: new Headers(headers),
    body: new TextEncoder().encode(text),
  }
}
