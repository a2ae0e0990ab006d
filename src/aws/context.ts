import type { System } from '../base/system.ts'
import type { Settings } from '../config/settings.ts'
import type { Profile, SharedConfig } from '../config/shared_files.ts'
import type { Network } from '../net/network.ts'

/** What a run has at hand once its configuration is read. */
export interface Context {
  readonly system: System
  readonly config: SharedConfig
  /** The profile in use, `undefined` when there is none. */
  readonly profile: Profile | undefined
  readonly settings: Settings
  readonly network: Network
  /** Region of the registry, and so of every call made for it. */
  readonly region: string
}
