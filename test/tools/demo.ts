/**
 * The main job, end to end: the compiled binary, run as a kubelet runs it, against an AWS made for the occasion on
 * loopback. Prints what goes in, what the program does, and what comes out, with the passwords cut short.
 */
import { mkdirSync, writeFileSync } from 'node:fs'

import { issueKey } from '../world/keys.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, runPlugin } from '../world/plugin.ts'
import { startWorld } from '../world/world.ts'

const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1'
const PRIVATE_IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app'
const PUBLIC_IMAGE = 'public.ecr.aws/eks-distro/kubernetes/pause'

const world = await startWorld()
const environmentKey = issueKey(world.state, { owner: 'environment', temporary: false })
const profileKey = issueKey(world.state, { owner: 'profile', temporary: false })
const home = `${world.directory}/operator`
mkdirSync(`${home}/.aws`, { recursive: true })
writeFileSync(
  `${home}/.aws/credentials`,
  `[default]\naws_access_key_id = ${profileKey.accessKeyId}\naws_secret_access_key = ${profileKey.secretAccessKey}\n`,
)

const runs = [
  {
    title: 'private image, keys in the environment',
    image: PRIVATE_IMAGE,
    signer: 'environment',
    env: {
      AWS_ACCESS_KEY_ID: environmentKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: environmentKey.secretAccessKey,
    },
  },
  {
    title: 'private image, keys in a profile',
    image: PRIVATE_IMAGE,
    signer: 'profile',
    env: { HOME: home },
  },
  {
    title: "private image, the node's role from IMDSv2",
    image: PRIVATE_IMAGE,
    signer: 'role/node-role',
    env: {},
  },
  {
    title: "public image, the node's role from IMDSv2",
    image: PUBLIC_IMAGE,
    signer: 'role/node-role',
    env: {},
  },
]

for (const { title, image, signer, env } of runs) {
  const stdin = kubeletRequest(image)
  const run = await runPlugin({ stdin, args: ['--verbose'], env: world.environment(env) })
  console.log(`\n== ${title}`)
  console.log(`stdin   ${stdin.trim()}`)
  for (const line of run.stderr.trim().split('\n')) console.log(`stderr  ${line}`)
  if (run.exitCode !== 0) process.exit(1)
  const [found] = findCredentials(readAnswer(run.stdout, API_VERSION), image)
  if (found === undefined) throw new Error('the kubelet would find no credentials in this answer')
  const signedBy = world.requests.at(-1)?.signer
  if (signedBy !== signer) throw new Error(`signed by ${signedBy ?? 'nobody'}, not by ${signer}`)
  console.log(`stdout  ${run.stdout.trim().replaceAll(/("password":".{8})[^"]*/g, '$1...')}`)
  console.log(
    `        a kubelet pulls ${image} as ${found.username}; ${Math.round(run.milliseconds)} ms`,
  )
}
await world.stop()

console.log(`
All of it ran against a fake AWS on loopback, with the binary in dist/. Against the real one, on a node or
wherever AWS credentials are configured, put an image of your own in the request:

  echo '${kubeletRequest('<account>.dkr.ecr.<region>.amazonaws.com/<repository>').trim()}' |
    dist/ecr-credential-provider --verbose`)
