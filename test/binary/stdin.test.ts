import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { kubeletRequest, pluginPath, runPlugin } from '../world/plugin.ts'
import { inWorld } from '../world/world.ts'

// The configuration is read while the request is awaited: neither may change what is said about the other.

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/app'
const NAME = 'ecr-credential-provider'

test.concurrent('a person at a terminal is shown the help', async () => {
  let shown = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn([pluginPath], {
    // What is wrong with the configuration is of no interest here.
    env: { AWS_CONFIG_FILE: '/', AWS_PROFILE: 'missing' },
    terminal: { data: (_, bytes) => (shown += decoder.decode(bytes)) },
  })
  expect(await child.exited).toBe(0)
  expect(shown).toStartWith(`usage: ${NAME}`)
})

test.concurrent('a request may come late, and in pieces', async () =>
  inWorld(async (world) => {
    const child = Bun.spawn([pluginPath], {
      env: world.environment(),
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const request = kubeletRequest(IMAGE)
    await Bun.sleep(200)
    expect(world.requests).toEqual([])
    await child.stdin.write(request.slice(0, 20))
    await child.stdin.flush()
    await Bun.sleep(100)
    // Whoever is asked after half a request might be asked for the wrong one.
    expect(world.requests).toEqual([])
    await child.stdin.write(request.slice(20))
    await child.stdin.end()
    expect(await new Response(child.stderr).text()).toBe('')
    expect(await new Response(child.stdout).text()).toContain('"auth"')
    expect(await child.exited).toBe(0)
  }),
)

test.concurrent.each([
  ['', 'is empty'],
  ['{}', "'apiVersion' is missing"],
  [kubeletRequest('docker.io/library/nginx'), 'is not an Amazon ECR host'],
])('%j is refused before a broken configuration, and nobody is connected to', async (stdin, why) =>
  inWorld(async (world) => {
    const env = world.environment({ AWS_CONFIG_FILE: '/', SSL_CERT_FILE: '/' })
    const run = await runPlugin({ stdin, env })
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toContain(why)
    expect(run.stderr.split('\n').length).toBe(1)
    expect([world.countConnections('imds'), world.countConnections('ecr')]).toEqual([0, 0])
  }),
)

test.concurrent('a broken configuration is refused once the request is read', async () => {
  const run = await runPlugin({ stdin: kubeletRequest(IMAGE), env: { AWS_CONFIG_FILE: '/' } })
  expect([run.exitCode, run.stdout]).toEqual([1, ''])
  expect(run.stderr).toBe(`${NAME}: cannot read the config file '/': it is a directory`)
})

test.concurrent('of a request and a file that do not end, both are named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stdin-'))
  const fifo = join(directory, 'config')
  Bun.spawnSync(['mkfifo', fifo])
  const credentials = join(directory, 'credentials')
  writeFileSync(credentials, '')
  const child = Bun.spawn([pluginPath, '--timeout', '1'], {
    env: { AWS_CONFIG_FILE: fifo, AWS_SHARED_CREDENTIALS_FILE: credentials },
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  expect(await new Response(child.stderr).text()).toBe(
    `${NAME}: cannot end in time: gave up after 1 s while reading the request from stdin; '${fifo}' is still being read`,
  )
  expect(await child.exited).toBe(1)
  await child.stdin.end()
  rmSync(directory, { recursive: true })
})

const UNKNOWN = `${NAME}: cannot use the argument '--nope': it is not known; hint: --help lists the commands and options`

test.concurrent('no line end stands behind the last line, where the kubelet reads it', async () => {
  const run = await runPlugin({ args: ['--verbose', '--nope'] })
  expect([run.exitCode, run.stderr]).toEqual([2, UNKNOWN])
})

test.concurrent('a line end stands behind it, where a person reads it', async () => {
  let shown = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn([pluginPath, '--nope'], {
    terminal: { data: (_, bytes) => (shown += decoder.decode(bytes)) },
  })
  expect(await child.exited).toBe(2)
  expect(shown).toBe(`${UNKNOWN}\r\n`)
})
