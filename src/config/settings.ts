import { Failure, quote } from '../failure.ts'
import type { System } from '../system.ts'
import type { Kind, Setting } from './kinds.ts'
import type { Profile } from './profiles.ts'
import { SETTINGS } from './settings_table.ts'

/** A setting's value and where it was set: a variable's name, or a file and line. */
export interface Found<T> {
  readonly value: T
  readonly origin: string
}

/** The settings of a run, all of them already validated. */
export interface Settings {
  /** The setting's value, `undefined` where nothing sets it. */
  readonly get: <T>(setting: Setting<T>) => Found<T> | undefined
}

/**
 * The settings of the environment, then of the profile; the first one that is not empty counts.
 *
 * @throws {Failure} `bad_config` - a value is not acceptable; names the variable or the file and line, never the value.
 */
export function readSettings(env: System['env'], profile: Profile | undefined): Settings {
  const get: Settings['get'] = (wanted) => readSetting(wanted, env, profile)
  // All of them at once: a bad value is an error now, not on the day it takes effect.
  for (const each of Object.values(SETTINGS)) readSetting<unknown>(each, env, profile)
  return { get }
}

function readSetting<T>(
  wanted: Setting<T>,
  env: System['env'],
  profile: Profile | undefined,
): Found<T> | undefined {
  const found = fromEnvironment(wanted, env) ?? fromProfile(wanted, profile)
  return found === undefined ? undefined : validate(wanted, found)
}

/** The text of a setting's first variable that is not empty. */
export function fromEnvironment(
  { env: names }: Setting<unknown>,
  env: System['env'],
): Found<string> | undefined {
  for (const origin of names) {
    const value = env[origin] ?? ''
    if (value !== '') return { value, origin }
  }
  return undefined
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

/** @throws {Failure} `bad_config` - the text is not of this kind; names its origin. */
export function validate<T>(kind: Kind<T>, { value: text, origin }: Found<string>): Found<T> {
  const value = kind.parse(text)
  if (value !== undefined) return { value, origin }
  throw new Failure('bad_config', `cannot use ${origin}: it must be ${kind.accepts}`)
}
