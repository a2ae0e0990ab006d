import type { System } from './system.ts'

/** What the operating system says about a file, behind all links. */
export interface FileState {
  /** The same for two paths only if they lead to the same file. */
  readonly id: string
  readonly isFile: boolean
  readonly isDirectory: boolean
  /** Permission bits. */
  readonly mode: number
  readonly owner: number
  /** Milliseconds since 1970. */
  readonly changedAtMs: number
}

/** A program to run. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly stdin: string
  readonly timeoutMs: number
}

/** How a program ended. */
export interface Ended {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined
  /** Whether it was killed because it took too long. */
  readonly isLate: boolean
  readonly stdout: Uint8Array
  readonly tookMs: number
}

/** What the commands for people ask of the machine. */
export interface Machine extends Pick<System, 'readFile' | 'listFiles' | 'elapsedMs' | 'sleep'> {
  readonly product: System['product']
  /** The path of this very file. */
  readonly executable: string
  /** As container images have it: `amd64`, `arm64`. */
  readonly architecture: string
  /** Numbers of all processes. */
  readonly processes: () => readonly number[]
  /** Where a link leads, `undefined` where there is none or this user may not know. */
  readonly readLink: (path: string) => string | undefined
  /** @throws the operating system's error. */
  readonly stat: (path: string) => FileState
  /** SHA-256 of a file, in hexadecimal. @throws the operating system's error. */
  readonly hashFile: (path: string) => Promise<string>
  /** Runs a program to its end, or kills it when its time is over. @throws if it cannot be started. */
  readonly run: (command: Command) => Promise<Ended>
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
