/** How a command ended. */
export interface CommandResult {
  /** `undefined` when it was killed because it took too long. */
  readonly exitCode: number | undefined
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

/** A directory that only this user can read or change. Every member throws the operating system's error. */
export interface PrivateDirectory {
  /** A file's text, `undefined` when there is none. @throws also when it is a link, another user's, or open to others. */
  readonly read: (name: string) => string | undefined
  /** Writes a file in one step, so that no reader ever sees half of it. */
  readonly replace: (name: string, text: string) => void
  /** Creates the claim atomically; false if one exists. */
  readonly claim: (name: string, text: string) => boolean
  /** The text of a claim, `undefined` when there is none. */
  readonly claimant: (name: string) => string | undefined
  /** Removes a file or a claim, if it is there. */
  readonly remove: (name: string) => void
  /** All files and claims, with the time of the last change to each, in milliseconds since 1970. */
  readonly list: () => readonly { readonly name: string; readonly changedAtMs: number }[]
}

/** Where to connect to. */
export interface Peer {
  /** An address, without brackets. */
  readonly hostname: string
  readonly port: number
}

/** How TLS is spoken, and with whom. */
export interface Tls {
  /** Whose certificate it must be: a name, or an address without brackets. */
  readonly host: string
  /** The name to ask for (RFC 6066, 3), empty for none. */
  readonly sni: string
  /** The certificates that may vouch for it, PEM. */
  readonly ca: string
  /** Whether an intermediate among them may be a trust anchor. */
  readonly allowsIntermediates: boolean
}

/** An open connection. With TLS, its peer's certificate has been verified. */
export interface Connection {
  /**
   * Sends bytes, and gives what `parse` makes of all that has come, as soon as it is not `undefined`.
   *
   * @throws what `parse` throws, or the runtime's error, with its `code`.
   */
  readonly sendAndParse: <T>(bytes: Uint8Array, parse: (all: Buffer) => T | undefined) => Promise<T>
  /**
   * The same connection with TLS on top; from then on only that one may be used.
   *
   * @throws the runtime's error, with its `code`; `ERR_TLS_CERT_ALTNAME_INVALID` - the certificate is for another host.
   */
  readonly secure: (tls: Tls) => Promise<Connection>
  /** Whether nothing has come, not even the end. */
  readonly isOpen: () => boolean
  /** With TLS, who issued the peer's certificate: the lines of a distinguished name, `CN=...` among them. */
  readonly issuer?: () => string | undefined
  readonly close: () => void
}

/**
 * Everything the program asks of the process it runs in. `main.ts` builds the real one; a test passes its own,
 * so no test ever patches a module, the environment or the clock.
 */
export interface System {
  /** Environment variables. An empty value counts as unset wherever it is read. */
  readonly env: Readonly<Record<string, string | undefined>>

  /** Name and version of this program, for the User-Agent. */
  readonly product: string

  /** A TCP connection. @throws the runtime's error, with its `code`. */
  readonly connect: (peer: Peer) => Promise<Connection>

  /** The same, for TLS inside TLS. @throws the runtime's error, with its `code`. */
  readonly connectNested: (peer: Peer) => Promise<Connection>

  /** Whether a certificate (DER) is its own issuer, `root`; `undefined` when the TLS library cannot read it. */
  readonly inspectCertificate: (der: Uint8Array) => 'root' | 'other' | undefined

  /** Mozilla's roots, which are part of the runtime, PEM. */
  readonly builtInRoots: () => string

  /** The first `maxBytes` bytes of a file. @throws the operating system's error, with its `code` (`ENOENT`, `EISDIR`, ...). */
  readonly readFile: (path: string, maxBytes: number) => Promise<Uint8Array>

  /** Paths of the entries of a directory. @throws the operating system's error. */
  readonly listFiles: (directory: string) => Promise<readonly string[]>

  /** Replaces a file in one step, so that no reader sees half of it; keeps mode and owner. @throws the system's error. */
  readonly replaceFile: (path: string, text: string) => Promise<void>

  /** A directory of this user alone, made if it is not there. @throws the system's error, with `uid` and `mode` if others may use it. */
  readonly openPrivateDirectory: (path: string) => PrivateDirectory

  /** Milliseconds since the kernel started, which nobody can set, and an id of that boot. @throws if the kernel does not tell both. */
  readonly bootClock: () => { readonly bootId: string; readonly uptimeMs: () => number }

  /** SHA-256 of a text, in hexadecimal. */
  readonly sha256: (text: string) => string

  /** Number of this process. */
  readonly processId: number

  /** Whether a process of that number exists. */
  readonly isRunning: (processId: number) => boolean

  /**
   * Runs `cleanUp` on SIGTERM, SIGINT and SIGHUP, then re-raises the signal; PID 1 exits with 128 plus its number. Call the
   * result to unregister.
   */
  readonly onSignal: (cleanUp: () => void) => () => void

  /** Addresses of a host name, at least one. @throws the resolver's error, with its `code`. */
  readonly lookUp: (hostname: string) => Promise<readonly string[]>

  /**
   * Runs a shell command in the environment of this program, with nothing on its stdin, and waits until it has ended and
   * nobody can write to its stdout. After `timeoutMs`, or by a signal that ends this program, it is killed with every process
   * it started.
   */
  readonly runCommand: (command: string, timeoutMs: number) => Promise<CommandResult>

  /**
   * The user's home directory from the user database, for when `HOME` is unset, as under systemd; `undefined` for a user
   * that has none, as in a container without `/etc/passwd`.
   */
  readonly homeDirectory: () => Promise<string | undefined>

  /** Wall clock in milliseconds since 1970, as wrong as the node's clock is. */
  readonly now: () => number

  /** Milliseconds since the program began, from a clock that never jumps. */
  readonly elapsedMs: () => number

  /** From 0 up to, not including, 1. */
  readonly random: () => number

  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>

  /** What is being done now: printed by `--verbose`, and the cause if the deadline strikes. */
  readonly step: (description: string) => void
}
