import { expect, test } from 'bun:test'

import { coded } from '../../../../src/base/failure.ts'
import { findOpen, judgeBinary } from '../../../../src/operator/kubelet_config/binary.ts'
import type { Provider } from '../../../../src/operator/kubelet_config/finding.ts'
import { fakeMachine } from '../../../support/machine.ts'

/** A file system: mode and owner of each path, or where a link leads. */
type Files = Readonly<Record<string, { readonly mode: number; readonly owner?: number } | string>>

const GOOD: Files = {
  '/': { mode: 0o755 },
  '/opt': { mode: 0o755 },
  '/opt/bin': { mode: 0o755 },
  '/opt/bin/ecr': { mode: 0o755 },
}

function machine(files: Files) {
  return {
    ...fakeMachine(),
    readLink: (path: string) => {
      const found = files[path]
      return typeof found === 'string' ? found : undefined
    },
    stat: (path: string) => {
      const found = files[path]
      if (found === undefined || typeof found === 'string') throw coded('ENOENT')
      const isFile = path.endsWith('ecr')
      const kind = { id: path, isFile, isDirectory: !isFile, changedAtMs: 0 }
      return { ...kind, mode: found.mode, owner: found.owner ?? 0 }
    },
  }
}

test.each<[string, Files, string | undefined]>([
  ['nobody else may write', GOOD, undefined],
  ['the file is writable', { ...GOOD, '/opt/bin/ecr': { mode: 0o757 } }, '/opt/bin/ecr'],
  ['a group may write', { ...GOOD, '/opt/bin': { mode: 0o775 } }, '/opt/bin'],
  ['a directory further up is writable', { ...GOOD, '/opt': { mode: 0o777 } }, '/opt'],
  ['it is, and sticky', { ...GOOD, '/opt': { mode: 0o1777 } }, undefined],
  ['another user owns it', { ...GOOD, '/opt': { mode: 0o755, owner: 1000 } }, '/opt'],
  [
    'the directory behind a link is writable',
    {
      ...GOOD,
      '/opt/bin/ecr': '../lib/ecr',
      '/opt/lib': { mode: 0o777 },
      '/opt/lib/ecr': { mode: 0o755 },
    },
    '/opt/lib',
  ],
  [
    'an absolute link',
    { ...GOOD, '/opt/bin': '/lib', '/lib': { mode: 0o755 }, '/lib/ecr': { mode: 0o755, owner: 7 } },
    '/lib/ecr',
  ],
])('%s', (_, files, open) => {
  expect(findOpen('/opt/bin/ecr', machine(files))?.path).toBe(open)
})

test('links in a circle end', () => {
  const files: Files = { ...GOOD, '/opt/bin': '/opt/other', '/opt/other': '/opt/bin' }
  expect(() => findOpen('/opt/bin/ecr', machine(files))).toThrow()
})

const PROVIDER: Provider = {
  field: 'providers[0]',
  name: 'ecr',
  apiVersion: '',
  matchImages: [],
  defaultCacheDuration: undefined,
  args: [],
  env: [],
  tokenAttributes: undefined,
}

test.each<[string, Files, string]>([
  ['missing', { '/': { mode: 0o755 } }, 'binary_missing'],
  ['not executable', { ...GOOD, '/opt/bin/ecr': { mode: 0o644 } }, 'binary_not_executable'],
  ['writable', { ...GOOD, '/opt/bin/ecr': { mode: 0o777 } }, 'binary_writable'],
])('a binary that is %s', (_, files, id) => {
  const found: string[] = []
  judgeBinary(PROVIDER, '/opt/bin/', machine(files), (level, own) => found.push(`${level} ${own}`))
  expect(found).toEqual([`${id === 'binary_writable' ? 'wrong' : 'refused'} ${id}`])
})

test('a name that the kubelet refuses is not looked for', () => {
  for (const name of ['', '../ecr']) {
    judgeBinary({ ...PROVIDER, name }, '/opt/bin', machine({}), () => {
      throw new Error('looked for')
    })
  }
})
