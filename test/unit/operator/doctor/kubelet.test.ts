import { expect, test } from 'bun:test'

import { readFlags } from '../../../../src/operator/doctor/flags.ts'
import { chooseKubelet } from '../../../../src/operator/doctor/kubelet.ts'
import type { Check } from '../../../../src/operator/doctor/report.ts'
import { wayTo } from '../../../../src/operator/doctor/root.ts'
import { findKubelets, readStart } from '../../../../src/operator/process.ts'
import { fakeMachine, type FakeMachineParts } from '../../../support/machine.ts'

const RANCHER = '/var/lib/rancher/credentialprovider'

test.each([
  ['/usr/bin/kubelet --v=2', true],
  ['kubelet', true],
  ['/hyperkube kubelet --v=2', true],
  ['/hyperkube apiserver', false],
  ['/usr/bin/kubelet-wrapper', false],
  ['vi kubelet', false],
  ['/usr/local/bin/k3s server', true],
  ['/usr/local/bin/k3s kubectl get pods', false],
  // RKE2 runs a kubelet of its own.
  ['/usr/bin/rke2 agent', false],
])('%s', async (line, isKubelet) => {
  const found = await findKubelets(fakeMachine({ processes: { 7: { line } } }))
  expect(found.map(({ pid }) => pid)).toEqual(isKubelet ? [7] : [])
})

// https://github.com/k3s-io/k3s/blob/v1.34.1%2Bk3s1/pkg/cli/server/server.go
test('k3s is found by the title that it puts in the place of its command line', async () => {
  const files = { '/proc/7/cmdline': '/usr/local/bin/k3s server\0\0\0\0' }
  const found = await findKubelets(fakeMachine({ processes: { 7: { line: '' } }, files }))
  expect(found).toMatchObject([{ pid: 7, isK3s: true }])
})

const choose = async (processes: NonNullable<FakeMachineParts['processes']>, systemd = '') => {
  const told: Check[] = []
  const machine = fakeMachine({ processes, programs: { systemctl: systemd } })
  const found = await chooseKubelet({ pid: undefined, unit: undefined }, machine, (check) => {
    told.push(check)
  })
  return found?.pid ?? told.map(({ status, summary }) => `${status}: ${summary}`).join()
}

test('only a process of our own files, and of root, is believed to be a kubelet', async () => {
  const real = { line: 'kubelet' }
  const contained = { line: 'kubelet', mounts: 'mnt:[2]' }
  const stranger = { line: 'kubelet', owner: 1000 }
  expect(await choose({ 7: real, 8: contained, 9: stranger })).toBe(7)
  expect(await choose({ 8: contained })).toContain('unknown: only pid 8 calls itself a kubelet')
  expect(await choose({ 9: stranger })).toContain('unknown: only pid 9 calls itself a kubelet')
  // Started by anybody, who also chose its name and its environment.
  const su = { line: 'kubelet', mode: 0o4755 }
  expect(await choose({ 7: real, 9: su })).toBe(7)
  expect(await choose({ 9: su })).toContain('unknown: only pid 9 calls itself a kubelet')
  expect(await choose({ 7: real, 10: real })).toContain('more than one kubelet runs here: 7, 10')
  expect(await choose({})).toContain('unknown: no kubelet runs')
})

test('a process whose memory cannot be read does not stop the search', async () => {
  const machine = fakeMachine({ processes: { 7: { line: 'kubelet' }, 9: { line: 'kubelet' } } })
  const readFile: typeof machine.readFile = async (path, maxBytes) =>
    path === '/proc/9/cmdline' ? new Promise(() => undefined) : machine.readFile(path, maxBytes)
  const found = await findKubelets({ ...machine, readFile, sleep: async () => Bun.sleep(20) })
  expect(found.map(({ pid }) => pid)).toEqual([7])
})

test('what systemd runs as the kubelet is believed', async () => {
  const processes = { 8: { line: 'kubelet', mounts: 'mnt:[2]' } }
  expect(await choose(processes, 'MainPID=8\n')).toBe(8)
  expect(await choose(processes, 'MainPID=0\n')).toContain('unknown')
})

test.each([
  [
    'kubelet --image-credential-provider-config=/c --image-credential-provider-bin-dir=/b',
    '/c',
    '/b',
  ],
  ['kubelet --image-credential-provider-config /c', '/c', undefined],
  [
    'kubelet --image-credential-provider-config=/c --image-credential-provider-config=/d',
    '/d',
    undefined,
  ],
  ['kubelet --image-credential-provider-config=', undefined, undefined],
  ['kubelet --ximage-credential-provider-config=/c', undefined, undefined],
  ['k3s agent', `${RANCHER}/config.yaml`, `${RANCHER}/bin`],
])('the flags in %s', async (line, config, binDir) => {
  const paths = [`${RANCHER}/config.yaml`, `${RANCHER}/bin`]
  const machine = fakeMachine({ processes: { 7: { line } }, paths })
  const [kubelet] = await findKubelets(machine)
  if (kubelet === undefined) throw new Error('no kubelet')
  expect(await readFlags(kubelet, machine)).toEqual({ config, binDir })
})

test.each([
  ['image-credential-provider-config: /c\nimage-credential-provider-bin-dir: "/b"\n'],
  [
    "kubelet-arg:\n  - 'image-credential-provider-config=/c'\n  - image-credential-provider-bin-dir=/b\n",
  ],
])('the flags in the configuration of k3s', async (text) => {
  const files = { '/etc/rancher/k3s/config.yaml': text }
  const machine = fakeMachine({ processes: { 7: { line: 'k3s server' } }, files })
  const [kubelet] = await findKubelets(machine)
  if (kubelet === undefined) throw new Error('no kubelet')
  expect(await readFlags(kubelet, machine)).toEqual({ config: '/c', binDir: '/b' })
})

test('a configuration of k3s with nothing but blank lines', async () => {
  const files = { '/etc/rancher/k3s/config.yaml': '\n'.repeat(1_000_000) }
  const machine = fakeMachine({ processes: { 7: { line: 'k3s server' } }, files })
  const [kubelet] = await findKubelets(machine)
  if (kubelet === undefined) throw new Error('no kubelet')
  expect(await readFlags(kubelet, machine)).toEqual({ config: undefined, binDir: undefined })
})

test('when a process was started', async () => {
  // Its name may hold blanks and parentheses.
  const fields = ['S', ...Array.from({ length: 18 }, (_, index) => `${index}`), '12345', '0']
  const files = {
    '/proc/7/stat': `7 (a) b (c) ${fields.join(' ')}`,
    '/proc/stat': 'cpu 1 2\nbtime 1700000000\n',
  }
  expect(await readStart(7, fakeMachine({ files }))).toBe(1_700_000_123_450)
  expect(await readStart(8, fakeMachine({ files }))).toBeUndefined()
})

test.each([
  [{ line: 'kubelet' }, []],
  [{ line: 'kubelet', mounts: 'mnt:[2]' }, ['--mount', '--root', '--wd']],
  [{ line: 'kubelet', root: 'other' }, ['--root', '--wd']],
  [{ line: 'kubelet', mounts: 'mnt:[2]', root: 'other' }, ['--mount', '--root', '--wd']],
])('the way to %j', (process, way) => {
  expect(wayTo(7, fakeMachine({ processes: { 7: process } }))).toEqual(way)
})
