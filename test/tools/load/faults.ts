import fc from 'fast-check'

import type { Fault } from '../../world/faults.ts'
import type { FaultRule } from '../../world/recorder.ts'
import type { Step } from '../../world/service.ts'

const BODIES = [
  '',
  'null',
  '{}',
  '<html>503</html>',
  '{"__type":"ThrottlingException"}',
  '{"__type":"ServerException"}',
  '{"__type":"AccessDeniedException"}',
  '{"authorizationData":[{"authorizationToken":"QVdTOg=="}]}',
  '{"authorizationData":[]}',
  '{"Code":"Success","AccessKeyId":"a"}',
  '<R><Error><Code>Throttling</Code></Error></R>',
] as const

const millisecond = fc.nat({ max: 50 })

/** One fault of any kind; what only the time ends is rare, since it costs all the time there is. */
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Fault>({ kind: 'reset' }, { kind: 'close' }) },
  { weight: 4, arbitrary: fc.constant<Fault>({ kind: 'reset-after-headers' }) },
  { weight: 8, arbitrary: record('truncate', { missing: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 6, arbitrary: record('delay', { ms: millisecond }) },
  { weight: 6, arbitrary: record('chunked', { bytes: fc.integer({ min: 1, max: 64 }) }) },
  { weight: 4, arbitrary: record('drip', { bytes: fc.constant(64), everyMs: millisecond }) },
  { weight: 6, arbitrary: record('raw', { bytes: fc.uint8Array({ maxLength: 200 }) }) },
  { weight: 4, arbitrary: fc.constant<Fault>({ kind: 'gzip' }) },
  { weight: 4, arbitrary: record('oversize', { bytes: fc.constantFrom(2000, 400_000) }) },
  { weight: 4, arbitrary: record('date', { skewSeconds: fc.constantFrom(-90_000, 400, 90_000) }) },
  {
    weight: 20,
    arbitrary: record('answer', {
      status: fc.constantFrom(200, 204, 301, 400, 403, 404, 429, 500, 503),
      body: fc.constantFrom(...BODIES),
    }),
  },
  {
    weight: 4,
    arbitrary: record('headers', {
      headers: fc.constantFrom(
        { 'Content-Length': '1' },
        { 'Content-Length': '9999' },
        { 'Transfer-Encoding': 'chunked' },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Fault>({ kind: 'hang' }, { kind: 'stall' }) },
)

function record<const Kind extends string, Rest>(
  kind: Kind,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) {
  return fc
    .record<Rest>(rest, { noNullPrototype: true })
    .map((fields) => ({ ...fields, kind }) as const)
}

const STEPS: readonly Step[] = [
  'imds-token',
  'imds-role',
  'imds-credentials',
  'container',
  'sts-assume-role',
  'ecr',
  'ecr',
  'ecr',
  'ecr-public',
]

/** What goes wrong in one run: nothing, or up to three things, for an attempt, for two, or for good. */
export const faultRules: fc.Arbitrary<readonly FaultRule[]> = fc.array(
  fc.record(
    {
      step: fc.constantFrom(...STEPS),
      times: fc.constantFrom(1, 1, 2, 3, 99),
      fault,
    },
    { noNullPrototype: true },
  ),
  { maxLength: 3 },
)
