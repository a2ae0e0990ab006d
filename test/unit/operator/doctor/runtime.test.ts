import { expect, test } from 'bun:test'

import type { Check } from '../../../../src/operator/doctor/report.ts'
import { judgePause, judgeRuntimeProxy } from '../../../../src/operator/doctor/runtime.ts'
import { fakeMachine } from '../../../support/machine.ts'

const PLACE = '/etc/containerd/config.toml'
const PAUSE = '602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.10'

test.each([
  [`[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "${PAUSE}"\n`, 'warn'],
  [`[plugins.'io.containerd.cri.v1.images'.pinned_images]\nsandbox = '${PAUSE}'\n`, 'warn'],
  ['sandbox_image = "registry.k8s.io/pause:3.10"', 'ok'],
  ['sandbox_image = "public.ecr.aws/eks-distro/kubernetes/pause:3.10"', 'ok'],
  [`# sandbox_image = "${PAUSE}"`, 'ok'],
  ['version = 2', 'ok'],
])('the pause image of %j', async (text, status) => {
  const told: Check[] = []
  await judgePause(fakeMachine({ files: { [PLACE]: text } }), (check) => told.push(check))
  expect(told.map((check) => [check.id, check.status])).toEqual([['runtime.pause', status]])
})

test('without containerd nothing is said of its pause image', async () => {
  const told: Check[] = []
  await judgePause(fakeMachine(), (check) => told.push(check))
  expect(told).toEqual([])
})

const HOST = '123456789012.dkr.ecr.us-west-2.amazonaws.com'
const PROXY = 'http://sentinel-user:sentinel-password@proxy:3128'

test.each([
  [{}, '', undefined],
  [{ HTTPS_PROXY: PROXY }, `HTTPS_PROXY=${PROXY}\0`, undefined],
  [{ HTTPS_PROXY: PROXY }, 'PATH=/bin\0', 'directly, the kubelet by proxy proxy:3128'],
  [{}, `HTTPS_PROXY=${PROXY}\0`, 'by proxy proxy:3128, the kubelet directly'],
  [{}, `HTTPS_PROXY=${PROXY}\0NO_PROXY=.amazonaws.com\0`, undefined],
  [{ HTTPS_PROXY: 'sentinel://' }, `HTTPS_PROXY=${PROXY}\0`, undefined],
])('a kubelet with %j and a runtime with %j', async (env, environ, words) => {
  const told: Check[] = []
  const machine = fakeMachine({
    processes: { 9: { line: '/usr/bin/containerd' } },
    files: { '/proc/9/environ': environ },
  })
  await judgeRuntimeProxy(HOST, env, { machine, tell: (check) => told.push(check) })
  expect(JSON.stringify(told)).not.toContain('sentinel')
  if (words === undefined) expect(told).toEqual([])
  else expect(told[0]?.summary).toBe(`the container runtime reaches ${HOST} ${words}`)
})

test('a runtime in a container is not that of this node', async () => {
  const told: Check[] = []
  const machine = fakeMachine({
    processes: { 9: { line: 'containerd', mounts: 'mnt:[2]' } },
    files: { '/proc/9/environ': `HTTPS_PROXY=${PROXY}\0` },
  })
  await judgeRuntimeProxy(HOST, {}, { machine, tell: (check) => told.push(check) })
  expect(told).toEqual([])
})
