/** What the network takes, in milliseconds; zero where nothing is added to loopback. */
export interface Delays {
  /** Before every answer of the instance metadata service. */
  readonly imdsMs: number
  /** To ECR and back; the handshakes of TCP and TLS pay for it as well. */
  readonly roundTripMs: number
  /** Before ECR's answer. */
  readonly ecrMs: number
}

/** One setting in which the programs are compared. */
export interface Case {
  readonly name: string
  readonly about: string
  readonly delays: Delays
  /** How many run at the same time. */
  readonly parallel: number
  /** The program's file is dropped from the page cache before each run. */
  readonly cold: boolean
  /** What vouches for the fake's certificate: a bundle of one, or that and the host's own store, as on a node. */
  readonly trust: 'bundle' | 'host'
  /** Our cache: none, kept from round to round, or empty at the beginning of each round. Peers have none. */
  readonly cache: 'none' | 'kept' | 'empty'
  /** Our file is read from start to end after it was dropped, as the unit of the README does. */
  readonly warmed: boolean
  /** Part of the wanted rounds. */
  readonly share: number
}

const NONE: Delays = { imdsMs: 0, roundTripMs: 0, ecrMs: 0 }
const REAL: Delays = { imdsMs: 2, roundTripMs: 4, ecrMs: 20 }
const USUAL = {
  delays: NONE,
  parallel: 1,
  cold: false,
  trust: 'bundle',
  cache: 'none',
  warmed: false,
  share: 1,
} as const

export const CASES: readonly Case[] = [
  { ...USUAL, name: 'no delay', about: "the node's role from IMDS, everything on loopback" },
  {
    ...USUAL,
    name: "host's trust store",
    about: "the same, and the host's certificates are read, as on a node",
    trust: 'host',
  },
  {
    ...USUAL,
    name: 'real delays',
    about: 'IMDS answers after 2 ms, ECR is 4 ms away and back and answers after 20 ms',
    delays: REAL,
  },
  {
    ...USUAL,
    name: 'as on a node',
    about: "the same delays, and the host's certificates are read",
    delays: REAL,
    trust: 'host',
  },
  {
    ...USUAL,
    name: 'cached answer',
    about: 'the same delays; ours has the token in its cache, the peers have none',
    delays: REAL,
    cache: 'kept',
  },
  {
    ...USUAL,
    name: 'ten at once',
    about: 'no delay; wall until the last of ten has ended, the rest per process',
    parallel: 10,
    share: 1 / 2,
  },
  {
    ...USUAL,
    name: 'fifty at once',
    about: 'no delay; wall until the last of fifty has ended, the rest per process',
    parallel: 50,
    share: 1 / 4,
  },
  {
    ...USUAL,
    name: 'fifty with a cache',
    about: 'the same; ours shares a cache that is empty at first, the peers have none',
    parallel: 50,
    cache: 'empty',
    share: 1 / 4,
  },
  {
    ...USUAL,
    name: 'cold page cache',
    about: "no delay; the program's own file is read from disk, shared libraries are not",
    cold: true,
    share: 1 / 2,
  },
  {
    ...USUAL,
    name: 'cold, warmed',
    about:
      'the same, but the unit of the README has read ours from start to end and has its token ready',
    cold: true,
    warmed: true,
    cache: 'kept',
    share: 1 / 2,
  },
]
