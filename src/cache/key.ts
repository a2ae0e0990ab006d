import { serviceUrl } from '../aws/endpoints.ts'
import type { Run } from '../aws/run.ts'
import type { System } from '../base/system.ts'
import { fromEnvironment, fromProfile } from '../config/settings.ts'
import { SETTINGS, SOURCE_SETTINGS } from '../config/settings_table.ts'
import type { Source } from '../credentials/source.ts'
import type { Registry } from '../ecr/host.ts'

/** Changes when the cache's files do. */
const VERSION = 2

/**
 * Variables that systemd sets anew at each start of a unit; they select no identity.
 *
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment%20Variables%20in%20Spawned%20Processes
 */
const SET_AT_EACH_START =
  /^(?:INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|SYSTEMD_EXEC_PID|MAINPID|MANAGERPID|MANAGERPIDFDID|LISTEN_\w+|WATCHDOG_\w+|MEMORY_PRESSURE_\w+)$/

/**
 * Name under which a token is cached: a hash over everything that selects the identity and whom it is shown to, known
 * before anything is asked. Configured keys go in verbatim; only the hash leaves. Temporary keys do not: they rotate while
 * the identity stays.
 */
export function cacheKey(source: Source, registry: Registry, region: string, run: Run): string {
  const { settings, config, profile, system } = run
  const services = config.get(`services ${settings.get(SETTINGS.services)?.value ?? ''}`)
  const parts = [
    VERSION,
    [registry.service, region, serviceUrl({ ...registry, region }, run)],
    source,
    environmentFor(source, system.env),
    // All of them: more than needed, but nothing that could select an identity (the address of STS, of IMDS) is missing.
    // As text: a setting without effect may be malformed, which must not turn the cache off.
    [
      ...Object.values(SETTINGS),
      SOURCE_SETTINGS.containerTokenFile,
      SOURCE_SETTINGS.containerToken,
    ].map(
      (setting) => (fromEnvironment(setting, system.env) ?? fromProfile(setting, profile))?.value,
    ),
    [...(services?.values ?? [])].map(([key, { value, nested }]) => [key, value, [...nested]]),
  ]
  return system.sha256(JSON.stringify(parts))
}

/** What a source takes from the environment when it is asked, beside the settings. */
function environmentFor(source: Source, env: System['env']): unknown {
  switch (source.kind) {
    case 'role':
      return environmentFor(source.base, env)
    case 'process':
      // The command may look at any of them.
      return Object.entries(env)
        .filter(([name]) => !SET_AT_EACH_START.test(name))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
    case 'service_account':
    case 'keys':
    case 'container':
    case 'web_identity':
    case 'sso':
    case 'instance':
      return []
  }
}
