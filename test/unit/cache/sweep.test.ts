import { expect, test } from 'bun:test'
import fs, { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'

import { sweep } from '../../../src/cache/store.ts'
import { openPrivateDirectory } from '../../../src/host/disk.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOURS = 3_600_000
const KEY = '0123456789abcdef'.repeat(4)
const UUID = 'cc0e2b3c-9c4e-4a5b-8f36-0f8c2d1a7e55'

function isRemoved(name: string, ageMs: number): boolean {
  const removed: string[] = []
  const list = () => [{ name, changedAtMs: NOW - ageMs }]
  sweep({ list, remove: (each) => void removed.push(each) }, NOW)
  return removed.includes(name)
}

test.each([
  [`${KEY}.token`, 12 * HOURS],
  [`${KEY}.failure`, 12 * HOURS],
  [`${KEY}.claim`, 12 * HOURS],
  [`${KEY}.token.${UUID}.tmp`, 60_000],
  [`${KEY}.failure.${UUID}.tmp`, 60_000],
])('sweep() removes %s after %d ms by the clock of the node, forth or back', (name, limitMs) => {
  for (const ageMs of [0, limitMs, -limitMs]) {
    expect([ageMs, isRemoved(name, ageMs)]).toEqual([ageMs, false])
  }
  for (const ageMs of [limitMs + 1, -limitMs - 1, NOW]) {
    expect([ageMs, isRemoved(name, ageMs)]).toEqual([ageMs, true])
  }
})

test.each([
  '',
  'token',
  '.token',
  'notes.txt',
  KEY,
  `${KEY}.token.bak`,
  `${KEY}.tokens`,
  `${KEY}_token`,
  `${KEY}.TOKEN`,
  `${KEY.toUpperCase()}.token`,
  `${KEY.slice(1)}.token`,
  `0${KEY}.token`,
  `x/${KEY}.token`,
  `${KEY}.claim.${UUID}.tmp`,
  `${KEY}.token.${UUID}`,
  `${KEY}.token.${UUID}.tmp~`,
  `${KEY}.token.${UUID.slice(1)}.tmp`,
  `${KEY}.token.0${UUID}.tmp`,
  `${KEY}.tokenx${UUID}.tmp`,
  `${KEY}.token${UUID}.tmp`,
  `x${KEY}.token.${UUID}.tmp`,
])('sweep() leaves %j, which is no name of ours', (name) => {
  expect(isRemoved(name, NOW)).toBe(false)
})

/** Killed before the new file takes the place of the old one: nothing after that happens. */
function die(): never {
  throw new Error('killed')
}

test('sweep() knows what a run leaves that is killed while it writes', () => {
  const path = mkdtempSync(`${tmpdir()}/sweep-`)
  const killed = openPrivateDirectory(path, { ...fs, renameSync: die, rmSync: () => undefined })
  for (const name of [`${KEY}.token`, `${KEY}.failure`]) {
    expect(() => killed.replace(name, 'x')).toThrow('killed')
  }
  const left = readdirSync(path)
  expect(left).toHaveLength(2)
  const files = openPrivateDirectory(path, fs)
  sweep(files, Date.now())
  expect(readdirSync(path)).toEqual(left)
  for (const name of left) utimesSync(`${path}/${name}`, 1, 1)
  sweep(files, Date.now())
  expect(readdirSync(path)).toEqual([])
  rmSync(path, { recursive: true })
})
