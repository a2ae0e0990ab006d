/** What the network takes, in milliseconds; zero where nothing is added to loopback. */
export interface Delays {
  /** Before every answer of the instance metadata service. */
  readonly imdsMs: number
  /** To ECR and back; the handshakes of TCP and TLS pay for it as well. */
  readonly roundTripMs: number
  /** Before ECR's answer. */
  readonly ecrMs: number
}

/** One setting in which the two programs are compared. */
export interface Case {
  readonly name: string
  readonly about: string
  /** How often both run; `--rounds` replaces it. */
  readonly rounds: number
  /** How many run at the same time, each for an image of its own. */
  readonly parallel: number
  readonly delays: Delays
  /** What vouches for the fake ECR: the host's own store with one certificate added, or that one certificate. */
  readonly trust: 'host' | 'one'
  /** Our cache: none, empty before each round, or filled by `warm` before the first. Peers have none. */
  readonly cache: 'none' | 'empty' | 'warmed'
  /** Where the programs' files are before each round: in memory, or on disk; ours may then be read ahead by the unit's script. */
  readonly file: 'memory' | 'disk' | 'read ahead'
  /** What the short table at the top of the README says about it, if it stands there. */
  readonly short?: string
}

const NONE: Delays = { imdsMs: 0, roundTripMs: 0, ecrMs: 0 }
const REAL: Delays = { imdsMs: 2, roundTripMs: 4, ecrMs: 20 }
const PULL = {
  rounds: 150,
  parallel: 1,
  delays: NONE,
  trust: 'host',
  cache: 'none',
  file: 'memory',
} as const
const BOOT = { ...PULL, rounds: 25, parallel: 50, delays: REAL } as const
const FIRST = { ...PULL, rounds: 30, delays: REAL } as const

export const CASES: readonly Case[] = [
  {
    ...PULL,
    name: 'a pull, no delay',
    about: "the node's role from IMDS, the host's trust store, a network that takes no time",
  },
  {
    ...PULL,
    name: 'a pull',
    about:
      'the same, but IMDS answers after 2 ms, ECR is 4 ms away and back and answers after 20 ms',
    short: "the host's trust store, network delays",
    delays: REAL,
  },
  { ...PULL, name: 'ten at once', about: 'no delay, ten images', rounds: 40, parallel: 10 },
  { ...PULL, name: 'fifty at once', about: 'no delay, fifty images', rounds: 25, parallel: 50 },
  {
    ...PULL,
    name: 'cached answer',
    about: 'no delay, and ours has the token in its cache; the other has no cache, here and below',
    cache: 'warmed',
  },
  {
    ...BOOT,
    name: 'a node boots',
    about: 'fifty images, delays as in `a pull`',
    short: 'fifty images at once',
  },
  {
    ...BOOT,
    name: 'a node boots, cache',
    about: 'the same, and our runs share a cache that is empty at first',
    short: 'the same with a [cache](#cache)',
    cache: 'empty',
  },
  {
    ...BOOT,
    name: 'a node boots, warmed',
    about: 'the same, and `warm` has filled the cache before',
    short: 'the same with a cache that `warm` has filled',
    cache: 'warmed',
  },
  {
    ...FIRST,
    name: 'first pull',
    about: 'delays as in `a pull`, and the program has to come from disk',
    short: 'from a cold disk',
    file: 'disk',
  },
  {
    ...FIRST,
    name: 'first pull, read ahead',
    about: 'the same, and `read-ahead` has run before for ours, but nothing for the other',
    short: 'the same, read ahead by a [unit](#a-node-where-latency-counts)',
    file: 'read ahead',
  },
  {
    ...PULL,
    name: 'one certificate',
    about: "no delay; `AWS_CA_BUNDLE` names one certificate, so nobody reads the host's store",
    short: '`AWS_CA_BUNDLE` names one, no delay',
    trust: 'one',
  },
]
