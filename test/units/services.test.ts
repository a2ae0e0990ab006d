import { expect, test } from 'bun:test'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The two units, as systemd reads them.

const UNITS = fileURLToPath(new URL('../../src/units/', import.meta.url))
const NAMES = ['ecr-credential-provider-read-ahead.service', 'ecr-credential-provider-warm.service']
const INSTALLED = '/usr/libexec/ecr-credential-provider'

const noSystemd = Bun.which('systemd-analyze') === null ? ' (skipped: no systemd here)' : ''

test.skipIf(noSystemd !== '')(`systemd has nothing to say about the units${noSystemd}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'units-'))
  for (const directory of [INSTALLED, '/etc/systemd/system', '/usr/lib/systemd'])
    mkdirSync(`${root}${directory}`, { recursive: true })
  for (const name of NAMES) copyFileSync(join(UNITS, name), `${root}/etc/systemd/system/${name}`)
  for (const name of ['read-ahead', 'ecr-credential-provider']) {
    copyFileSync(join(UNITS, 'read-ahead'), `${root}${INSTALLED}/${name}`)
    chmodSync(`${root}${INSTALLED}/${name}`, 0o755)
  }
  symlinkSync('/lib/systemd/system', `${root}/usr/lib/systemd/system`)
  const run = Bun.spawnSync(['systemd-analyze', 'verify', `--root=${root}`, ...NAMES])
  rmSync(root, { recursive: true })
  expect([run.exitCode, run.stderr.toString(), run.stdout.toString()]).toEqual([0, '', ''])
})

/** The values of a key, in order. */
function valuesOf(unit: string, key: string): readonly string[] {
  const text = readFileSync(join(UNITS, unit), 'utf8')
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}
const [readAhead = '', warm = ''] = NAMES

test('nothing waits for read-ahead, and it waits for nothing but the disk', () => {
  expect(valuesOf(readAhead, 'Before')).toEqual(['shutdown.target'])
  expect(valuesOf(readAhead, 'After')).toEqual(['local-fs.target'])
  expect(valuesOf(readAhead, 'DefaultDependencies')).toEqual(['no'])
  expect([...valuesOf(readAhead, 'Wants'), ...valuesOf(readAhead, 'Requires')]).toEqual([])
})

test('the kubelet waits for warm, but does not need it', () => {
  expect(valuesOf(warm, 'Before')).toEqual(['kubelet.service'])
  expect(valuesOf(warm, 'After')).toEqual(['network-online.target'])
  expect(valuesOf(warm, 'WantedBy')).toEqual(['multi-user.target'])
  expect([...valuesOf(warm, 'RequiredBy'), ...valuesOf(warm, 'Requires')]).toEqual([])
})
