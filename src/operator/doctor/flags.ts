import type { Machine } from '../../base/machine.ts'
import type { KubeletProcess } from '../process.ts'

/** What the kubelet was told about credential providers; `undefined` where nothing was. */
export interface ProviderFlags {
  /** The configuration, a file or a directory of files. */
  readonly config: string | undefined
  /** Where the plugins are. */
  readonly binDir: string | undefined
}

/** The kubelet's two flags, from its command line. That of k3s shows none: its configuration does, and it has defaults. */
export async function readFlags(
  { words, isK3s }: KubeletProcess,
  machine: Machine,
): Promise<ProviderFlags> {
  if (!isK3s) return { config: flagIn(words, 'config'), binDir: flagIn(words, 'bin-dir') }
  // https://docs.k3s.io/installation/configuration#configuration-file
  const bytes = machine.readFile('/etc/rancher/k3s/config.yaml', 1024 * 1024)
  const text = new TextDecoder().decode(await bytes.catch(() => new Uint8Array()))
  const home = '/var/lib/rancher/credentialprovider'
  return {
    config: inFile(text, 'config') ?? existing(`${home}/config.yaml`, machine),
    binDir: inFile(text, 'bin-dir') ?? existing(`${home}/bin`, machine),
  }
}

/** The value of a flag: the last one counts. */
function flagIn(words: readonly string[], name: string): string | undefined {
  const flag = `--image-credential-provider-${name}`
  const values = words.flatMap((word, index) => {
    if (word.startsWith(`${flag}=`)) return [word.slice(flag.length + 1)]
    return word === flag ? (words[index + 1] ?? '') : []
  })
  const last = values.at(-1) ?? ''
  return last === '' ? undefined : last
}

/** As a key of its own, or in the list of `kubelet-arg`. */
function inFile(text: string, name: string): string | undefined {
  const line = new RegExp(
    `^[ \\t"'-]*image-credential-provider-${name}["']?[=:]\\s*["']?(?<path>[^\\s"']+)`,
    'm',
  )
  return line.exec(text)?.groups?.['path']
}

function existing(path: string, machine: Machine): string | undefined {
  try {
    machine.stat(path)
    return path
  } catch {
    return undefined
  }
}
