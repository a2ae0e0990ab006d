import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'

import * as v from 'valibot'

import { callAws, sign } from '../../../src/aws/call.ts'
import type { HttpRequest } from '../../../src/net/exchange.ts'
import { answer } from '../../support/answers.ts'
import { fakeRun } from '../../support/run.ts'
import clockSkew from '../../vectors/clock-skew/clock-skew-test-cases.json'

const FOLDER = new URL('../../vectors/sigv4/', import.meta.url)

const Context = v.object({
  credentials: v.object({
    access_key_id: v.string(),
    secret_access_key: v.string(),
    token: v.optional(v.string()),
  }),
  region: v.string(),
  service: v.string(),
  timestamp: v.string(),
  normalize: v.boolean(),
  sign_body: v.boolean(),
  omit_session_token: v.optional(v.boolean(), false),
})

/** Cases that ask for what no request of this program has. Each must fail, or it would not belong here. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['get-header-key-duplicate', 'a header that stands there twice'],
  ['get-header-value-multiline', 'a header over several lines, obsolete since RFC 7230, 3.2.4'],
  ['get-header-value-order', 'a header that stands there four times'],
  ['get-relative-relative-unnormalized', 'a path with dots, kept as S3 keeps it'],
  ['get-relative-unnormalized', 'a path with dots, kept as S3 keeps it'],
  ['get-slash-dot-slash-unnormalized', 'a path with dots, kept as S3 keeps it'],
  ['get-slash-pointless-dot-unnormalized', 'a path with dots, kept as S3 keeps it'],
  ['get-slash-unnormalized', 'a doubled slash, kept as S3 keeps it'],
  ['get-slashes-unnormalized', 'a doubled slash, kept as S3 keeps it'],
  ['get-space-normalized', 'a path with a bare space, which no URL has'],
  ['get-space-unnormalized', 'a path with a bare space, which no URL has'],
  ['get-utf8', 'a path that is not ASCII, which no URL has'],
  ['post-sts-header-after', 'a session token added after signing'],
])

function readCase(name: string) {
  const read = (file: string) => readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8')
  const context = v.parse(Context, JSON.parse(read('context.json')))
  const [head = '', ...body] = read('request.txt').split('\n\n')
  const [start = '', ...lines] = head.split('\n')
  const [, method = '', target = ''] = /^(\S+) (.*) HTTP\/1\.1$/.exec(start) ?? []
  const headers = new Headers()
  for (const line of lines) {
    const at = line.indexOf(':')
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1))
  }
  return {
    context,
    method,
    target,
    headers,
    body: body.join('\n\n'),
    signature: read('header-signature.txt').trim(),
  }
}

test.each(readdirSync(FOLDER).filter((name) => name !== 'SOURCE.md'))(
  'sign() and the public vector %s',
  async (name) => {
    const { context, method, target, headers, body, signature } = readCase(name)
    if (method !== 'GET' && method !== 'POST') throw new Error(`unexpected method in ${name}`)
    const {
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      token,
    } = context.credentials
    if (context.sign_body)
      headers.set('x-amz-content-sha256', new Bun.CryptoHasher('sha256').update(body).digest('hex'))
    const request: HttpRequest = {
      method,
      url: `https://${headers.get('host') ?? ''}${target}`,
      headers: Object.fromEntries(headers),
      ...(body === '' ? {} : { body }),
      timeoutMs: 1,
    }
    const credentials = {
      accessKeyId,
      secretAccessKey,
      sessionToken: token,
      label: 'test',
      expiresAtMs: undefined,
    }
    const { service, region, timestamp } = context
    const signed = await sign(request, { service, region, credentials }, Date.parse(timestamp))
    const passed = signed.headers['authorization']?.endsWith(`Signature=${signature}`)
    expect(passed).toBe(!DIFFERENT.has(name))
  },
)

// The suite of the SDKs. Its client keeps what it learns over many operations; a run of this program is the first of them.
const FIRST_OPERATIONS = clockSkew.tests.flatMap(({ description, operations: [operation] }) =>
  operation === undefined || (operation.initialClientSkew ?? 0) !== 0
    ? []
    : [{ description, ...operation }],
)

test.each(FIRST_OPERATIONS)('callAws() clock skew: $description', async (operation) => {
  const { attempts, expectedOutcome } = operation
  const outcomes = attempts.map(({ response }) => {
    const code = 'errorCode' in response ? response.errorCode : undefined
    return answer(
      code === undefined ? '{}' : { __type: code },
      response.statusCode,
      response.headers,
    )
  })
  const maxAttempts = 'maxAttempts' in operation ? String(operation.maxAttempts) : ''
  const start = Date.parse(attempts[0]?.clientTimeAtSend ?? '')
  const requestMs = Date.parse(attempts[0]?.clientTimeAtReceive ?? '') - start
  const { run, requests } = fakeRun(outcomes, {
    env: { AWS_MAX_ATTEMPTS: maxAttempts },
    now: () => start,
    requestMs,
    deadlineMs: 1e9,
  })
  const credentials = {
    accessKeyId: 'a',
    secretAccessKey: 's',
    sessionToken: undefined,
    label: 'test',
    expiresAtMs: undefined,
  }
  const call = callAws(
    {
      subject: 'cannot do it',
      request: { method: 'POST', url: 'https://h/', headers: {}, body: '{}' },
      service: 'ecr',
      signing: { region: 'us-west-2', credentials },
    },
    run,
  )
  expect(
    await call.then(
      () => 'success',
      () => 'error',
    ),
  ).toBe(expectedOutcome)
  const signed = requests.map(({ headers }) => headers['x-amz-date'])
  expect(signed).toEqual(
    attempts.map(({ expectedSigningTime }) => expectedSigningTime.replaceAll(/[-:]/g, '')),
  )
})

test('callAws() shows no code that is a part of what was sent', async () => {
  const { run } = fakeRun([])
  const credentials = {
    accessKeyId: 'ACCESSKEYOFTHENODE',
    secretAccessKey: 'SECRETKEYOFTHENODE',
    sessionToken: 'SESSIONTOKENOFTHENODE',
    label: 'test',
  }
  const echo = (find: (headers: HttpRequest['headers']) => string) =>
    callAws(
      {
        subject: 'cannot do it',
        request: { method: 'POST', url: 'https://h/', headers: { 'x-sent': 'SENTHEADERSENT' } },
        service: 'ecr',
        signing: { region: 'us-west-2', credentials },
      },
      {
        ...run,
        network: {
          ...run.network,
          send: async ({ headers }) => answer({ __type: find(headers) }, 400),
        },
      },
    ).catch((error: unknown) => String(error))
  const shown = 'Failure: cannot do it: OtherException from h (credentials: test)'
  expect(await echo(() => 'OtherException')).toBe(shown)
  // Of the signature, from its first letter on, as a code begins with one.
  const signature = /Signature=[0-9]*([a-f][0-9a-f]{16,})/
  for (const found of [
    ({ authorization = '' }) => signature.exec(authorization)?.[1] ?? 'none',
    () => credentials.accessKeyId,
    () => credentials.secretAccessKey,
    () => credentials.sessionToken,
    () => 'SENTHEADERSENT',
  ] satisfies ((headers: HttpRequest['headers']) => string)[])
    expect(await echo(found)).toBe(
      'Failure: cannot do it: HTTP status 400 from h (credentials: test)',
    )
})

test('the suite of clock skew has cases', () => {
  expect(FIRST_OPERATIONS.length).toBeGreaterThan(7)
})
