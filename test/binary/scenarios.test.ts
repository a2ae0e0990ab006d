import { describe, expect, test } from 'bun:test'

import { ACCOUNTS } from './scenarios/accounts.ts'
import { ATTEMPTS } from './scenarios/attempts.ts'
import { REQUESTS, RETRIES, SETTINGS } from './scenarios/calls.ts'
import { COMMANDS } from './scenarios/commands.ts'
import { BOXES } from './scenarios/container.ts'
import { EFFECTS } from './scenarios/effects.ts'
import { ENVIRONMENT } from './scenarios/environment.ts'
import { HOSTS } from './scenarios/hosts.ts'
import { INSTANCE } from './scenarios/instance.ts'
import { LINKING } from './scenarios/linking.ts'
import { LOOKS } from './scenarios/looks.ts'
import { ORDER } from './scenarios/order.ts'
import { PORTAL } from './scenarios/portal.ts'
import { PROFILES } from './scenarios/profiles.ts'
import { PROXIES } from './scenarios/proxies.ts'
import { play } from './scenarios/scenario.ts'
import { SELECTION } from './scenarios/selection.ts'
import { CONTAINER, PROCESS, SSO, WEB_IDENTITY } from './scenarios/sources.ts'
import { IDENTITY, PROGRAMS } from './scenarios/tokens.ts'

const GROUPS = {
  SELECTION,
  ENVIRONMENT,
  LOOKS,
  ORDER,
  PROFILES,
  LINKING,
  WEB_IDENTITY,
  IDENTITY,
  PROCESS,
  PROGRAMS,
  COMMANDS,
  CONTAINER,
  BOXES,
  INSTANCE,
  SSO,
  PORTAL,
  RETRIES,
  ATTEMPTS,
  SETTINGS,
  EFFECTS,
  HOSTS,
  PROXIES,
  REQUESTS,
  ACCOUNTS,
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
