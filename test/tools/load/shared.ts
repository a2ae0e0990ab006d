import { readdirSync } from 'node:fs'

import { findCredentials, readAnswer } from '../../world/kubelet.ts'
import { kubeletRequest, runPlugin } from '../../world/plugin.ts'
import { inWorld } from '../../world/world.ts'

/** What came of many runs at once that share a cache. */
interface SharedReport {
  readonly answered: number
  /** Different passwords among the answers. */
  readonly passwords: number
  readonly longestMs: number
  /** Calls to ECR, the throttled ones among them. */
  readonly calls: number
  /** What is left in the cache beside the token and the note of a failure. */
  readonly leftovers: readonly string[]
}

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1'

/** So many runs of one node at once, with the node's role and an empty cache, against an ECR that throttles the first calls. */
export async function runShared(count: number, throttled: number): Promise<SharedReport> {
  return inWorld(async (world) => {
    const body = '{"__type":"ThrottlingException"}'
    const fault = { kind: 'answer', status: 400, body } as const
    world.faults.push({ step: 'ecr', times: throttled, fault })
    const directory = `${world.directory}/cache`
    const run = { stdin: kubeletRequest(IMAGE), env: world.environment() }
    const args = ['--cache-dir', directory]
    const outcomes = await Promise.all(
      Array.from({ length: count }, async () => runPlugin({ ...run, args })),
    )
    const answers = outcomes.filter(({ exitCode, stderr }) => exitCode === 0 && stderr === '')
    const passwords = answers.flatMap(({ stdout }) =>
      findCredentials(readAnswer(stdout, API_VERSION), IMAGE).map(({ password }) => password),
    )
    return {
      answered: passwords.length,
      passwords: new Set(passwords).size,
      longestMs: Math.max(...outcomes.map(({ milliseconds }) => milliseconds)),
      calls: world.requests.filter(({ step }) => step === 'ecr').length,
      leftovers: readdirSync(directory).filter((name) => !/\.(?:token|failure)$/.test(name)),
    }
  })
}
