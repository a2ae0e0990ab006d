import { expect, test } from 'bun:test'

import { coded } from '../../../../src/base/failure.ts'
import { findRunningMinor } from '../../../../src/operator/kubelet_config/running_version.ts'

interface Process {
  readonly name: string
  readonly owner?: number
  /** The mode of its file. */
  readonly mode?: number
  readonly mounts?: string
  readonly says?: string
}

/** A machine with these processes, and the programs that were run on it. */
function machine(processes: Readonly<Record<string, Process>>) {
  const ran: string[] = []
  const at = (path: string) => processes[/^\/proc\/(\d+)/.exec(path)?.[1] ?? '']
  return {
    ran,
    processes: () => Object.keys(processes).map(Number),
    readLink: (path: string) =>
      path === '/proc/self/ns/mnt' ? 'mnt:[1]' : (at(path)?.mounts ?? 'mnt:[1]'),
    stat: (path: string) => {
      const { owner = 0, mode = 0o755 } = at(path) ?? {}
      return { isFile: false, isDirectory: true, mode, owner }
    },
    readFile: async (path: string) => {
      const found = at(path)
      if (found === undefined) throw coded('ENOENT')
      return Buffer.from(`${found.name}\n`)
    },
    listFiles: async () => [],
    run: async ({
      program,
      args,
    }: {
      readonly program: string
      readonly args: readonly string[]
    }) => {
      ran.push([program, ...args].join(' '))
      return { stdout: Buffer.from(at(program)?.says ?? '') }
    },
  }
}

test.each<[string, Process, number | undefined]>([
  ['a kubelet', { name: 'kubelet', says: 'Kubernetes v1.34.2-eks-1234567\n' }, 34],
  [
    'k3s',
    { name: 'k3s-server', says: 'k3s version v1.31.1+k3s1 (452dbbc1)\ngo version go1.22' },
    31,
  ],
  ['one that says nothing', { name: 'kubelet' }, undefined],
  ['another program', { name: 'kubelet-proxy', says: 'v1.34.2' }, undefined],
])('%s', async (_, process, minor) => {
  expect(await findRunningMinor(machine({ 7: process }))).toBe(minor)
})

test.each<[string, Partial<Process>]>([
  ["another user's", { owner: 1000 }],
  ["a container's", { mounts: 'mnt:[2]' }],
  ['of a set-user-ID file', { mode: 0o4755 }],
])('no file is run that may be a stranger: %s', async (_, extra) => {
  const own = machine({ 7: { name: 'kubelet', says: 'v1.30.1', ...extra } })
  expect(await findRunningMinor(own)).toBeUndefined()
  expect(own.ran).toEqual([])
})

test('the first that answers counts, and one that is gone is passed over', async () => {
  const own = machine({
    7: { name: 'sh' },
    8: { name: 'kubelet' },
    9: { name: 'kubelet', says: 'Kubernetes v1.36.4' },
  })
  expect(await findRunningMinor({ ...own, processes: () => [6, 7, 8, 9] })).toBe(36)
  expect(own.ran).toEqual(['/proc/8/exe --version', '/proc/9/exe --version'])
})
