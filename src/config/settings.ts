import { failure, quote } from '../base/failure.ts'
import type { System } from '../base/system.ts'
import type { Kind, Setting } from './settings_table.ts'
import type { Profile } from './shared_files.ts'

/** A setting's value and where it was set: a variable's name, or a file and line. */
export interface Found<T> {
  readonly value: T
  readonly origin: string
}

/** What has been set, by variable or in the profile. */
export type Settings = ReturnType<typeof readSettings>

/** The settings of the environment, then of the profile; the first one that is not empty counts. */
export function readSettings(env: System['env'], profile: Profile | undefined) {
  /**
   * The setting's value, `undefined` where nothing sets it.
   *
   * @throws {Failure} `config_value` - it is not acceptable; names the variable or the file and line, never the value.
   */
  function get<T>(wanted: Setting<T>): Found<T> | undefined {
    const found = fromEnvironment(wanted, env) ?? fromProfile(wanted, profile)
    return found === undefined ? undefined : validate(wanted, found)
  }
  return { get }
}

/** The text of the first of a setting's variables that is set; unless `isSet` says otherwise, an empty one is not. */
export function fromEnvironment(
  { env: names }: Setting<unknown>,
  env: System['env'],
  isSet: (text: string) => boolean = Boolean,
): Found<string> | undefined {
  const origin = names.find((name) => isSet(env[name] ?? ''))
  return origin === undefined ? undefined : { value: env[origin] ?? '', origin }
}

/** The text of a setting's key in a profile, if it is not empty. */
export function fromProfile(
  { key }: Setting<unknown>,
  profile: Profile | undefined,
): Found<string> | undefined {
  const found = key === undefined ? undefined : profile?.values.get(key)
  if (key === undefined || found === undefined || found.value === '') return undefined
  return { value: found.value, origin: `${key} in ${quote(found.file)} line ${found.line}` }
}

/**
 * The value of a text that was found.
 *
 * @throws {Failure} `config_value` - it is not of this kind; names its origin, never the text.
 */
export function validate<T>(kind: Kind<T>, { value: text, origin }: Found<string>): Found<T> {
  const value = kind.parse(text)
  if (value !== undefined) return { value, origin }
  throw failure('config_value', { origin, accepts: kind.accepts })
}
