import type { Fault } from './faults.ts'
import { readText, type WireRequest } from './request.ts'
import type { Service, Step } from './service.ts'
import type { Verification } from './sigv4.ts'

/** A request the world has seen. */
interface RecordedRequest {
  readonly service: Service
  readonly step: Step
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  readonly host: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Owner of the key that signed, when the signature is right; for instance `role/node-role`. */
  readonly signer: string | undefined
  /** Outcome where a signature was due. */
  readonly verification: Verification | undefined
  /** The faults its answer had. */
  readonly faults: readonly Fault[]
  /** Number of the connection it came on, from 1 for each service. */
  readonly connection: number
  /** `performance.now()` at its end. */
  readonly atMs: number
}

/** A fault and the requests it befalls: all that match, or the first `times` of them after `skip`. */
export interface FaultRule {
  readonly service?: Service
  readonly step?: Step
  readonly skip?: number
  readonly times?: number
  /** Which of the requests that match in all else; every one of them is shown to it. */
  readonly when?: (request: WireRequest) => boolean
  readonly fault: Fault | readonly Fault[]
}

/** Memory of a world, and the rules for what goes wrong in it. */
export interface Recorder {
  /** All requests so far, in the order they were complete. */
  readonly requests: RecordedRequest[]
  /** Rules in force; every rule that matches a request adds its faults. */
  readonly faults: FaultRule[]
  readonly record: (seen: Seen) => readonly Fault[]
}

interface Seen extends Pick<RecordedRequest, 'service' | 'step' | 'connection' | 'verification'> {
  readonly request: WireRequest
}

/** A recorder that has seen nothing. */
export function createRecorder(): Recorder {
  const requests: RecordedRequest[] = []
  const rules: FaultRule[] = []
  const matches = new WeakMap<FaultRule, number>()
  const applies = (rule: FaultRule, { service, step, request }: Seen) => {
    if (rule.service !== undefined && rule.service !== service) return false
    if (rule.step !== undefined && rule.step !== step) return false
    if (rule.when?.(request) === false) return false
    const before = matches.get(rule) ?? 0
    matches.set(rule, before + 1)
    const { skip = 0, times = Infinity } = rule
    return before >= skip && before < skip + times
  }
  return {
    requests,
    faults: rules,
    record: (seen) => {
      const faults = rules.filter((rule) => applies(rule, seen)).flatMap((rule) => rule.fault)
      requests.push(describeRequest(seen, faults))
      return faults
    },
  }
}

function describeRequest(seen: Seen, faults: readonly Fault[]): RecordedRequest {
  const { request, verification } = seen
  return {
    service: seen.service,
    step: seen.step,
    method: request.method,
    target: request.target,
    host: request.headers.get('host') ?? '',
    headers: request.headers,
    body: readText(request),
    signer: verification?.ok === true ? verification.key.owner : undefined,
    verification,
    faults,
    connection: seen.connection,
    atMs: performance.now(),
  }
}
