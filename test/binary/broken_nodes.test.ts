import { expect, setDefaultTimeout, test } from 'bun:test'

import type { Cause } from '../../src/base/failure.ts'
import { OWN_LINES } from '../../src/base/lines/own.ts'
import { PROBLEMS, SUBJECTS } from '../../src/base/lines/peer.ts'
import { BROKEN_NODES } from './broken_nodes/nodes.ts'
import { HAS_NAMESPACES } from './broken_nodes/sandboxes.ts'
import { play } from './scenarios/scenario.ts'

// Nodes with one thing wrong, each with the line that lets somebody act who has never seen this program.

setDefaultTimeout(120_000)

/** What a text becomes once it is filled in. */
function patternOf(text: string): string {
  const parts = text.split(/'?\{\w+\}'?/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return parts.join('.*')
}

/** Every line that has this cause. */
function lineOf(cause: Cause): RegExp {
  const own = new Map<string, string>(Object.entries(OWN_LINES)).get(cause)
  if (own !== undefined) return new RegExp(`^ecr-credential-provider: ${patternOf(own)}$`)
  const problem = new Map<string, string>(Object.entries(PROBLEMS)).get(cause) ?? ''
  const [what = '', hint] = problem.split('; hint: ')
  const subjects = Object.values(SUBJECTS).map(patternOf).join('|')
  const end = hint === undefined ? '' : `; hint: ${patternOf(hint)}`
  return new RegExp(
    `^ecr-credential-provider: (?:${subjects}): ${patternOf(what)}(?: \\(.*\\))?${end}$`,
  )
}

const apart = BROKEN_NODES.filter(({ isApart }) => isApart === true)
const here = BROKEN_NODES.filter(({ isApart }) => isApart !== true)

test.concurrent.each(here.map((node) => [node.name, node] as const))(
  'the line of %s',
  async (_, node) => {
    await play({ ...node, form: lineOf(node.cause) })
  },
)

test.concurrent.skipIf(!HAS_NAMESPACES).each(apart.map((node) => [node.name, node] as const))(
  'the line of %s, on a machine of its own',
  async (_, node) => {
    await play({ ...node, form: lineOf(node.cause) })
  },
)

test('there are at least forty, each with a name of its own', () => {
  expect(BROKEN_NODES.length).toBeGreaterThanOrEqual(40)
  expect(new Set(BROKEN_NODES.map(({ name }) => name)).size).toBe(BROKEN_NODES.length)
})
