/**
 * Everything the program asks of the process it runs in. `main.ts` builds the real one; a test passes its own,
 * so no test ever patches a module, the environment or the clock.
 */
export interface System {
  /** Environment variables. An empty value counts as unset wherever it is read. */
  readonly env: Readonly<Record<string, string | undefined>>

  /** Bun's `fetch`, reached only through `http.ts`. */
  readonly fetch: (url: string, init: BunFetchRequestInit) => Promise<Response>

  /**
   * The first `maxBytes` bytes of a file.
   *
   * @throws the operating system's error, with its `code` (`ENOENT`, `EACCES`, `EISDIR`, ...).
   */
  readonly readFile: (path: string, maxBytes: number) => Promise<Uint8Array>

  /** Paths of the entries of a directory. @throws the operating system's error. */
  readonly listFiles: (directory: string) => Promise<readonly string[]>

  /** The user's home directory from the user database, for when `HOME` is unset, as under systemd. */
  readonly homeDirectory: () => Promise<string>

  /** Wall clock in milliseconds since 1970, as wrong as the node's clock is. */
  readonly now: () => number

  /** Milliseconds since the program began, from a clock that never jumps. */
  readonly elapsedMs: () => number

  /** What is being done now: printed by `--verbose`, and the cause if the deadline strikes. */
  readonly step: (description: string) => void
}
