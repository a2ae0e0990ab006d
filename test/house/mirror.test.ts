import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Whoever has read a source file finds what is promised of it, by its name.

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
const UNIT = fileURLToPath(new URL('../unit', import.meta.url))

const filesIn = (folder: string) => [...new Bun.Glob('**/*.ts').scanSync({ cwd: folder })]

/**
 * Of the commands for people the tests go through the binary, of what makes a release through what it makes; what can be
 * asked of one file alone is.
 */
const ELSEWHERE = /^(?:operator|release)\//

const transpiler = new Bun.Transpiler({ loader: 'ts' })

/** Whether a file has a function: what has none is types and literal data, of which a test could only be a copy. */
function hasFunction(file: string): boolean {
  const code = transpiler.transformSync(readFileSync(`${SOURCE}/${file}`, 'utf8'))
  return /=>|\bfunction\b/.test(code)
}

test('every source file with a function in it has a unit test of its name', () => {
  const judged = filesIn(SOURCE).filter((file) => !ELSEWHERE.test(file) && hasFunction(file))
  expect(judged.length).toBeGreaterThan(40)
  expect(judged.filter((file) => !existsSync(`${UNIT}/${file.replace(/ts$/, 'test.ts')}`))).toEqual(
    [],
  )
})

test('every unit test has the name of a source file', () => {
  const sources = new Set(filesIn(SOURCE).map((file) => file.replace(/ts$/, 'test.ts')))
  expect(filesIn(UNIT).filter((file) => !sources.has(file))).toEqual([])
})
