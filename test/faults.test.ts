import { expect, test } from 'bun:test'

import { play, type Scenario } from './scenarios/scenario.ts'
import { LATER, logIn, PAST, SESSION } from './scenarios/sources.ts'
import type { Fault } from './world/faults.ts'
import type { Step } from './world/service.ts'

// Every step of the network, times every fault, at the first and at every attempt: the run answers rightly, or fails within
// its time with one line and an empty stdout. The binary has two seconds, so that a hang costs no more than that.

/** How to come to a step, and who signs when it goes well. */
const WAYS: readonly (readonly [step: Step, way: Partial<Scenario>])[] = [
  ['imds-token', { signer: 'role/node-role' }],
  ['imds-role', { signer: 'role/node-role' }],
  ['imds-credentials', { signer: 'role/node-role' }],
  [
    'container',
    {
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
      signer: 'role/container-role',
    },
  ],
  [
    'sts-assume-role',
    {
      config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
      signer: 'assumed-role/a/ecr-credential-provider',
    },
  ],
  [
    'sts-web-identity',
    {
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' },
      files: { token: 'jwt' },
      signer: 'assumed-role/w/ecr-credential-provider',
    },
  ],
  [
    'sso-credentials',
    { config: SESSION, prepare: logIn('corp', LATER), signer: 'assumed-role/Puller/sso' },
  ],
  [
    'oidc-token',
    { config: SESSION, prepare: logIn('corp', PAST), signer: 'assumed-role/Puller/sso' },
  ],
  ['ecr', { env: { KEYS: 'env' }, signer: 'env' }],
  ['ecr-public', { env: { KEYS: 'env' }, image: 'public.ecr.aws/x/y', signer: 'env' }],
]

const ok = (body: string): Fault => ({ kind: 'answer', status: 200, body })
const deep = '['.repeat(50_000) + ']'.repeat(50_000)
const nobody = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** What another attempt mends. */
const PASSING: Readonly<Record<string, Fault>> = {
  reset: { kind: 'reset' },
  'reset after headers': { kind: 'reset-after-headers' },
  close: { kind: 'close' },
  truncated: { kind: 'truncate' },
  'not HTTP': { kind: 'raw', bytes: 'SSH-2.0-x\r\n\r\n' },
  '500': { kind: 'answer', status: 500, body: '<html>' },
  '503': { kind: 'answer', status: 503, body: '' },
}

/** What is wrong for good, whoever asks again. */
const FINAL: Readonly<Record<string, Fault>> = {
  HTML: ok('<html><p>SECRET</html>'),
  'JSON of another shape': ok('{"a":"SECRET"}'),
  null: ok('null'),
  'deep JSON': ok(deep),
  'prototype names': ok('{"__proto__":{"AccessKeyId":"a"},"constructor":1}'),
  'invalid UTF-8': {
    kind: 'raw',
    bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe', 'latin1'),
  },
  compressed: { kind: 'gzip' },
  oversized: { kind: 'oversize', bytes: 400_000 },
  'no body': { kind: 'raw', bytes: nobody },
  redirect: { kind: 'redirect', location: 'http://127.0.0.1:1/SECRET' },
  'redirect with 301': { kind: 'redirect', location: 'http://127.0.0.1:1/SECRET', status: 301 },
  '204': { kind: 'raw', bytes: 'HTTP/1.1 204 No Content\r\n\r\n' },
  '400': { kind: 'answer', status: 400, body: '' },
}

/** What only the time ends. */
const HANGING: Readonly<Record<string, Fault>> = {
  hang: { kind: 'hang' },
  stall: { kind: 'stall' },
  'slow drip': { kind: 'drip', bytes: 1, everyMs: 200 },
}

/** What does no harm. */
const HARMLESS: Readonly<Record<string, Fault>> = {
  '100-continue': { kind: 'preface', bytes: 'HTTP/1.1 100 Continue\r\n\r\n' },
  chunked: { kind: 'chunked', bytes: 7 },
  'another content type': { kind: 'headers', headers: { 'Content-Type': 'image/png' } },
  'a little late': { kind: 'delay', ms: 100 },
}

interface Expected {
  readonly times?: number
  readonly fails?: RegExp
  readonly ways?: typeof WAYS
}

/** A refresh token works once: when the answer is lost after AWS has used it, somebody has to log in again. */
const USED_UP = WAYS.filter(([step]) => step === 'oidc-token')
const MENDED = WAYS.filter(([step]) => step !== 'oidc-token')

function casesOf(
  faults: Readonly<Record<string, Fault>>,
  { times, fails, ways = WAYS }: Expected,
): readonly Scenario[] {
  return ways.flatMap(([step, { signer, ...way }]) =>
    Object.entries(faults).map(([name, fault]) => ({
      name: `${step}: ${name}, ${times === undefined ? 'always' : 'once'}`,
      args: ['--timeout', '2'],
      faults: [{ step, fault, ...(times === undefined ? {} : { times }) }],
      ...way,
      ...(signer === undefined || fails !== undefined ? {} : { signer }),
      ...(fails === undefined ? {} : { fails }),
    })),
  )
}

const ANY_LINE = /^(?!.*(SECRET|internal error))/

const CASES = [
  ...casesOf(PASSING, { times: 1, ways: MENDED }),
  ...casesOf(PASSING, { times: 1, ways: USED_UP, fails: /InvalidGrantException/ }),
  ...casesOf(PASSING, { fails: /3 attempts|HTTP status 50[03]/ }),
  ...casesOf(FINAL, { fails: ANY_LINE }),
  ...casesOf(HANGING, { fails: /no answer from|no time left/ }),
  ...casesOf(HARMLESS, {}),
]

test.concurrent.each(CASES.map((scenario) => [scenario.name, scenario] as const))(
  'the compiled binary: %s',
  async (_, scenario) => play(scenario),
  60_000,
)

test('the matrix has every step and every fault', () => {
  expect(CASES.length).toBe(
    WAYS.length *
      (2 * Object.keys(PASSING).length +
        Object.keys(FINAL).length +
        Object.keys(HANGING).length +
        Object.keys(HARMLESS).length),
  )
})
