import { expect, test } from 'bun:test'

import { BROKEN_NODES, type BrokenNode } from '../broken_nodes/nodes.ts'
import { HAS_NAMESPACES } from '../broken_nodes/sandboxes.ts'
import { examine, type Node } from './node.ts'

// The nodes whose line is held by broken_nodes.test.ts: doctor must find the same cause.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app'

/** Those that a kubelet can have without a pod: no request of a service account, no command of the operator's. */
const NODES = BROKEN_NODES.filter(
  ({ request, args }) => request === undefined && args?.[0] !== 'warm',
)

/** Those whose kubelet has a network or mounts of its own take nsenter(1), which takes root here. */
const CAN_ENTER = HAS_NAMESPACES && process.getuid?.() === 0
const HERE = NODES.filter(({ isApart }) => isApart !== true)
const APART = NODES.filter(({ isApart }) => isApart === true)

/** Such a node with a kubelet on it. */
function nodeOf(broken: BrokenNode): Node {
  const { image = IMAGE, args = [], env = {}, config = '', names = [] } = broken
  const host = image.split('/', 1)[0] ?? ''
  return {
    image,
    args,
    env,
    names,
    matchImages: [host],
    files: config === '' ? {} : { '.aws/config': config },
    words: ['--no-registry'],
    ...(broken.gate === undefined ? {} : { gate: broken.gate }),
    ...(broken.line === undefined ? {} : { line: broken.line }),
    ...(broken.prepare === undefined ? {} : { prepare: broken.prepare }),
    ...(broken.around === undefined ? {} : { around: broken.around }),
    faults: broken.faults ?? [],
  }
}

async function judge(_: string, broken: BrokenNode): Promise<void> {
  const { report, text } = await examine(nodeOf(broken))
  const failed = report.checks.filter(({ status }) => status === 'fail')
  expect([report.verdict, ...failed.map(({ cause }) => cause)]).toEqual(['fail', broken.cause])
  // Whoever reads it knows what to do.
  expect([text, failed[0]?.fix]).not.toEqual([text, undefined])
}

test.concurrent.each(HERE.map((node) => [node.name, node] as const))('doctor on %s', judge, 120_000)

test.concurrent.skipIf(!CAN_ENTER).each(APART.map((node) => [node.name, node] as const))(
  'doctor on %s, on a machine of its own',
  judge,
  120_000,
)

test('doctor is tried on most of them', () => {
  expect(NODES.length).toBeGreaterThan(40)
})
