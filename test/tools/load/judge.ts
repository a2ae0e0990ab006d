import { readPassword } from '../../world/ecr.ts'
import { findCredentials, readAnswer } from '../../world/kubelet.ts'
import type { PluginResult } from '../../world/plugin.ts'
import type { World } from '../../world/world.ts'

/** What a run was asked for, and who it had to sign as. */
export interface Expected {
  readonly image: string
  readonly region: string
  readonly owner: string
}

const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1'

/**
 * What is wrong with a run, `undefined` if nothing is: it answers with a new password for this image, made for this caller
 * in this region; or it fails with one line and nothing else. `given` are the passwords of earlier runs.
 */
export function findFlaw(
  run: PluginResult,
  expected: Expected,
  { world, given }: { readonly world: World; readonly given: Set<string> },
): string | undefined {
  if (run.timedOut) return 'it did not end in time'
  for (const secret of [...world.state.secrets, ...world.state.ecr.passwords]) {
    if (run.stderr.includes(secret)) return 'stderr holds a secret'
  }
  if (run.exitCode !== 0) return findFlawInFailure(run)
  if (run.stderr !== '') return 'it succeeded with words on stderr'
  try {
    const found = findCredentials(readAnswer(run.stdout, API_VERSION), expected.image)
    const [credentials] = found
    if (found.length !== 1 || credentials === undefined) return 'the answer is not for the image'
    const { password } = credentials
    if (!world.state.ecr.passwords.has(password)) return 'the password is none of ECR'
    if (given.has(password)) return 'the password is an earlier one'
    given.add(password)
    const { accessKeyId, region } = readPassword(password)
    if (region !== expected.region) return 'the password is for another region'
    const owner = world.state.keys.get(accessKeyId)?.owner
    return owner === expected.owner ? undefined : `the password is ${owner}'s`
  } catch {
    return 'the answer is none for a kubelet'
  }
}

function findFlawInFailure({ exitCode, stdout, stderr }: PluginResult): string | undefined {
  if (exitCode !== 1) return `it ended with exit code ${exitCode}`
  if (stdout !== '') return 'it failed with words on stdout'
  if (!/^ecr-credential-provider: [\x20-\x7e]+$/.test(stderr)) return 'stderr is not one line'
  return stderr.includes('internal error') ? 'it failed by a bug' : undefined
}
