import type { Machine } from './machine.ts'
import type { KubeletProcess } from './process.ts'

/** What the kubelet was told about credential providers; `undefined` where nothing was. */
export interface ProviderFlags {
  /** The configuration, a file or a directory of files. */
  readonly config: string | undefined
  /** Where the plugins are. */
  readonly binDir: string | undefined
}

/** The kubelet's two flags, from its command line, and for k3s and RKE2 from their configuration, else their defaults. */
export async function readFlags(
  { words, distribution }: KubeletProcess,
  machine: Machine,
): Promise<ProviderFlags> {
  const find = (name: string) => flagIn(words, `image-credential-provider-${name}`)
  const [config, binDir] = [find('config'), find('bin-dir')]
  if (distribution === undefined) return { config, binDir }
  // https://docs.k3s.io/installation/configuration#configuration-file
  const bytes = machine.readFile(`/etc/rancher/${distribution}/config.yaml`, 1024 * 1024)
  const text = new TextDecoder().decode(await bytes.catch(() => new Uint8Array()))
  const home = '/var/lib/rancher/credentialprovider'
  return {
    config: config ?? inFile(text, 'config') ?? existing(`${home}/config.yaml`, machine),
    binDir: binDir ?? inFile(text, 'bin-dir') ?? existing(`${home}/bin`, machine),
  }
}

/** The value of a flag: the last one counts. k3s passes those of `--kubelet-arg` on. */
function flagIn(words: readonly string[], name: string): string | undefined {
  const values = words.flatMap((word, index) => {
    const flag = word.replace(/^--kubelet-arg=/, '--')
    const isPassedOn = words[index - 1] === '--kubelet-arg'
    if (flag.startsWith(`--${name}=`)) return [flag.slice(name.length + 3)]
    if (isPassedOn && word.startsWith(`${name}=`)) return [word.slice(name.length + 1)]
    return word === `--${name}` ? (words[index + 1] ?? '') : []
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
