import { expect, test } from 'bun:test'
import { cpSync, mkdirSync } from 'node:fs'

import { HAS_MOUNTS, NEEDED } from '../../support/etc.ts'
import { runPlugin } from '../../world/plugin.ts'
import { inWorld } from '../../world/world.ts'
import { examine } from './node.ts'

const ELSEWHERE = {
  HOME: '/nonexistent/alice',
  AWS_PROFILE: 'alice',
  AWS_ACCESS_KEY_ID: 'AKIAALICE',
  AWS_SECRET_ACCESS_KEY: 'sentinel-of-alice',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_REGION: 'eu-central-1',
}

test.concurrent(
  "the shell's own environment takes no part",
  async () => {
    const { report, found, world } = await examine({ shell: ELSEWHERE })
    expect([report.verdict, ...found]).toEqual(['ok'])
    const { signer } = world.requests.find(({ step }) => step === 'ecr') ?? {}
    expect(signer).toBe('role/node-role')
  },
  60_000,
)

test.concurrent(
  'a kubelet without any environment',
  async () => {
    const names = [
      'HOME',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT',
      'AWS_ENDPOINT_URL_ECR',
      'AWS_ENDPOINT_URL_ECR_PUBLIC',
      'AWS_ENDPOINT_URL_STS',
      'AWS_ENDPOINT_URL_SSO',
      'AWS_ENDPOINT_URL_SSO_OIDC',
      'AWS_CA_BUNDLE',
    ]
    const { report, found } = await examine({
      shell: { HOME: '/nonexistent/alice' },
      env: Object.fromEntries(names.map((name) => [name, undefined])),
      own: {
        AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL(imds)',
        AWS_ENDPOINT_URL_ECR: 'URL(ecr)',
        AWS_CA_BUNDLE: 'DIR/ca.pem',
      },
    })
    expect([report.verdict, ...found]).toEqual(['ok'])
  },
  60_000,
)

test.concurrent(
  "the provider's env wins over the kubelet's",
  async () => {
    const { report } = await examine({
      env: { AWS_REGION: 'sentinel-of-the-kubelet' },
      own: { AWS_REGION: 'us-west-2' },
      args: ['--mirror=HOST(registry)'],
    })
    expect(report.verdict).toBe('ok')
  },
  60_000,
)

test.concurrent(
  'a configuration in a directory, and a flag in two words',
  async () => {
    const { report } = await examine({
      flags: [
        '--image-credential-provider-config=DIR/none',
        '--image-credential-provider-config',
        'DIR/bin/../',
        '--image-credential-provider-bin-dir',
        'DIR/bin/',
      ],
    })
    expect(report.verdict).toBe('ok')
  },
  60_000,
)

test.concurrent(
  'a copy of another version',
  async () => {
    const { report, found } = await examine({
      later: async ({ directory }) => {
        await Bun.$`mv ${directory}/bin ${directory}/old`
        mkdirSync(`${directory}/bin`)
        // Another program of the name that the kubelet runs.
        cpSync('/bin/true', `${directory}/bin/ecr-credential-provider`)
      },
      program: 'old',
    })
    expect([report.verdict, ...found]).toEqual(['ok', 'warn config.binary config_other_binary'])
  },
  60_000,
)

test.concurrent.skipIf(process.getuid?.() !== 0)(
  'another user cannot judge',
  async () => {
    await inWorld(async (world) => {
      const kubelet = await play(world.directory)
      const args = ['doctor', '--pid', `${kubelet.pid}`]
      const run = await runPlugin({ args, uid: 65_534 })
      kubelet.kill('SIGKILL')
      expect([run.exitCode, run.stderr]).toEqual([3, ''])
      expect(run.stdout).toContain('run this as root')
      expect(run.stdout).toContain('this cannot be judged from here')
    })
  },
  60_000,
)

