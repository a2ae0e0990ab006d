/** A `matchImages` entry, or an image, split as the kubelet splits it. */
interface ImageReference {
  /** Of the host, between its dots. */
  readonly labels: readonly string[]
  /** Empty when there is none, which is not the same as 443. */
  readonly port: string
  readonly path: string
}

/**
 * Whether a kubelet asks a provider with this `matchImages` entry for an image: the ports are equal, the host's labels match
 * one by one (`*` stays within one), and the pattern's path is a string prefix of the image's.
 *
 * @param image - without tag and digest, as the kubelet passes it.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.4/pkg/credentialprovider/keyring.go URLsMatchStr
 */
export function matchesImage(pattern: string, image: string): boolean {
  const [wanted, given] = [splitReference(pattern), splitReference(image)]
  if (wanted === undefined || given === undefined) return false
  return (
    wanted.port === given.port &&
    wanted.labels.length === given.labels.length &&
    given.path.startsWith(wanted.path) &&
    wanted.labels.every((label, index) => matchesLabel(label, given.labels[index] ?? ''))
  )
}

/**
 * A reference as Go's `url.Parse` reads it behind `https://`; `undefined` for what it refuses, and a kubelet with it. User
 * information, query and fragment are dropped, as the kubelet does.
 */
export function splitReference(text: string): ImageReference | undefined {
  // oxlint-disable-next-line no-control-regex -- Go refuses these.
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined
  const [, authority = '', path = ''] = /^([^/?#]*)([^?#]*)/.exec(text) ?? []
  const at = authority.lastIndexOf('@')
  if (/[^\w\-.:~!$&'()*+,;=%@]/.test(authority.slice(0, Math.max(at, 0)))) return undefined
  // What Go allows in a host. A `[` is an IPv6 address or an error, so of the globs of `filepath.Match` only `*` is left: `?`
  // begins a query, and `\` is refused.
  const { name, port = '' } =
    /^(?<name>(?:[\w\-.~!$&'()*+,;=<>"\]\u0080-\uffff]|%(?:25|[89A-F][0-9A-F]))*|\[[0-9A-F.]*:[0-9A-F:.]*(?:%25[^\]]+)?\])(?::(?<port>[0-9]*))?$/i.exec(
      authority.slice(at + 1),
    )?.groups ?? {}
  if (name === undefined || /%(?![0-9A-F]{2})/i.test(text.replace(/\?[^#]*/, ''))) return undefined
  return { labels: name.split('.'), port, path }
}

/** Whether a label fits one of a pattern, in which a `*` stands for any number of characters. */
export function matchesLabel(glob: string, label: string): boolean {
  const [first = '', ...others] = glob.split('*')
  const last = others.pop()
  if (last === undefined) return glob === label
  if (!label.startsWith(first)) return false
  let at = first.length
  // The first place of each part will do. No regular expression: one of many stars takes hours to say no.
  for (const part of others) {
    const found = label.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at + last.length <= label.length && label.endsWith(last)
}
