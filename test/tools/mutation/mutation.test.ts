import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'

import { EQUIVALENT } from './equivalent.ts'
import { TESTS } from './files.ts'
import { describeChange, mutantsOf } from './mutants.ts'

// What the two lists name is there: a file that is gone ends `npm run mutate`, and a line that has changed excuses nothing.

const urlOf = (path: string) => new URL(`../../../${path}`, import.meta.url)
const changesIn = new Map(
  [...TESTS.keys()]
    .filter((file) => existsSync(urlOf(`src/${file}`)))
    .map((file) => [file, mutantsOf(readFileSync(urlOf(`src/${file}`), 'utf8'))]),
)

test('every file in the list is there, and so are its tests', () => {
  expect([...TESTS.keys()].filter((file) => !changesIn.has(file))).toEqual([])
  const tests = new Set([...TESTS.values()].flat())
  expect([...tests].filter((name) => !existsSync(urlOf(`test/${name}.test.ts`)))).toEqual([])
})

test('every change that may survive is still one of its line', () => {
  const gone = EQUIVALENT.flatMap(({ file, code, changes }) => {
    const mutants = changesIn.get(file) ?? []
    const made = mutants.filter((mutant) => mutant.code === code).map(describeChange)
    return changes.filter((change) => !made.includes(change)).map((change) => [file, code, change])
  })
  expect(gone).toEqual([])
})
