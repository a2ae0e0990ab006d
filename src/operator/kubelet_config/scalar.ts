/** What a scalar is to the kubelet. */
export type ScalarKind = 'boolean' | 'null' | 'number' | 'string'

/**
 * What an unquoted scalar is to the kubelet, whose reader speaks YAML 1.1: `yes` and `off` are booleans, `1_000` is a number,
 * and a date is a string.
 *
 * @see https://github.com/yaml/go-yaml/blob/v2.4.2/resolve.go
 */
export function kindOfPlain(text: string): ScalarKind {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return 'null'
  if (/^(?:[yY]|[nN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(text)) return 'boolean'
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return 'boolean'
  if (!/^[-+.0-9]/.test(text)) return 'string'
  const isNumber =
    /^[-+]?(?:0x[0-9a-f]+|0b[01]+|0o[0-7]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?)$/i.test(
      text.replaceAll('_', ''),
    ) || /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)
  return isNumber ? 'number' : 'string'
}

/** The value of an unquoted scalar that is a boolean to the kubelet. */
export function isTrue(text: string): boolean {
  return /^(?:y|yes|on|true)$/i.test(text)
}
