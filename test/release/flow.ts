import { expect } from 'bun:test'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'

import { startDns } from '../world/dns.ts'
import { readPassword } from '../world/ecr.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, runPlugin } from '../world/plugin.ts'
import { startWorld, type World } from '../world/world.ts'

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app'
const API = 'ecr.release.test'

/** The command that runs another one in a root of its own, where there is /proc and nothing else of the host. */
export function enter(root: string, command: readonly string[]): readonly string[] {
  const script = 'mkdir -p "$0/proc" && mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'
  return ['unshare', '-rm', '/bin/sh', '-c', script, root, ...command]
}

/** Expects that a command, as the plugin, gets a password: node's role from IMDS, TLS to ECR. */
export async function expectFlow(command: readonly string[]): Promise<void> {
  const world = await startWorld()
  try {
    await expectPassword(world, command, world.environment())
  } finally {
    await world.stop()
  }
}

/** The same in a root of its own, and with a name to be looked up, in a /etc that has nothing but resolv.conf. */
export async function expectFlowIn(root: string, command: readonly string[]): Promise<void> {
  const world = await startWorld({ names: [API] })
  const dns = await startDns(({ family }) => (family === 4 ? ['127.0.0.1'] : []))
  try {
    mkdirSync(`${root}/etc`, { recursive: true })
    writeFileSync(`${root}/etc/resolv.conf`, `nameserver 127.0.0.1:${dns.port}\n`)
    copyFileSync(world.caFile, `${root}/ca.pem`)
    const env = {
      ...world.environment(),
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/',
      AWS_CA_BUNDLE: '/ca.pem',
      AWS_ENDPOINT_URL_ECR: world.urls.ecr.replace('127.0.0.1', API).replace('localhost', API),
    }
    await expectPassword(world, enter(root, command), env)
    expect(dns.questions.map(({ name }) => name)).toContain(API)
  } finally {
    dns.stop()
    await world.stop()
  }
}

async function expectPassword(
  world: World,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const result = await runPlugin({ command, stdin: kubeletRequest(IMAGE), env })
  expect([result.exitCode, result.stderr]).toEqual([0, ''])
  const [found] = findCredentials(
    readAnswer(result.stdout, 'credentialprovider.kubelet.k8s.io/v1'),
    IMAGE,
  )
  expect(readPassword(found?.password ?? '').region).toBe('us-west-2')
  // A step that comes again counts once: on a busy machine IMDS may be asked twice.
  const steps = [...new Set(world.requests.map(({ step }) => step))]
  expect(steps).toEqual(['imds-token', 'imds-role', 'imds-credentials', 'ecr'])
}
