import { expect, test } from 'bun:test'

import { createSystem } from '../../src/host/host.ts'
import { parseOptions } from '../../src/kubelet/options.ts'
import { answerRequest } from '../../src/plugin.ts'
import { kubeletRequest } from '../world/plugin.ts'
import { inWorld } from '../world/world.ts'

// In this process, so that audit.test.ts can see what is executed.
test('a node with an instance role answers a request', async () =>
  inWorld(async (world) => {
    const host = createSystem('test', () => undefined, new Set())
    // The deadline counts from the start of the process, which here is that of all tests.
    const startMs = performance.now()
    const elapsedMs = () => performance.now() - startMs
    const system = { ...host, env: world.environment(), elapsedMs }
    const stdin = Buffer.from(kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app'))
    const answer = await answerRequest(Promise.resolve(stdin), parseOptions([]), system)
    expect(answer).toStartWith('{"kind":"CredentialProviderResponse"')
    expect(world.requests.map(({ step }) => step)).toEqual([
      'imds-token',
      'imds-role',
      'imds-credentials',
      'ecr',
    ])
  }))
