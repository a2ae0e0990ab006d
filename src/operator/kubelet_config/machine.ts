import type { System } from '../../base/system.ts'

/** What `config` asks of the machine. */
export interface Machine extends Pick<System, 'readFile' | 'listFiles'> {
  /** Numbers of all processes. */
  readonly processes: () => readonly number[]
  /** Where a link leads, `undefined` where there is none or this user may not know. */
  readonly readLink: (path: string) => string | undefined
  /** A file behind all links. @throws the operating system's error. */
  readonly stat: (path: string) => {
    readonly isFile: boolean
    readonly isDirectory: boolean
    /** Permission bits. */
    readonly mode: number
    readonly owner: number
  }
  /** Runs a program to its end, or kills it when its time is over. @throws if it cannot be started. */
  readonly run: (command: {
    readonly program: string
    readonly args: readonly string[]
    /** The whole environment; nothing is inherited. */
    readonly env: Readonly<Record<string, string>>
    readonly cwd: string
    readonly stdin: string
    readonly timeoutMs: number
  }) => Promise<{ readonly stdout: Uint8Array }>
}
