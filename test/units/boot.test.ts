import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { makeDisk, whyNoDisk } from '../tools/pages/disk.ts'
import { evict, residentPages } from '../tools/pages/page_cache.ts'
import { coverage, parseRanges } from '../tools/pages/ranges.ts'
import { findCredentials, readAnswer } from '../world/kubelet.ts'
import { kubeletRequest, pluginPath } from '../world/plugin.ts'
import { inWorld, type World } from '../world/world.ts'

// Both units in a container with a systemd of its own, which boots as far as the kubelet.

const UNITS = fileURLToPath(new URL('../../src/units/', import.meta.url))
const READ_AHEAD = 'ecr-credential-provider-read-ahead.service'
const WARM = 'ecr-credential-provider-warm.service'
const INSTALLED = '/usr/libexec/ecr-credential-provider'
const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'

/** Stands for the kubelet: pulls once, notes what became of the units, and ends the container. */
const KUBELET = `[Unit]
SuccessAction=exit-force
FailureAction=exit-force

[Service]
Type=oneshot
EnvironmentFile=/shared/environment
ExecStart=/bin/sh /shared/kubelet
`

const noDisk = whyNoDisk()
const why = noDisk ?? (Bun.which('systemd-nspawn') === null ? 'no systemd-nspawn here' : undefined)
const skipped = why === undefined ? '' : ` (skipped: ${why})`

let place = ''
/** Where the units run from: on a disk that reads only what it is asked for. */
let installed = ''
const undo: (() => void)[] = []
beforeAll(() => {
  if (why !== undefined) return
  const disk = makeDisk(160)
  undo.unshift(disk.remove)
  place = mkdtempSync(join(tmpdir(), 'boot-'))
  undo.unshift(() => rmSync(place, { recursive: true }))
  installed = join(disk.directory, 'installed')
  install()
})
afterAll(() => {
  for (const step of undo) step()
})

/** What the container's kubelet found. */
interface Boot {
  readonly readAhead: string
  readonly warm: string
  /** What the plugin wrote to stdout. */
  readonly answer: string
}

/** Boots a system in which the units are enabled, and changed by these drop-ins. */
async function boot(
  environment: Readonly<Record<string, string>>,
  dropIns: Readonly<Record<string, string>> = {},
): Promise<Boot> {
  const root = mkdtempSync(join(place, 'root-'))
  const shared = join(root, 'shared')
  const system = join(root, 'etc/systemd/system')
  for (const name of ['dev', 'proc', 'root', 'run', 'shared', 'sys', 'tmp', 'usr', 'var'])
    mkdirSync(join(root, name))
  mkdirSync(join(system, 'multi-user.target.wants'), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  writeFileSync(join(root, 'etc/os-release'), '')
  // Without one it would be a first boot, which asks questions.
  writeFileSync(join(root, 'etc/machine-id'), `${'5'.repeat(32)}\n`)
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  for (const name of [READ_AHEAD, WARM]) copyFileSync(join(UNITS, name), join(system, name))
  writeFileSync(join(system, 'kubelet.service'), KUBELET)
  symlinkSync('../kubelet.service', join(system, 'multi-user.target.wants/kubelet.service'))
  // What is no part of the matter, and may be on this machine or not.
  for (const name of ['dbus.service', 'dbus.socket', 'systemd-logind.service', 'getty.target'])
    symlinkSync('/dev/null', join(system, name))
  for (const [unit, text] of Object.entries(dropIns)) {
    mkdirSync(join(system, `${unit}.d`))
    writeFileSync(join(system, `${unit}.d/test.conf`), text)
  }
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(shared, 'environment'), settings.join(''))
  writeFileSync(join(shared, 'request'), kubeletRequest(IMAGE))
  writeFileSync(
    join(shared, 'kubelet'),
    `cd /shared
${INSTALLED}/ecr-credential-provider --cache-dir=/run/ecr-credential-provider <request >answer
systemctl show -p ActiveState,Result ${WARM} >warm
while [ -e wait ] && systemctl show -p ActiveState ${READ_AHEAD} | grep -q activating; do sleep 0.1; done
systemctl show -p ActiveState,Result ${READ_AHEAD} >read-ahead
`,
  )
  if (dropIns[READ_AHEAD] === undefined) writeFileSync(join(shared, 'wait'), '')
  expect(Bun.spawnSync(['systemctl', `--root=${root}`, 'enable', READ_AHEAD, WARM]).exitCode).toBe(
    0,
  )
  const container = Bun.spawn(
    [
      'systemd-nspawn',
      '--quiet',
      '--register=no',
      '--keep-unit',
      '--boot',
      // What SIGTERM, below, does to the system inside; SIGKILL would leave it running.
      '--kill-signal=SIGKILL',
      `--directory=${root}`,
      '--bind-ro=/usr',
      '--tmpfs=/usr/libexec',
      `--bind-ro=${installed}:${INSTALLED}`,
      // Where the world's certificate is.
      ...Object.values(environment).flatMap((value) =>
        existsSync(value) ? [`--bind-ro=${value}`] : [],
      ),
    ],
    { stdin: 'ignore', stdout: Bun.file(join(root, 'log')), stderr: 'ignore' },
  )
  const timer = setTimeout(() => container.kill('SIGTERM'), 60_000)
  await container.exited
  clearTimeout(timer)
  const read = (name: string) => {
    if (existsSync(join(shared, name))) return readFileSync(join(shared, name), 'utf8')
    throw new Error(`the kubelet did not start: ${readFileSync(join(root, 'log'), 'utf8')}`)
  }
  return { readAhead: read('read-ahead'), warm: read('warm'), answer: read('answer') }
}

