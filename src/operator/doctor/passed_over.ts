import { Failure, quote } from '../../base/failure.ts'
import { readTextFile, refuseFile } from '../../base/files.ts'
import type { System } from '../../base/system.ts'
import { parseIni } from '../../config/ini.ts'
import { inHome } from '../../config/shared_files.ts'
import type { Tell } from './report.ts'

/** The most of a configuration file that is looked at for its sections, in bytes. */
const MAX_CONFIG_BYTES = 1_048_576

/** Variables of the runtime that change or break the program before its own code runs. */
export function tellRuntime(env: System['env'], tell: Tell): void {
  for (const name of Object.keys(env)
    .filter((each) => each.startsWith('BUN_'))
    .toSorted()) {
    // The one that the README recommends.
    if (name === 'BUN_JSC_useJIT') continue
    const isFatal = name === 'BUN_BE_BUN' || name === 'BUN_OPTIONS'
    const effect = isFatal ? 'turns the program into another one' : 'changes how the program runs'
    const summary = `the variable ${name} ${effect}`
    const fix = `take ${name} out of the kubelet's environment and of env`
    tell({ id: 'settings.runtime', status: 'warn', cause: 'settings_runtime', summary, fix })
  }
}

/**
 * Says which files that variables name are not there, and which sections of the config file nobody reads.
 *
 * @param failed - the cause for which the configuration cannot be used, which says as much of one section.
 */
export async function tellFiles(
  system: System,
  failed: string | undefined,
  tell: Tell,
): Promise<void> {
  const { AWS_CONFIG_FILE: config = '', AWS_SHARED_CREDENTIALS_FILE: credentials = '' } = system.env
  const said = failed === 'profile_header' ? system.env['AWS_PROFILE'] : undefined
  const configPath = config === '' ? await inHome('.aws/config', system) : config
  const text = await textOf(configPath, system)
  const named = [
    ['AWS_CONFIG_FILE', config, text],
    ['AWS_SHARED_CREDENTIALS_FILE', credentials, await textOf(credentials, system)],
  ] as const
  for (const [name, path, itsText] of named) {
    if (path === '' || itsText !== '') continue
    const summary = `${quote(path)} (from ${name}) is empty or does not exist, which counts as no configuration`
    const fix = 'correct the path; the kubelet reads it as an absolute one'
    tell({ id: 'settings.files', status: 'warn', cause: 'settings_empty_file', summary, fix })
  }
  for (const section of parseIni(text, configPath ?? '').keys()) {
    if (
      section === 'default' ||
      section === said ||
      /^(?:profile|sso-session|services) /.test(section)
    )
      continue
    const summary = `nothing reads [${section}] in ${quote(configPath ?? '')}: a section of the config file begins with "profile"`
    const fix = `call it [profile ${section}]`
    tell({ id: 'settings.sections', status: 'warn', cause: 'settings_section', summary, fix })
  }
}

/** Empty where there is none; what cannot be read makes the run fail, and is said there. */
async function textOf(path: string | undefined, system: System): Promise<string> {
  if (path === undefined || path === '') return ''
  const file = { path, maxBytes: MAX_CONFIG_BYTES, refuse: refuseFile('the config file', path) }
  try {
    return (await readTextFile(file, system)) ?? ''
  } catch (error) {
    if (error instanceof Failure) return ' '
    throw error
  }
}
