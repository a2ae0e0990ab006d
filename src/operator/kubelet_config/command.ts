import { printable } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import { judgeBinary } from './binary.ts'
import { byLine } from './check.ts'
import { type JudgedFile, judgePath } from './files.ts'
import type { Finding } from './finding.ts'
import { writeGuide } from './guide.ts'
import { configHelp } from './help.ts'
import { makeConfig } from './make.ts'
import { checkVersion, type ConfigOptions, parseConfigOptions } from './options.ts'
import { findRunningMinor } from './running_version.ts'
import { NEWEST_MINOR } from './version.ts'
import { writeYaml } from './yaml.ts'

/** How a command for people ends. */
interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: 0 | 1
}

/**
 * `config` prints a configuration for the kubelet, `config check` judges one.
 *
 * @param args - what comes behind `config`.
 * @throws {Failure} `usage_config`
 */
export async function config(args: readonly string[], machine: Machine): Promise<Outcome> {
  const options = parseConfigOptions(args)
  if (options.command === 'help') return { stdout: configHelp(), stderr: '', exitCode: 0 }
  const running = options.minor ?? (await findRunningMinor(machine))
  const minor = running ?? NEWEST_MINOR
  if (options.command === 'print') return print(options, minor)
  const files = await judgePath(options.path, minor, machine)
  const { binDirectory } = options
  if (binDirectory !== undefined)
    for (const { providers, report } of files)
      for (const provider of providers) judgeBinary(provider, binDirectory, machine, report)
  const said = options.minor === undefined && running === undefined ? ', the newest known,' : ''
  return summarize(files, `a kubelet of 1.${minor}${said}`)
}

/** `config > file` is a valid file: what else is to be said are comments, or for JSON goes to stderr. */
function print(options: ConfigOptions, minor: number): Outcome {
  checkVersion(options, minor)
  const own = makeConfig(options, minor)
  const isTalos = options.distribution === 'talos'
  const whole = isTalos ? { machine: { kubelet: { credentialProviderConfig: own } } } : own
  const guide = writeGuide(options, minor)
  if (options.asJson) {
    const json = `${JSON.stringify(whole, undefined, 2)}\n`
    return { stdout: json, stderr: join(guide), exitCode: 0 }
  }
  const comments = join(guide.map((line) => `# ${line}`))
  return { stdout: comments + writeYaml(whole), stderr: '', exitCode: 0 }
}

function summarize(files: readonly JudgedFile[], kubelet: string): Outcome {
  const lines = files.flatMap(({ path, findings }) =>
    findings.toSorted(byLine).flatMap((finding) => describe(path, finding)),
  )
  const levels = files.flatMap(({ findings }) => findings.map(({ level }) => level))
  const count = (level: Finding['level']) => levels.filter((each) => each === level).length
  const [refused, wrong, warnings] = [count('refused'), count('wrong'), count('warning')]
  const verdict = refused > 0 ? `${kubelet} would not start with this` : `${kubelet} accepts this`
  const counts = `${refused} refused, ${wrong} wrong, ${plural(warnings, 'warning')}`
  const isBad = refused + wrong > 0
  return { stdout: join([...lines, `${verdict}: ${counts}`]), stderr: '', exitCode: isBad ? 1 : 0 }
}

function describe(
  path: string,
  { line, field, level, id, problem, fix }: Finding,
): readonly string[] {
  const place = line === undefined ? path : `${path}:${line}`
  const subject = field === '' ? problem : `${field} ${problem}`
  return [`${place}: ${level}: ${subject} [${id}]`, `  fix: ${fix}`]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function join(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('')
}
