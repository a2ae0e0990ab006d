import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

import { runPlugin } from '../world/plugin.ts'

const base = mkdtempSync(`${tmpdir()}/main-`)
afterAll(() => rmSync(base, { recursive: true }))

let made = 0

/** The real main.ts, in which the run itself is replaced by this body of a function. */
async function runMain(body: string, args: readonly string[] = []) {
  made += 1
  const main = `${base}/${made}.ts`
  const source = new URL('../../src/', import.meta.url)
  const text = readFileSync(new URL('main.ts', source), 'utf8')
  const own = text.replace(
    "import { answerRequest } from './plugin.ts'",
    `async function answerRequest(): Promise<string> { ${body} }`,
  )
  expect(own.length).not.toBe(text.length)
  writeFileSync(main, own.replaceAll(/from '(\.[^']+)'/g, `from '${source.pathname}$1'`))
  const { exitCode, stdout, stderr } = await runPlugin({ command: [process.execPath, main], args })
  return { exitCode, stdout, stderr }
}

test.concurrent('an answer is all that is written, and to stdout', async () => {
  expect(await runMain("return 'answer\\n'")).toEqual({
    exitCode: 0,
    stdout: 'answer\n',
    stderr: '',
  })
})

test.concurrent(
  'a failure is one line on stderr, whatever is in it, and stdout stays empty',
  async () => {
    expect(await runMain(`throw failure('usage_config', { problem: 'a\\nb"' })`)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: "ecr-credential-provider: a?b'; see config --help",
    })
    expect((await runMain(`throw failure('output', {})`)).exitCode).toBe(1)
  },
)

test.concurrent.each([
  `new Error('sentinel-text', { cause: 'sentinel-cause' })`,
  `Object.assign(new TypeError('sentinel-text'), { code: 'sentinel-code' })`,
  `'sentinel-text'`,
  `{ name: 'Failure', code: 'bad_config', message: 'sentinel-text' }`,
  'null',
])('a bug shows nothing of itself: throw %s', async (thrown) => {
  for (const args of [[], ['--verbose']]) {
    const { exitCode, stdout, stderr } = await runMain(`throw ${thrown}`, args)
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr.split('\n').at(-1)).toBe('ecr-credential-provider: internal error: this is a bug')
    expect(stderr).not.toContain('sentinel')
  }
})
