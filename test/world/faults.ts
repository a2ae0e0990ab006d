/** What can go wrong with one answer. Several may apply to the same answer, in the given order. */
export type Fault =
  /** Waits, then answers. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never answers, and keeps the connection open. */
  | { readonly kind: 'hang' }
  /** Resets the connection (RST) before any byte of an answer. */
  | { readonly kind: 'reset' }
  /** Resets the connection (RST) between the headers and the body. */
  | { readonly kind: 'reset-after-headers' }
  /** Closes the connection in good order, without an answer. */
  | { readonly kind: 'close' }
  /** Sends all but the last `missing` bytes (default: half of the body), then closes. */
  | { readonly kind: 'truncate'; readonly missing?: number }
  /** Sends the headers and `sent` bytes of the body (default: half), then nothing more. */
  | { readonly kind: 'stall'; readonly sent?: number }
  /** Sends the whole answer in pieces of `bytes`, one every `everyMs`. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Sends these bytes and nothing else, then closes unless `open`. */
  | { readonly kind: 'raw'; readonly bytes: string | Uint8Array; readonly open?: boolean }
  /** Sends these bytes before the answer, for instance a `100 Continue`. */
  | { readonly kind: 'preface'; readonly bytes: string }
  /** Sends these bytes after the answer, in the same breath: the beginning of another one, say. */
  | { readonly kind: 'appendix'; readonly bytes: string }
  /** Sends the body in chunks of `bytes`, without a Content-Length. */
  | { readonly kind: 'chunked'; readonly bytes: number }
  /** The `Date` header is off by so many seconds; the fake's own clock is not. */
  | { readonly kind: 'date'; readonly skewSeconds: number }
  /** Points elsewhere, with status 307 unless given. */
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** Another answer instead of the true one; the headers come on top of the true ones. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Other headers than the true answer's; `undefined` takes one away. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }
  /** Another reason phrase than the status has. */
  | { readonly kind: 'reason'; readonly text: string }
  /** The body with every match of a pattern replaced, as by `String.replaceAll`. */
  | { readonly kind: 'edit'; readonly pattern: RegExp; readonly replacement: string }
  /** The body padded with blanks to so many bytes: still well-formed, and far too long. */
  | { readonly kind: 'oversize'; readonly bytes: number }
  /** The body compressed, whatever the client accepts. */
  | { readonly kind: 'gzip' }

/** One thing a server does to send an answer. */
export type Action =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'write'; readonly bytes: Uint8Array }
  | { readonly do: 'hang' | 'reset' | 'close' }
