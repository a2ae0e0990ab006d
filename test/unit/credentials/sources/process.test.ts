import { expect, test } from 'bun:test'

import type { CommandResult } from '../../../../src/base/system.ts'
import { runCredentialProcess } from '../../../../src/credentials/sources/process.ts'
import { expectRejection } from '../../../support/failures.ts'
import { fakeRun } from '../../../support/run.ts'

const NAME = "the credential_process of profile 'p'"
const GOOD = '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}'

/** Runs a command that ends like this. */
async function give(exitCode: number | undefined, stdout: string, stderr = '') {
  const calls: unknown[] = []
  const runCommand = async (...call: [string, number]): Promise<CommandResult> => {
    calls.push(call)
    return { exitCode, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
  }
  const { run } = fakeRun([], { runCommand, deadlineMs: 3000 })
  const credentials = await runCredentialProcess({ command: 'c x', profile: 'p' }, run)
  return { credentials, calls }
}

test('runCredentialProcess() gives what the command prints, and lets it run until the deadline', async () => {
  expect(await give(0, GOOD, 'a warning')).toEqual({
    credentials: {
      accessKeyId: 'A',
      secretAccessKey: 'S',
      sessionToken: undefined,
      expiresAtMs: undefined,
      label: NAME,
    },
    calls: [['c x', 3000]],
  })
})

test.each([
  [
    'exit code 1',
    'process_failed',
    1,
    GOOD,
    '',
    `cannot get credentials: ${NAME} ended with exit code 1`,
  ],
  [
    'last words',
    'process_failed',
    2,
    '',
    ' no\n\u{1b}[31m "é" \n',
    `cannot get credentials: ${NAME} ended with exit code 2; it said 'no [31m ' ''`,
  ],
  ['no end', 'process_late', undefined, GOOD, 'x', `${NAME} did not end in 3.0 s; it said 'x'`],
  ['no JSON', 'process_output', 0, 'secret', 'x', `${NAME}: it is not valid JSON; it said 'x'`],
  [
    'no version',
    'process_output',
    0,
    '{}',
    '',
    `${NAME}: it is not as documented: 'Version' is missing`,
  ],
  [
    'another version',
    'process_output',
    0,
    GOOD.replace('1', '2'),
    '',
    `${NAME}: it is not as documented: 'Version' must be 1`,
  ],
  [
    'too much output',
    'process_output',
    0,
    GOOD.padEnd(256 * 1024 + 1),
    '',
    `the output of ${NAME}: it is larger than 262144 bytes`,
  ],
] as const)('runCredentialProcess() refuses a command with %s', async (_, code, ...rest) => {
  const [exitCode, stdout, stderr, expected] = rest
  expect(await expectRejection(code, give(exitCode, stdout, stderr))).toEndWith(expected)
})

test('runCredentialProcess() hints at quotes when the shell finds no command', async () => {
  expect(await expectRejection('process_not_found', give(127, ''))).toContain(
    '; hint: the shell found no such',
  )
})

test('runCredentialProcess() reads output of exactly the largest size', async () => {
  expect((await give(0, GOOD.padEnd(256 * 1024))).credentials.accessKeyId).toBe('A')
})

test('runCredentialProcess() refuses a node without a shell', async () => {
  const { run } = fakeRun([], {
    runCommand: async () => Promise.reject(new Error('secret')),
  })
  const promise = runCredentialProcess({ command: 'c', profile: 'p' }, run)
  expect(await expectRejection('process_shell', promise)).toBe(
    `cannot run ${NAME}: there is no usable /bin/sh`,
  )
})
