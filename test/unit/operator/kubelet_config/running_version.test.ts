import { expect, test } from 'bun:test'

import { findRunningMinor } from '../../../../src/operator/kubelet_config/running_version.ts'
import { fakeMachine, type FakeMachineParts } from '../../../support/machine.ts'

/** The minor version, and the programs that were run to find it. */
async function find(
  processes: NonNullable<FakeMachineParts['processes']>,
  says: Readonly<Record<number, string>>,
) {
  const programs = Object.fromEntries(
    Object.entries(says).map(([pid, text]) => [`/proc/${pid}/exe`, text]),
  )
  const machine = fakeMachine({ processes, programs })
  const ran: string[] = []
  const minor = await findRunningMinor({
    ...machine,
    run: async (command) => {
      ran.push([command.program, ...command.args].join(' '))
      return machine.run(command)
    },
  })
  return { minor, ran }
}

test.each([
  ['kubelet --v=2', 'Kubernetes v1.34.2-eks-1234567\n', 34],
  ['/usr/local/bin/k3s server', 'k3s version v1.31.1+k3s1 (452dbbc1)\ngo version go1.22', 31],
  ['kubelet', '', undefined],
  ['kubelet-proxy', 'v1.34.2', undefined],
])('%s that says %j', async (line, text, minor) => {
  expect((await find({ 7: { line } }, { 7: text })).minor).toBe(minor)
})

test.each([
  ["another user's", { owner: 1000 }],
  ["a container's", { mounts: 'mnt:[2]' }],
  ['of a set-user-ID file', { mode: 0o4755 }],
])('no file is run that may be a stranger: %s', async (_, extra) => {
  const found = await find({ 7: { line: 'kubelet', ...extra } }, { 7: 'v1.30.1' })
  expect(found).toEqual({ minor: undefined, ran: [] })
})

test('the first that answers counts', async () => {
  const line = 'kubelet'
  const processes = { 7: { line: 'sh' }, 8: { line }, 9: { line } }
  const found = await find(processes, { 9: 'Kubernetes v1.36.4' })
  expect(found).toEqual({ minor: 36, ran: ['/proc/8/exe --version', '/proc/9/exe --version'] })
})
