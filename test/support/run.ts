import type { Run } from '../../src/aws/run.ts'
import { hostOf } from '../../src/base/addresses.ts'
import { readSettings } from '../../src/config/settings.ts'
import type { Profile, SharedConfig } from '../../src/config/shared_files.ts'
import { type Imds, openImds } from '../../src/credentials/imds.ts'
import { startClock } from '../../src/net/clock.ts'
import { openNames } from '../../src/net/direct.ts'
import type { HttpRequest } from '../../src/net/exchange.ts'
import type { HttpAnswer, Network, NoAnswer } from '../../src/net/network.ts'
import { type FakeParts, fakeSystem } from './system.ts'

/** What a fake network gives back for one request; the last one is given again and again. */
export type FakeOutcome = HttpAnswer | NoAnswer

/** A run of literals, what was sent through it, and how long it would have waited. */
interface FakeRun {
  readonly run: Run
  readonly imds: Imds
  readonly requests: HttpRequest[]
  readonly waits: number[]
}

/** How a run differs from one without configuration. */
export interface FakeRunOptions extends FakeParts {
  readonly config?: SharedConfig
  readonly deadlineMs?: number
  /** Milliseconds that each request takes on the fake clock. */
  readonly requestMs?: number
}

/** No answer, as the network says it. */
export function noAnswer(problem: string, retryable = true): NoAnswer {
  return { kind: 'no_answer', cause: 'connect_refused', problem, retryable }
}

/** A run whose network gives these outcomes in order, on a clock that only waits and requests move. */
export function fakeRun(outcomes: readonly FakeOutcome[], options: FakeRunOptions = {}): FakeRun {
  const {
    config = new Map<string, Profile>(),
    deadlineMs = 45_000,
    requestMs = 0,
    ...parts
  } = options
  const requests: HttpRequest[] = []
  const waits: number[] = []
  let elapsedMs = 0
  const start = parts.now?.() ?? Date.UTC(2026, 0, 1)
  const system = fakeSystem({
    ...parts,
    now: () => start + elapsedMs,
    elapsedMs: () => elapsedMs,
    sleep: async (ms) => {
      waits.push(ms)
      elapsedMs += ms
    },
  })
  const network: Network = {
    remainingMs: () => deadlineMs - elapsedMs,
    clock: startClock(system),
    prepare: () => undefined,
    addressesOf: async (url) =>
      openNames(
        () => deadlineMs - elapsedMs,
        system,
      )(hostOf(url)).catch(() => noAnswer('no address')),
    send: async (request) => {
      requests.push(request)
      elapsedMs += requestMs
      return outcomes[requests.length - 1] ?? outcomes.at(-1) ?? noAnswer('nothing was prepared')
    },
  }
  const profile = config.get('default')
  const settings = readSettings(system.env, profile)
  const run = { system, config, profile, settings, network }
  return { run, imds: openImds(run), requests, waits }
}
