/**
 * Whether a kubelet finds `pattern` (an auth key or an entry of `matchImages`) to fit `image`: the ports are equal,
 * the labels match one by one, and the pattern's path is a string prefix of the image's.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/#configure-image-matching
 */
export function matchImage(pattern: string, image: string): boolean {
  const [wanted, given] = [splitReference(pattern), splitReference(image)]
  if (wanted === undefined || given === undefined) return false
  if (wanted.port !== given.port || wanted.labels.length !== given.labels.length) return false
  if (!given.path.startsWith(wanted.path)) return false
  return wanted.labels.every((label, index) => matchGlob(label, given.labels[index] ?? ''))
}

interface Reference {
  readonly labels: readonly string[]
  /** Empty when there is none, which is not the same as 443. */
  readonly port: string
  readonly path: string
}

function splitReference(text: string): Reference | undefined {
  const [, authority = '', path = ''] = /^(?:https?:\/\/)?([^/?#]*)([^?#]*)/.exec(text) ?? []
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const [, name, port = ''] = /^(\[[^\]]*:[^\]]*\]|[^:\s]*)(?::(\d*))?$/.exec(host) ?? []
  if (name === undefined || name === '') return undefined
  return { labels: name.replaceAll(/^\[|\]$/g, '').split('.'), port, path }
}

/** One label against one glob: `*`, `?`, `[a-z]`, `[^a-z]` and `\` as in Go's `filepath.Match`. */
function matchGlob(glob: string, label: string): boolean {
  const parts = glob.match(/\\.|\[\^?(?:\\.|[^\]\\])+\]|[^[\\]/gs) ?? []
  if (parts.join('') !== glob) return false
  return new RegExp(`^${parts.map(translateGlob).join('')}$`, 's').test(label)
}

function translateGlob(part: string): string {
  if (part === '*') return '[^/]*'
  if (part === '?') return '[^/]'
  if (part.length > 1 && part.startsWith('[')) return part
  return RegExp.escape(part.startsWith('\\') ? part.slice(1) : part)
}
