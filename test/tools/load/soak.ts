import { writeFileSync } from 'node:fs'

import fc from 'fast-check'

import { issueKey } from '../../world/keys.ts'
import { kubeletRequest, runPlugin } from '../../world/plugin.ts'
import { inWorld, type World } from '../../world/world.ts'
import { faultRules } from './faults.ts'
import { findFlaw } from './judge.ts'
import { createPlace } from './place.ts'

/** What came of many runs, one after the other. */
interface SoakReport {
  readonly answered: number
  readonly failed: number
  /** Wrong answers, and failures that are not as they should be, with the number of the run. */
  readonly flaws: readonly string[]
  readonly leftovers: readonly string[]
}

const SOURCE_SETTINGS = ['environment', 'imds', 'container', 'process', 'role'] as const

type Source = (typeof SOURCE_SETTINGS)[number]

const OWNERS: Readonly<Record<Source, string>> = {
  environment: 'environment',
  imds: 'role/node-role',
  container: 'role/container-role',
  process: 'process',
  role: 'assumed-role/soak/ecr-credential-provider',
}

const IMAGES = [
  { image: '123456789012.dkr.ecr.us-west-2.amazonaws.com/app', region: 'us-west-2' },
  { image: '123456789012.dkr.ecr.eu-central-1.amazonaws.com:443/app', region: 'eu-central-1' },
  { image: 'public.ecr.aws/a/b', region: 'us-east-1' },
] as const

const plans = fc.record({
  source: fc.constantFrom(...SOURCE_SETTINGS),
  target: fc.constantFrom(...IMAGES),
  faults: faultRules,
})

/** So many runs, one after the other, each with faults of its own that the seed decides. */
export async function runSoak(count: number, seed: number): Promise<SoakReport> {
  return inWorld(async (world) => {
    const place = createPlace(world, (home) => writeProfiles(home, world))
    const given = new Set<string>()
    const flaws: string[] = []
    let answered = 0
    for (const [index, plan] of fc.sample(plans, { seed, numRuns: count }).entries()) {
      const { source, target, faults } = plan
      world.faults.splice(0, world.faults.length, ...faults)
      // What was asked is not looked at, and would pile up.
      world.requests.length = 0
      const run = await runPlugin({
        stdin: kubeletRequest(target.image),
        // A fault that only the time ends costs no more than this.
        args: ['--timeout', '2'],
        cwd: place.home,
        env: world.environment({ ...place.environment, ...variablesOf(source, world) }),
      })
      if (run.exitCode === 0) answered += 1
      const flaw = findFlaw(run, { ...target, owner: OWNERS[source] }, { world, given })
      if (flaw !== undefined) flaws.push(`run ${index}: ${flaw}: ${JSON.stringify(plan)}`)
    }
    return { answered, failed: count - answered, flaws, leftovers: place.findLeftovers() }
  })
}

function writeProfiles(home: string, world: World): void {
  const printed = issueKey(world.state, { owner: 'process' })
  const base = issueKey(world.state, { owner: 'base', temporary: false })
  const output = {
    Version: 1,
    AccessKeyId: printed.accessKeyId,
    SecretAccessKey: printed.secretAccessKey,
    SessionToken: printed.sessionToken,
  }
  writeFileSync(`${home}/keys.json`, JSON.stringify(output))
  const lines = [
    '[profile process]',
    `credential_process = cat ${home}/keys.json`,
    '[profile role]',
    'role_arn = arn:aws:iam::123456789012:role/soak',
    'region = us-west-2',
    'source_profile = base',
    '[profile base]',
    `aws_access_key_id = ${base.accessKeyId}`,
    `aws_secret_access_key = ${base.secretAccessKey}`,
  ]
  writeFileSync(`${home}/.aws/config`, lines.join('\n'))
}

function variablesOf(source: Source, world: World): Record<string, string> {
  switch (source) {
    case 'environment': {
      const key = issueKey(world.state, { owner: OWNERS.environment, temporary: false })
      return { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey }
    }
    case 'imds':
      return {}
    case 'container':
      return { AWS_CONTAINER_CREDENTIALS_FULL_URI: world.urls.container }
    case 'process':
    case 'role':
      return { AWS_PROFILE: source }
  }
}
