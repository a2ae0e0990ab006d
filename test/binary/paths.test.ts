import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { issueKey } from '../world/keys.ts'
import { kubeletRequest, runPlugin } from '../world/plugin.ts'
import { inWorld } from '../world/world.ts'
import { logIn, PAST, SESSION } from './scenarios/sources.ts'

// Bun reads what looks like an address from S3, with the keys of the environment. A path is a path.

const stdin = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app')

/** S3 on this machine, which has everything; what it was asked for. */
function startS3() {
  const asked: string[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ method, url }) => {
      asked.push(`${method} ${url}`)
      return new Response('[default]\naws_access_key_id = a\naws_secret_access_key = b\n')
    },
  })
  const endpoint = `http://127.0.0.1:${server.port}`
  const env = {
    S3_ACCESS_KEY_ID: 'a',
    S3_SECRET_ACCESS_KEY: 'b',
    S3_ENDPOINT: endpoint,
    AWS_ENDPOINT: endpoint,
  }
  return { env, asked, stop: () => server.stop(true) }
}

test.concurrent.each([
  { AWS_CONFIG_FILE: 's3://bucket/key' },
  { AWS_SHARED_CREDENTIALS_FILE: 's3://bucket/key' },
  { AWS_SHARED_CREDENTIALS_FILE: 's3:///bucket/key' },
  { HOME: 's3://bucket/home' },
])('%j names no file, and the node signs', async (env) =>
  inWorld(async (world) => {
    const s3 = startS3()
    const run = await runPlugin({ stdin, env: world.environment({ ...s3.env, ...env }) })
    await s3.stop()
    expect([run.exitCode, run.stderr, s3.asked]).toEqual([0, '', []])
    expect(world.requests.at(-1)?.signer).toBe('role/node-role')
  }),
)

const MISSING = / 's3:\/\/bucket\/.*'.*: it does not exist$/
const JWT = {
  AWS_WEB_IDENTITY_TOKEN_FILE: 's3://bucket/jwt',
  AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/w',
}
const TOKEN = {
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 's3://bucket/token',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
}
const STORE = {
  SSL_CERT_FILE: 's3://bucket/ca.pem',
  SSL_CERT_DIR: 's3://bucket/',
  AWS_CA_BUNDLE: '',
}

test.concurrent.each<[Record<string, string>, RegExp]>([
  [{ AWS_CA_BUNDLE: 's3://bucket/ca.pem' }, MISSING],
  [JWT, MISSING],
  [TOKEN, MISSING],
  [STORE, /cannot use the certificates in 's3:\/\/bucket\/ca.pem'/],
])('%j names no file, and the run fails', async (env, says) =>
  inWorld(async (world) => {
    const s3 = startS3()
    const run = await runPlugin({ stdin, env: world.environment({ ...s3.env, ...env }) })
    await s3.stop()
    expect([run.exitCode, run.stdout, s3.asked]).toEqual([1, '', []])
    expect(run.stderr).toMatch(says)
  }),
)

test.concurrent.each([
  's3://bucket/key',
  's3:key',
  'file:///key',
  'http://h/key',
  'data:,key',
  'key',
  '~/key',
])('a file at %s below the working directory is read', async (path) =>
  inWorld(async (world) => {
    const s3 = startS3()
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = '',
    } = issueKey(world.state, { owner: 'p' })
    const lines = [
      '[default]',
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      `aws_session_token = ${sessionToken}`,
    ]
    const file = `${world.directory}/${path}`
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, lines.join('\n'))
    const env = world.environment({ ...s3.env, AWS_SHARED_CREDENTIALS_FILE: path })
    const run = await runPlugin({ stdin, env, cwd: world.directory })
    await s3.stop()
    expect([run.exitCode, run.stderr, s3.asked]).toEqual([0, '', []])
    expect(world.requests.map(({ step, signer }) => [step, signer])).toEqual([['ecr', 'p']])
  }),
)

test.concurrent('an SSO token below such a home is read and replaced there', async () =>
  inWorld(async (world) => {
    const s3 = startS3()
    const home = `${world.directory}/s3:/bucket`
    mkdirSync(`${home}/.aws`, { recursive: true })
    writeFileSync(`${home}/.aws/config`, SESSION)
    logIn('corp', PAST)(world)
    renameSync(`${world.directory}/.aws/sso`, `${home}/.aws/sso`)
    const env = world.environment({ ...s3.env, HOME: 's3://bucket' })
    const run = await runPlugin({ stdin, env, cwd: world.directory })
    await s3.stop()
    expect([run.exitCode, run.stderr, s3.asked]).toEqual([0, '', []])
    expect(readdirSync(`${home}/.aws/sso/cache`).length).toBe(1)
    const [file = ''] = readdirSync(`${home}/.aws/sso/cache`)
    expect(readFileSync(`${home}/.aws/sso/cache/${file}`, 'utf8')).not.toContain(PAST)
  }),
)
