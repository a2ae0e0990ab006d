import { issueKey } from '../../world/keys.ts'
import { kubeletRequest, runPlugin } from '../../world/plugin.ts'
import type { FaultRule } from '../../world/recorder.ts'
import type { WireRequest } from '../../world/request.ts'
import { inWorld, type World } from '../../world/world.ts'
import { type Expected, findFlaw } from './judge.ts'
import { createPlace } from './place.ts'

/** What came of many runs at once. */
interface BurstReport {
  readonly answered: number
  readonly failed: number
  readonly longestMs: number
  readonly flaws: readonly string[]
  readonly leftovers: readonly string[]
  /** From the first attempt of a run to its second, at ECR, in milliseconds. */
  readonly gapsMs: readonly number[]
  /** When the second attempts came, in milliseconds. */
  readonly secondsAtMs: readonly number[]
}

const REGION = 'us-west-2'

/** So many runs at once, each with a key of its own, against an ECR that refuses every first attempt and some later ones. */
export async function runBurst(count: number): Promise<BurstReport> {
  return inWorld(async (world) => {
    const place = createPlace(world)
    world.faults.push(throttling())
    const given = new Set<string>()
    const outcomes = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const host = `${String(index).padStart(12, '0')}.dkr.ecr.${REGION}.amazonaws.com`
        const expected = { image: `${host}/app`, region: REGION, owner: `run-${index}` }
        const run = await start(expected, { world, environment: place.environment })
        const flaw = findFlaw(run, expected, { world, given }) ?? findOtherReason(run.stderr)
        return { ...run, flaw }
      }),
    )
    const attempts = attemptsByRun(world)
    return {
      answered: outcomes.filter(({ exitCode }) => exitCode === 0).length,
      failed: outcomes.filter(({ exitCode }) => exitCode !== 0).length,
      longestMs: Math.max(...outcomes.map(({ milliseconds }) => milliseconds)),
      flaws: outcomes.flatMap(({ flaw }) => flaw ?? []),
      leftovers: place.findLeftovers(),
      gapsMs: attempts.map(([first, second]) => second - first),
      secondsAtMs: attempts.map(([, second]) => second),
    }
  })
}

async function start(
  { image, owner }: Expected,
  from: { readonly world: World; readonly environment: Readonly<Record<string, string>> },
): ReturnType<typeof runPlugin> {
  const { world, environment } = from
  const key = issueKey(world.state, { owner })
  return runPlugin({
    stdin: kubeletRequest(image),
    cwd: environment['TMPDIR'] ?? '/',
    env: world.environment({
      ...environment,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_SESSION_TOKEN: key.sessionToken ?? '',
    }),
  })
}

/** Every first attempt, and one in four of the others. */
function throttling(): FaultRule {
  const seen = new Set<string>()
  let others = 0
  const isThrottled = ({ headers }: WireRequest) => {
    const [, key = ''] = /Credential=([^/]+)/.exec(headers.get('authorization') ?? '') ?? []
    if (seen.has(key)) return others++ % 4 === 0
    seen.add(key)
    return true
  }
  const body = '{"__type":"ThrottlingException"}'
  return { step: 'ecr', when: isThrottled, fault: { kind: 'answer', status: 400, body } }
}

/** Nothing but the throttling may make a run fail. */
function findOtherReason(stderr: string): string | undefined {
  return stderr === '' || stderr.includes('ThrottlingException') ? undefined : stderr.trim()
}

/** When the first two attempts of each run came. */
function attemptsByRun({ requests }: World): readonly (readonly [number, number])[] {
  const bySigner = Map.groupBy(
    requests.filter(({ step }) => step === 'ecr'),
    ({ signer }) => signer,
  )
  return [...bySigner.values()].flatMap(([first, second]) =>
    first === undefined || second === undefined ? [] : [[first.atMs, second.atMs] as const],
  )
}
