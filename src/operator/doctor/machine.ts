import type { System } from '../../base/system.ts'
import type { Machine as ConfigMachine } from '../kubelet_config/machine.ts'

/** What the operating system says about a file. */
export interface FileState extends ReturnType<ConfigMachine['stat']> {
  /** The same for two paths only if they lead to the same file. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly changedAtMs: number
}

/** How a program ended. */
export interface Ended {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined
  /** Whether it was killed because it took too long. */
  readonly isLate: boolean
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly tookMs: number
}

/** What `doctor` asks of the machine, beside what `config` asks of it. */
export interface Machine extends ConfigMachine, Pick<System, 'elapsedMs' | 'sleep' | 'product'> {
  /** The path of this very file. */
  readonly executable: string
  /** As container images have it: `amd64`, `arm64`. */
  readonly architecture: string
  readonly stat: (path: string) => FileState
  readonly run: (command: Parameters<ConfigMachine['run']>[0]) => Promise<Ended>
  /** SHA-256 of a file, in hexadecimal. @throws the operating system's error. */
  readonly hashFile: (path: string) => Promise<string>
  /** Runs a program in the place of this one: with its environment, stdin, stdout and stderr. Gives its exit code. */
  readonly handOver: (program: string, args: readonly string[]) => Promise<number>
  /** A system with the environment of another process; what its commands write to stderr is dropped. */
  readonly systemWith: (
    env: Readonly<Record<string, string>>,
    step: (description: string) => void,
  ) => System
  /** Writes a part of the report to stdout. */
  readonly print: (text: string) => Promise<void>
  /** Whether a terminal shows it, with colours. */
  readonly isColoured: boolean
  /** Goes to a directory, from which relative paths are read. @throws the operating system's error. */
  readonly enter: (directory: string) => void
}
