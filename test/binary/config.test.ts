import { expect, test } from 'bun:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import * as v from 'valibot'

import { configSchema } from '../support/kubelet_config.ts'
import { PRIVATE_REGISTRIES } from '../support/registries.ts'
import { matchImage } from '../world/match.ts'
import { runPlugin } from '../world/plugin.ts'

const run = async (...args: readonly string[]) => runPlugin({ args: ['config', ...args] })

const DISTRIBUTIONS = ['eks', 'hybrid', 'kubeadm', 'k3s', 'rke2', 'talos']
const MINORS = [24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37]
const OPTIONS: readonly (readonly string[])[] = [
  [],
  ['--public', '--cache', '--mirror', 'mirror.example.test:5000=eu-west-1', '--mirror=m.test'],
  ['--partition', 'aws-cn'],
]

/** Printed for Talos, the configuration stands inside of a patch. */
const Patch = v.strictObject({
  machine: v.strictObject({
    kubelet: v.strictObject({ credentialProviderConfig: v.unknown() }),
  }),
})

test.each(DISTRIBUTIONS)(
  'config --for %s prints what kubelets of each version accept',
  async (distribution) => {
    for (const minor of MINORS) {
      const choices = [...OPTIONS, ...(minor >= 34 ? [['--service-accounts']] : [])]
      for (const options of choices)
        for (const form of [[], ['--json']])
          await judgePrinted(distribution, minor, [...options, ...form])
    }
  },
  60_000,
)

async function judgePrinted(distribution: string, minor: number, options: readonly string[]) {
  const result = await run('--for', distribution, '--kubernetes', `1.${minor}`, ...options)
  expect(result.exitCode).toBe(0)
  const isJson = options.includes('--json')
  const printed: unknown = isJson ? JSON.parse(result.stdout) : Bun.YAML.parse(result.stdout)
  const own =
    distribution === 'talos'
      ? v.parse(Patch, printed).machine.kubelet.credentialProviderConfig
      : printed
  const [provider] = v.parse(configSchema(minor), own).providers
  // What else is said must not get into a file of JSON.
  const beside = isJson ? result.stderr : result.stdout
  expect(beside).toContain('--image-credential-provider-bin-dir=/')
  expect(beside).toContain('--image-credential-provider-config=/')
  if (distribution !== 'talos') expect(beside).toContain('config check /')
  if (!isJson) expect(result.stderr).toBe('')
  expect(provider?.tokenAttributes !== undefined).toBe(options.includes('--service-accounts'))
  const patterns = provider?.matchImages ?? []
  const matches = (image: string) => patterns.some((pattern) => matchImage(pattern, image))
  for (const [, host] of PRIVATE_REGISTRIES) {
    const isAsked = !options.includes('aws-cn') || host.endsWith('.cn')
    expect([host, matches(`123456789012.${host}/app`)]).toEqual([host, isAsked])
  }
  expect(matches('public.ecr.aws/x')).toBe(options.includes('--public'))
  expect(matches('mirror.example.test:5000/x')).toBe(options.includes('--public'))
  expect(matches('docker.io/library/nginx')).toBe(false)
}

test('what is printed is found good by config check', async () => {
  const { stdout } = await run('--kubernetes', '1.36', '--cache', '--public', '--mirror=m.test')
  const path = join(tmpdir(), `config-${process.pid}.yaml`)
  await Bun.write(path, stdout)
  const result = await run('check', path, '--kubernetes', '1.36')
  await Bun.file(path).delete()
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.stdout).toBe('a kubelet of 1.36 accepts this: 0 refused, 0 wrong, 0 warnings\n')
})

test.each([
  ['aws', 'amazonaws.com', 'on.aws'],
  ['aws-cn', 'amazonaws.com.cn', 'on.amazonwebservices.com.cn'],
  ['aws-us-gov', 'amazonaws.com', 'on.aws'],
  ['aws-eusc', 'amazonaws.eu', 'on.amazonwebservices.eu'],
  ['aws-iso', 'c2s.ic.gov', 'on.aws.ic.gov'],
  ['aws-iso-b', 'sc2s.sgov.gov', 'on.aws.scloud'],
  ['aws-iso-e', 'cloud.adc-e.uk', 'on.cloud-aws.adc-e.uk'],
  ['aws-iso-f', 'csp.hci.ic.gov', 'on.aws.hci.ic.gov'],
])('--partition %s', async (partition, plain, dualStack) => {
  const { stdout } = await run('--json', '--kubernetes', '1.36', '--partition', partition)
  const [provider] = v.parse(configSchema(36), JSON.parse(stdout)).providers
  expect(provider?.matchImages).toEqual([`*.dkr.ecr*.*.${plain}`, `*.dkr-ecr*.*.${dualStack}`])
})

test('for EKS, what nodeadm needs is printed too', async () => {
  const { stdout } = await run('--for=eks', '--kubernetes=1.36')
  const [, snippet = ''] = /(#   apiVersion: node\.eks\.aws[^]*?\n)# [A-Z]/.exec(stdout) ?? []
  const value: unknown = Bun.YAML.parse(snippet.replaceAll(/^# /gm, ''))
  expect(value).toEqual({
    apiVersion: 'node.eks.aws/v1alpha1',
    kind: 'NodeConfig',
    spec: {
      kubelet: {
        flags: [
          '--image-credential-provider-bin-dir=/usr/libexec/ecr-credential-provider',
          '--image-credential-provider-config=/etc/kubernetes/credential-provider-config.yaml',
        ],
      },
    },
  })
})

test.each([
  [['--for', 'bottlerocket'], '--for must be one of'],
  [['--kubernetes', '1.23'], '--kubernetes must be'],
  [['--kubernetes', '2.0'], '--kubernetes must be'],
  [['--service-accounts', '--kubernetes', '1.33'], '--service-accounts needs --kubernetes 1.34'],
  [['--partition', 'aws-moon'], '--partition must be one of'],
  [['--partition', 'aws-cn', '--public'], '--public cannot go with'],
  [['--mirror', '*'], '--mirror must name a host'],
  [['--mirror', 'a b'], 'HOST, HOST:PORT or *'],
  [['--nope'], 'unknown argument'],
  [['check'], 'config check needs a FILE'],
  [['check', 'a', 'b'], 'unknown argument'],
  [['check', 'a', '--bin-dir', 'b'], '--bin-dir must be an absolute path'],
])('%p is a wrong command line', async (args, expected) => {
  const result = await run(...args)
  expect(result).toMatchObject({ exitCode: 2, stdout: '' })
  expect(result.stderr).toContain(expected)
})

test('--help names every option', async () => {
  const result = await run('--help')
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  for (const option of ['--for', '--kubernetes', '--partition', '--public', '--service-accounts'])
    expect(result.stdout).toContain(option)
  expect((await run('check', '--help')).stdout).toBe(result.stdout)
})
