import { describe, expect, test } from 'bun:test'

import { REQUESTS, RETRIES, SETTINGS } from './scenarios/calls.ts'
import { PROFILES } from './scenarios/profiles.ts'
import { play } from './scenarios/scenario.ts'
import { SELECTION } from './scenarios/selection.ts'
import { CONTAINER, PROCESS, SSO, WEB_IDENTITY } from './scenarios/sources.ts'

const GROUPS = {
  SELECTION,
  PROFILES,
  WEB_IDENTITY,
  PROCESS,
  CONTAINER,
  SSO,
  RETRIES,
  SETTINGS,
  REQUESTS,
}

describe.each(Object.entries(GROUPS))('the compiled binary: %s', (_, scenarios) => {
  test.concurrent.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (__, scenario) => play(scenario),
    60_000,
  )
})

test('every scenario has a name of its own, and there are at least 150', () => {
  const names = Object.values(GROUPS).flatMap((scenarios) => scenarios.map(({ name }) => name))
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThanOrEqual(150)
})