function install(): void {
  mkdirSync(installed)
  copyFileSync(pluginPath, join(installed, 'ecr-credential-provider'))
  copyFileSync(`${pluginPath}.ranges`, join(installed, 'ecr-credential-provider.ranges'))
  copyFileSync(join(UNITS, 'read-ahead'), join(installed, 'read-ahead'))
  chmodSync(join(installed, 'read-ahead'), 0o755)
}

/** As an operator gives the unit what the kubelet gives the plugin. */
const variables = (environment: Readonly<Record<string, string>>) =>
  `[Service]\n${Object.entries(environment)
    .map(([name, value]) => `Environment=${name}=${value}\n`)
    .join('')}`

const settingsOf = (world: World) => {
  const { HOME: _, ...environment } = world.environment({ BUN_JSC_useJIT: '0' })
  return environment
}
const callsToEcr = (world: World) =>
  world.requests.filter(({ service }) => service === 'ecr').length

test.skipIf(why !== undefined)(
  `at boot the ranges are read, and the kubelet finds the token in the cache${skipped}`,
  async () =>
    inWorld(async (world) => {
      const environment = { ...settingsOf(world), AWS_REGION: 'us-west-2' }
      const binary = join(installed, 'ecr-credential-provider')
      evict(binary)
      expect(residentPages(binary)).toEqual([])
      const found = await boot(environment, { [WARM]: variables(environment) })
      expect(found.readAhead).toBe('Result=success\nActiveState=inactive\n')
      expect(found.warm).toBe('Result=success\nActiveState=inactive\n')
      const answer = readAnswer(found.answer, 'credentialprovider.kubelet.k8s.io/v1')
      expect(findCredentials(answer, IMAGE).length).toBe(1)
      // By warm, so not by the pull.
      expect(callsToEcr(world)).toBe(1)
      // The gaps between touched pages, too: no run reads those.
      const list = readFileSync(`${binary}.ranges`, 'utf8').trim().split('\n')
      const [, ...ranges] = parseRanges(list.filter((line) => !line.startsWith('#')))
      const wanted = ranges.flatMap(([first, count]) =>
        Array.from({ length: count }, (_, at) => first + at),
      )
      const resident = new Set(residentPages(binary))
      expect(wanted.filter((page) => !resident.has(page))).toEqual([])
      expect(coverage([...resident], ranges)).toBeGreaterThan(0.95)
    }),
  120_000,
)

test.skipIf(why !== undefined)(
  `the kubelet starts while read-ahead hangs, and after warm has failed${skipped}`,
  async () =>
    inWorld(async (world) => {
      const environment = { ...settingsOf(world), AWS_REGION: 'us-west-2' }
      const found = await boot(environment, {
        [READ_AHEAD]: '[Service]\nExecStart=\nExecStart=/bin/sleep 1000\n',
        [WARM]: variables({ ...environment, AWS_ENDPOINT_URL_ECR: 'https://127.0.0.1:9' }),
      })
      expect(found.readAhead).toBe('Result=success\nActiveState=activating\n')
      expect(found.warm).toBe('Result=exit-code\nActiveState=failed\n')
      const answer = readAnswer(found.answer, 'credentialprovider.kubelet.k8s.io/v1')
      expect(findCredentials(answer, IMAGE).length).toBe(1)
      expect(callsToEcr(world)).toBe(1)
    }),
  120_000,
)
