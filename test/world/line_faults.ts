import type { CertificateKind } from './certificates.ts'
import type { Service } from './service.ts'
import type { TlsVersion } from './wire.ts'

/** What can go wrong with a connection before anything is asked on it. */
export type LineFault =
  /** Refuses the connection, and every one after it. */
  | { readonly kind: 'refuse' }
  /** Accepts, and never says a word, not even to greet a TLS client. */
  | { readonly kind: 'silence' }
  /** Closes (FIN) or resets (RST) the connection as soon as it stands. */
  | { readonly kind: 'close' | 'reset' }
  /** Sends these bytes as soon as the connection stands, then closes. */
  | { readonly kind: 'greet'; readonly bytes: string }
  /** Sends these bytes once the client has said something, then closes unless `open`. */
  | { readonly kind: 'reply'; readonly bytes: string | Uint8Array; readonly open?: boolean }
  /** The same service behind TLS of another kind. */
  | {
      readonly kind: 'tls'
      readonly certificate?: CertificateKind
      readonly version?: TlsVersion
    }

/** The connections to a service that a fault befalls: all, or the first `times` of them after `skip`. */
export interface LineRule {
  readonly service: Service
  readonly skip?: number
  readonly times?: number
  readonly fault: LineFault
}
