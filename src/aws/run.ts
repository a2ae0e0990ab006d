import type { System } from '../base/system.ts'
import type { Settings } from '../config/settings.ts'
import type { Profile, SharedConfig } from '../config/shared_files.ts'
import type { Network } from '../net/network.ts'

/** What a run has read before it asks anybody. Handed down as it is: whatever is decided with it goes beside it. */
export interface Run {
  readonly system: System
  readonly config: SharedConfig
  /** The profile in use, `undefined` when there is none. */
  readonly profile: Profile | undefined
  readonly settings: Settings
  readonly network: Network
}
