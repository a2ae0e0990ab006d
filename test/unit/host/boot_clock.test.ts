import { expect, test } from 'bun:test'
import fs from 'node:fs'

import { readBootClock } from '../../../src/host/boot_clock.ts'

const ID = '0f5a1c3e-1b2d-4c6f-8a9b-0123456789ab'
const ID_PATH = '/proc/sys/kernel/random/boot_id'

/** The clock that a kernel tells by these files, of a process that is as old as `elapsedMs` says. */
function readFrom(files: Readonly<Record<string, string>>, elapsedMs = () => 0) {
  const readFileSync = Object.assign((path: unknown) => files[String(path)] ?? '', fs.readFileSync)
  return readBootClock(elapsedMs, { readFileSync })
}

test('readBootClock() goes on from the uptime it has read, however late that was', () => {
  let elapsedMs = 7000
  const files = { [ID_PATH]: `${ID}\n`, '/proc/uptime': '350.25 1400.00\n' }
  const clock = readFrom(files, () => elapsedMs)
  expect([clock.bootId, clock.uptimeMs()]).toEqual([ID, 350_250])
  elapsedMs = 7500
  expect(clock.uptimeMs()).toBe(350_750)
})

test.each([
  ['an empty uptime', ID, ''],
  ['an uptime without a fraction', ID, '350 1400.00'],
  ['an uptime below zero', ID, '-1.00 1400.00'],
  ['an empty boot id', '', '350.25 1400.00'],
  ['a boot id of one letter', 'x', '350.25 1400.00'],
  ['a boot id that is too short', ID.slice(1), '350.25 1400.00'],
  ['a boot id behind a letter', `x${ID}`, '350.25 1400.00'],
  ['a boot id before a letter', `${ID}x`, '350.25 1400.00'],
  ['a boot id that is a path', '../'.repeat(12), '350.25 1400.00'],
  ['a boot id of two lines', `${ID}\n\n`, '350.25 1400.00'],
])('readBootClock() throws at %s', (_, bootId, uptime) => {
  const files = { [ID_PATH]: bootId, '/proc/uptime': uptime }
  expect(() => readFrom(files)).toThrow('no boot clock')
})

test.each([ID_PATH, '/proc/uptime'])(
  "readBootClock() passes on the system's error about %s",
  (path) => {
    const refuse = (asked: unknown) => {
      if (asked === path) throw Object.assign(new Error('refused'), { code: 'EACCES' })
      return asked === ID_PATH ? ID : '1.00 1.00'
    }
    const readFileSync = Object.assign(refuse, fs.readFileSync)
    expect(() => readBootClock(() => 0, { readFileSync })).toThrow(
      expect.objectContaining({ code: 'EACCES' }),
    )
  },
)

test('readBootClock() knows the kernel of this machine', () => {
  expect(readBootClock(() => 0, fs).uptimeMs()).toBeGreaterThan(0)
})
