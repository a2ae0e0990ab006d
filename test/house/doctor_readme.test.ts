import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

import { README } from './readme.ts'

const ROOT = new URL('../../', import.meta.url).pathname

const source = [...new Bun.Glob('src/operator/doctor/**/*.ts').scanSync({ cwd: ROOT })]
  .map((file) => readFileSync(`${ROOT}${file}`, 'utf8'))
  .join('\n')
const [, rows = ''] = /\n\| check \| .*\n\| ---.*\n((?:\| .*\n)+)/.exec(README) ?? []

const namesIn = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].toSorted()

/** Layers, each with its checks. */
const IDS =
  /['`]((?:kubelet|config|settings|identity|network|token|registry|runtime)\.[a-z_]+)['`]/g

test('the README has every check of doctor, and no other', () => {
  expect(namesIn(source, IDS).length).toBeGreaterThan(25)
  const units = new Set(['kubelet.service'])
  expect(namesIn(rows, IDS)).toEqual(namesIn(source, IDS).filter((name) => !units.has(name)))
})

test('the README has every cause that only doctor knows, and no other', () => {
  const causes = rows.split('\n').map((row) => row.split('|')[3] ?? '')
  const told = namesIn(causes.join(), /`([a-z0-9_]+)`/g)
  const known = namesIn(source, /(?:cause: |refuse\(|failed\()'([a-z0-9_]+)'/g)
  expect(known.length).toBeGreaterThan(35)
  expect(told).toEqual(known)
})
