import { type Failure, failure, quote } from '../../base/failure.ts'
import type { Mirror } from '../../ecr/host.ts'
import { parseOptions } from '../../kubelet/options.ts'
import { partitionRegions } from './partitions.ts'
import { NEWEST_MINOR, OLDEST_MINOR, parseMinor, TOKEN_MINOR } from './version.ts'

/** Who runs the kubelet. */
export type Distribution = 'eks' | 'hybrid' | 'kubeadm' | 'k3s' | 'rke2' | 'talos'

/** What `config` is asked for. */
export interface ConfigOptions {
  readonly command: 'print' | 'check' | 'help'
  /** The kubelet's minor version; `undefined` for that of the kubelet that runs here. */
  readonly minor: number | undefined
  /** What to check. */
  readonly path: string
  /** Where the kubelet looks for the binaries of what is checked. */
  readonly binDirectory: string | undefined
  readonly distribution: Distribution
  /** The name of an AWS partition; `undefined` for all. */
  readonly partition: string | undefined
  readonly hasPublic: boolean
  readonly hasServiceAccounts: boolean
  readonly hasCache: boolean
  readonly mirrors: readonly Mirror[]
  readonly asJson: boolean
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * The command line behind `config`.
 *
 * @throws {Failure} `usage_config` - a word or flag that is not known, or a value that does not fit.
 */
export function parseConfigOptions(args: readonly string[]): ConfigOptions {
  const isCheck = args[0] === 'check'
  const options = defaults(isCheck)
  const rest = args.slice(isCheck ? 1 : 0).flatMap(splitAtEquals)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--help' || word === '-h') options.command = 'help'
    else if (word === '--kubernetes') options.minor = readVersion(rest.shift())
    else if (isCheck && word === '--bin-dir') options.binDirectory = readPath(rest.shift())
    else if (isCheck && /^[^-]/.test(word) && options.path === '') options.path = word
    else if (isCheck) throw unknown(word)
    else if (word === '--for') options.distribution = readDistribution(rest.shift())
    else if (word === '--partition') options.partition = readPartition(rest.shift())
    else if (word === '--mirror') options.mirrors = [...options.mirrors, readMirror(rest.shift())]
    else if (word === '--public') options.hasPublic = true
    else if (word === '--service-accounts') options.hasServiceAccounts = true
    else if (word === '--cache') options.hasCache = true
    else if (word === '--json') options.asJson = true
    else throw unknown(word)
  }
  if (options.command === 'check' && options.path === '') {
    throw usage('config check needs a FILE or a DIR, as in --image-credential-provider-config')
  }
  if (options.hasPublic && options.partition !== undefined && options.partition !== 'aws') {
    throw usage('--public cannot go with this --partition: public ECR needs credentials of aws')
  }
  return options
}

/** @throws {Failure} `usage_config` - the kubelet is too old for what is asked for. */
export function checkVersion({ hasServiceAccounts }: ConfigOptions, minor: number): void {
  if (hasServiceAccounts && minor < TOKEN_MINOR) {
    throw usage(
      `--service-accounts needs --kubernetes 1.${TOKEN_MINOR} or newer, and this is 1.${minor}`,
    )
  }
}

function defaults(isCheck: boolean): Writable<ConfigOptions> {
  return {
    command: isCheck ? 'check' : 'print',
    minor: undefined,
    path: '',
    binDirectory: undefined,
    distribution: 'kubeadm',
    partition: undefined,
    hasPublic: false,
    hasServiceAccounts: false,
    hasCache: false,
    mirrors: [],
    asJson: false,
  }
}

/** `--name=value` as the two words `--name value`. */
function splitAtEquals(word: string): readonly string[] {
  const { name, value } = /^(?<name>--[a-z-]+)=(?<value>.*)$/s.exec(word)?.groups ?? {}
  return name === undefined || value === undefined ? [word] : [name, value]
}

function usage(message: string): Failure {
  return failure('usage_config', { problem: message })
}

function unknown(word: string): Failure {
  return usage(`unknown argument ${quote(word)}`)
}

function readVersion(value = ''): number {
  const minor = parseMinor(value)
  if (minor !== undefined && minor >= OLDEST_MINOR) return minor
  throw usage(`--kubernetes must be a version from 1.${OLDEST_MINOR}, such as 1.${NEWEST_MINOR}`)
}

function readPath(value = ''): string {
  if (value.startsWith('/')) return value
  throw usage('--bin-dir must be an absolute path')
}

function readDistribution(value = ''): Distribution {
  const known = ['eks', 'hybrid', 'kubeadm', 'k3s', 'rke2', 'talos'] as const
  const found = known.find((name) => name === value)
  if (found !== undefined) return found
  throw usage(`--for must be one of ${known.join(', ')}`)
}

function readPartition(value = ''): string | undefined {
  if (value === 'all') return undefined
  const regions = partitionRegions()
  if (regions.has(value)) return value
  throw usage(`--partition must be one of all, ${[...regions.keys()].join(', ')}`)
}

function readMirror(value = ''): Mirror {
  const [mirror] = parseOptions(['--mirror', value]).mirrors
  if (mirror !== undefined && mirror.host !== '*') return mirror
  throw usage('--mirror must name a host: the kubelet has no pattern for all of them')
}
