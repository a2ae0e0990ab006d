/** How a setting's text becomes its value. */
export interface Kind<T> {
  /** `undefined` when the text is not acceptable. */
  readonly parse: (text: string) => T | undefined
  /** What is acceptable, for the error line and the README. */
  readonly accepts: string
}

/** One setting: its variables in order of precedence, then its key in the profile in use. */
export interface Setting<T> extends Kind<T> {
  readonly env: readonly string[]
  readonly key: string | undefined
  readonly effect: string
}

/** A row of the table. */
export function setting<T>(
  kind: Kind<T>,
  names: { readonly env: readonly string[]; readonly key?: string },
  effect: string,
): Setting<T> {
  return { ...kind, env: names.env, key: names.key, effect }
}

/**
 * The form of a region's name, to be demanded where it comes from outside and becomes part of a host's name: with `s3` for
 * a region, `sts.s3.amazonaws.com` would be somebody's bucket.
 */
export const REGION_FORM = /^[a-z]{2,8}(?:-[a-z]{1,16}){1,3}-[0-9]{1,2}$/

/** Anything at all. */
export const TEXT: Kind<string> = { parse: (text) => text, accepts: 'any text' }

/** `true` or `false` in any case. Anything else is refused: `yes` must not silently mean no. */
export const BOOLEAN: Kind<boolean> = {
  parse: (text) =>
    new Map([
      ['true', true],
      ['false', false],
    ]).get(text.toLowerCase()),
  accepts: 'true or false',
}

/** Only `true` has an effect, in any case; every other value, even `1`, is no error and does nothing. */
export const ONLY_TRUE: Kind<boolean> = {
  parse: (text) => text.toLowerCase() === 'true',
  accepts: '`true`; anything else has no effect',
}

/** Attempts for one call. Zero and less mean the default, as zero does in the AWS SDK for Go. */
export const ATTEMPTS: Kind<number> = {
  parse: (text) => (/^[+-]?[0-9]{1,4}$/.test(text) ? Number(text) : undefined),
  accepts: 'a whole number from -9999 to 9999; 0 and less mean 3',
}

/** IP version of the instance metadata service. */
export const ENDPOINT_MODE: Kind<'ipv4' | 'ipv6'> = {
  parse: (text) => (['ipv4', 'ipv6'] as const).find((mode) => mode === text.trim().toLowerCase()),
  accepts: 'IPv4 or IPv6',
}

/** A region becomes part of a host name, so it must be host labels (RFC 1123, 2.1). */
export const REGION: Kind<string> = {
  parse: (text) =>
    /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/.test(text)
      ? text
      : undefined,
  accepts: 'a region name such as us-east-1',
}

/** A URL as written, without a query or fragment that could change what is signed. */
export const SERVICE_URL: Kind<string> = {
  parse: (text) =>
    /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/i.test(text) ? URL.parse(text)?.href : undefined,
  accepts: 'an http or https URL without user information, query or fragment',
}
