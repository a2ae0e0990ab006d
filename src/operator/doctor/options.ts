import { type Failure, failure } from '../../base/failure.ts'

/** What `doctor` is asked to do. */
export interface DoctorOptions {
  readonly image: string | undefined
  readonly asJson: boolean
  /** Whether the registry itself is asked. */
  readonly asksRegistry: boolean
  /** The unit that runs the kubelet. */
  readonly unit: string | undefined
  /** The number of the kubelet's process. */
  readonly pid: number | undefined
  readonly isHelp: boolean
}

/** The text of `doctor --help`. */
export function doctorHelp(): string {
  return [
    'usage: ecr-credential-provider doctor [IMAGE] [options]',
    '',
    'Says, step by step, whether the kubelet of this node can pull IMAGE (host/name[:tag][@digest]),',
    'and if not, why, and what to do. Runs this program exactly as the kubelet runs it: with the',
    "kubelet's environment, and the args and env of its configuration. Run it as root, on the node.",
    "Without IMAGE it stops at the password, which is then for the registry of the node's region.",
    '',
    '  --no-registry   stop at the password: do not ask the registry for the image. Asking for an',
    '                  image of a pull-through cache rule imports it, as a pull does.',
    '  --json          one JSON document instead of text',
    '  --unit NAME     the systemd unit that runs the kubelet',
    "  --pid NUMBER    the kubelet's process",
    '',
    'Nothing secret is printed: no keys, no tokens, no passwords. Of the values of variables it prints',
    'only hosts, paths, regions, and the names of profiles and roles.',
    '',
    'Exit code: 0 a pull would work, 1 it would fail, 2 wrong command line, 3 cannot judge.',
    '',
  ].join('\n')
}

/**
 * The command line behind `doctor`.
 *
 * @throws {Failure} `usage_argument`, `usage_option` - a word or flag that is not known, or a value that does not fit.
 */
export function parseDoctorOptions(args: readonly string[]): DoctorOptions {
  const words = args.flatMap((word) => {
    const [, name = '', value = ''] = /^(--(?:unit|pid))=(.*)$/s.exec(word) ?? []
    return name === '' ? [word] : [name, value]
  })
  const options: { -readonly [Key in keyof DoctorOptions]: DoctorOptions[Key] } = {
    image: undefined,
    asJson: false,
    asksRegistry: true,
    unit: undefined,
    pid: undefined,
    isHelp: false,
  }
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--json') options.asJson = true
    else if (word === '--no-registry') options.asksRegistry = false
    else if (word === '--help' || word === '-h') options.isHelp = true
    else if (word === '--unit') options.unit = parseUnit(words.shift())
    else if (word === '--pid') options.pid = parsePid(words.shift())
    else if (/^[^-]/.test(word) && options.image === undefined) options.image = word
    else throw failure('usage_argument', { argument: word })
  }
  return options
}

/** It becomes an argument of `systemctl`, so it must not look like a flag. */
function parseUnit(value = ''): string {
  if (/^[A-Za-z0-9][\w:.@-]{0,250}$/.test(value)) return value
  throw usage('--unit', 'the name of a systemd unit')
}

function parsePid(value = ''): number {
  if (/^[1-9][0-9]{0,9}$/.test(value)) return Number(value)
  throw usage('--pid', 'the number of a process')
}

/** The failure of a command line in which something is not what it must be. */
export function usage(option: string, accepts: string): Failure {
  return failure('usage_option', { option, accepts })
}