/** A shell with the name and the environment of a kubelet. */
async function play(directory: string, prefix: readonly string[] = []) {
  const shell = `${directory}/kubelet`
  cpSync('/bin/sh', shell, { dereference: true })
  const command = [...prefix, shell, '-c', 'echo; read _', '--v=2']
  const child = Bun.spawn(command, { env: {}, stdin: 'pipe', stdout: 'pipe' })
  await child.stdout.getReader().read()
  return child
}

/** Runs a script in a world of processes of its own, where `$1` is the binary and `$2` a directory. */
async function runAlone(script: string, directory: string) {
  const command = ['unshare', '-rmpf', '--mount-proc', '/bin/sh', '-c', script, 'sh']
  const path = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  const args = [new URL('../../../dist/ecr-credential-provider', import.meta.url).pathname]
  return runPlugin({ command, args: [...args, directory], env: path })
}

/** Runs `doctor` until it has seen what it must see: the kubelets take a while to begin. */
const doctorUntil = (text: string) =>
  `for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2; "$1" doctor | grep -q "${text}" && break; done; "$1" doctor`

// Copied once: what is being written cannot be run.
const KUBELET =
  '[ -e "$2/kubelet" ] || cp /bin/sh "$2/kubelet"; (sleep 60 | "$2/kubelet" -c "read _" --v=2) &'

test.skipIf(!HAS_MOUNTS)(
  `a kubelet is found by its name${NEEDED}`,
  async () => {
    await inWorld(async ({ directory }) => {
      const run = await runAlone(`${KUBELET} ${doctorUntil('runs without')}`, directory)
      expect(run.stdout).toContain('runs without --image-credential-provider-config')
    })
  },
  60_000,
)

test.skipIf(!HAS_MOUNTS)(
  `two kubelets are not one${NEEDED}`,
  async () => {
    await inWorld(async ({ directory }) => {
      const run = await runAlone(`${KUBELET} ${KUBELET} ${doctorUntil('more than one')}`, directory)
      expect([run.stdout.includes('more than one kubelet runs here'), run.exitCode]).toEqual([
        true,
        3,
      ])
    })
  },
  60_000,
)

test.skipIf(!HAS_MOUNTS)(
  `what calls itself a kubelet in a container is none${NEEDED}`,
  async () => {
    await inWorld(async ({ directory }) => {
      // It would have its own library run as root by whoever believed it.
      const fake = `cp /bin/sh "$2/kubelet"
      (sleep 60 | LD_PRELOAD=/none unshare -m "$2/kubelet" -c "read _" --v=2) &`
      const run = await runAlone(`${fake} ${doctorUntil('calls itself')}`, directory)
      expect([run.stdout.includes('calls itself a kubelet'), run.exitCode]).toEqual([true, 3])
    })
  },
)

test.skipIf(!HAS_MOUNTS)(
  `what anybody may start as root is no kubelet, whatever it calls itself${NEEDED}`,
  async () => {
    await inWorld(async ({ directory }) => {
      const fake = `cp /bin/sh "$2/kubelet"; chmod 4755 "$2/kubelet"
      (sleep 60 | AWS_CONFIG_FILE=/none "$2/kubelet" -c "read _" --v=2) &`
      const run = await runAlone(`${fake} ${doctorUntil('calls itself')}`, directory)
      expect([run.stdout.includes('calls itself a kubelet'), run.exitCode]).toEqual([true, 3])
    })
  },
  60_000,
)

const IS_ROOT = process.getuid?.() === 0

test.skipIf(!HAS_MOUNTS || !IS_ROOT)(
  `a kubelet with a root of its own${IS_ROOT ? NEEDED : ' (skipped: it takes root)'}`,
  async () => {
    const { report, found } = await examine({
      root: true,
      flags: [
        '--image-credential-provider-config=/mnt/config.yaml',
        '--image-credential-provider-bin-dir=/mnt/bin',
      ],
    })
    expect([report.verdict, ...found]).toEqual(['ok'])
    const file = report.checks.find(({ id }) => id === 'config.file')
    expect(file?.summary).toContain('/mnt/config.yaml')
  },
  60_000,
)
