import { expect, test } from 'bun:test'

import { readBootClock } from '../../../src/cache/boot_clock.ts'
import { fakeSystem } from '../../support/system.ts'

const ID = '0f5a1c3e-1b2d-4c6f-8a9b-0123456789ab'
const ID_PATH = '/proc/sys/kernel/random/boot_id'

test('readBootClock() goes on from the uptime it has read', async () => {
  let elapsedMs = 7000
  const files = { [ID_PATH]: `${ID}\n`, '/proc/uptime': '350.25 1400.00\n' }
  const clock = await readBootClock(fakeSystem({ files, elapsedMs: () => elapsedMs }))
  expect([clock.bootId, clock.uptimeMs()]).toEqual([ID, 350_250])
  elapsedMs = 7500
  expect(clock.uptimeMs()).toBe(350_750)
})

test.each([
  ['an empty uptime', ID, ''],
  ['an uptime without a fraction', ID, '350 1400.00'],
  ['an uptime below zero', ID, '-1.00 1400.00'],
  ['an empty boot id', '', '350.25 1400.00'],
  ['a boot id that is too short', ID.slice(1), '350.25 1400.00'],
  ['a boot id that is a path', '../'.repeat(12), '350.25 1400.00'],
  ['a boot id of two lines', `${ID}\n\n`, '350.25 1400.00'],
])('readBootClock() throws at %s', async (_, bootId, uptime) => {
  const files = { [ID_PATH]: bootId, '/proc/uptime': uptime }
  const message = await readBootClock(fakeSystem({ files })).then(String, String)
  expect(message).toBe('Error: no boot clock')
})

test.each([ID_PATH, '/proc/uptime'])(
  "readBootClock() passes on the system's error about %s",
  async (path) => {
    const files = { [ID_PATH]: ID, '/proc/uptime': '1.00 1.00', [path]: { code: 'EACCES' } }
    const error: unknown = await readBootClock(fakeSystem({ files })).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'EACCES' })
  },
)
