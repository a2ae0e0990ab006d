import { expect } from 'bun:test'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Fault } from '../../world/faults.ts'
import { issueKey } from '../../world/keys.ts'
import type { World } from '../../world/world.ts'
import type { Scenario } from './scenario.ts'
import { LATER, LEGACY, logIn, PAST, SESSION, tokenFile } from './sources.ts'

const SIGNER = 'assumed-role/Puller/sso'
const prepare = logIn('corp', LATER)
const expired = logIn('corp', PAST)
const answer = (status: number, body = '{}'): Fault => ({ kind: 'answer', status, body })

/** Puts a text into the token file of a session as it stands. */
function write(text: string) {
  return (world: World) => {
    prepare(world)
    writeFileSync(tokenFile(world, 'corp'), text)
  }
}

/** Logs in, and then changes one field of the token file. */
function change(field: string, value: unknown, expiresAt = LATER) {
  return (world: World) => {
    logIn('corp', expiresAt)(world)
    const file = tokenFile(world, 'corp')
    const fields: unknown = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...Object(fields), [field]: value }))
  }
}

/** More on IAM Identity Center. */
export const PORTAL: readonly Scenario[] = [
  {
    name: 'sso: the token in its header, and no signature',
    config: SESSION,
    prepare,
    sent: ['GET /federation/credentials?', 'x-amz-sso_bearer_token: sentinel+sso-access-token'],
    check: ({ requests }) => expect(requests[0]?.headers.has('authorization')).toBe(false),
  },
  {
    name: 'sso: a token that ends in a minute is not renewed',
    config: SESSION,
    prepare: (world) => logIn('corp', new Date(Date.now() + 60_000).toISOString())(world),
    signer: SIGNER,
    steps: 'sso-credentials ecr',
  },
  {
    name: 'sso: a token that has just ended is renewed',
    config: SESSION,
    prepare: (world) => logIn('corp', new Date(Date.now() - 1000).toISOString())(world),
    signer: SIGNER,
    steps: 'oidc-token sso-credentials ecr',
  },
  {
    name: 'sso: what a renewal sends, unsigned',
    config: SESSION,
    prepare: expired,
    sent: ['POST /token', '"grantType":"refresh_token"'],
    check: ({ requests }) => {
      const body: unknown = JSON.parse(requests[0]?.body ?? '')
      expect(Object.keys(body ?? {}).toSorted()).toEqual([
        'clientId',
        'clientSecret',
        'grantType',
        'refreshToken',
      ])
      expect(requests[0]?.headers.has('authorization')).toBe(false)
    },
  },
  {
    name: 'sso: a renewal keeps the mode and what it does not know, and leaves nothing beside',
    config: SESSION,
    prepare: (world) => {
      change('anotherField', { a: [1] }, PAST)(world)
      chmodSync(tokenFile(world, 'corp'), 0o640)
    },
    signer: SIGNER,
    check: (world) => {
      const file = tokenFile(world, 'corp')
      expect(statSync(file).mode & 0o777).toBe(0o640)
      expect(readdirSync(dirname(file)).length).toBe(1)
      const text = readFileSync(file, 'utf8')
      expect(text).toContain('"anotherField"')
      const [token = ''] = world.state.sso.accessTokens.keys().toArray().slice(-1)
      expect(text).toContain(token)
      const [, expiresAt = ''] = /"expiresAt": ?"([^"]*)"/.exec(text) ?? []
      expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
      const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
      expect(seconds > 3500 && seconds <= 3600).toBe(true)
    },
  },
  {
    name: 'sso: a client whose registration has ended may still renew',
    config: SESSION,
    prepare: change('registrationExpiresAt', PAST, PAST),
    signer: SIGNER,
  },
  {
    name: 'sso: a renewal that is refused',
    config: SESSION,
    prepare: (world) => {
      expired(world)
      world.state.sso.refreshTokens.clear()
    },
    fails: /InvalidGrantException/,
    steps: 'oidc-token',
  },
  {
    name: 'sso: a renewal is tried again after 500',
    config: SESSION,
    prepare: expired,
    faults: [{ step: 'oidc-token', times: 1, fault: answer(503) }],
    fails: /InvalidGrantException/,
    steps: 'oidc-token oidc-token',
  },
  {
    name: 'sso: a renewal without a token',
    config: SESSION,
    prepare: expired,
    faults: [{ step: 'oidc-token', fault: answer(200, '{"expiresIn":3600}') }],
    fails: /accessToken/,
    steps: 'oidc-token',
  },
  {
    name: 'sso: the legacy form does not renew, whatever its file holds',
    config: LEGACY,
    prepare: logIn('https://corp.example/start', PAST),
    fails: /expired/,
    steps: '',
  },
  {
    name: 'sso: the file of the legacy form is not that of the session form',
    config: LEGACY,
    prepare,
    fails: /token file/,
    steps: '',
  },
  ...(
    [
      ['no JSON', 'sentinel-token'],
      ['no object', '["sentinel-token"]'],
      ['empty', ''],
    ] as const
  ).map(([name, text]) => ({
    name: `sso: a token file that is ${name}`,
    config: SESSION,
    prepare: write(text),
    fails: /SSO token file '[^']*corp|SSO token file '[^']*cache/,
    steps: '',
  })),
  ...['accessToken', 'expiresAt', 'refreshToken', 'clientId', 'clientSecret'].map((field) => ({
    name: `sso: a token file whose ${field} is no text`,
    config: SESSION,
    prepare: change(field, 1),
    fails: new RegExp(field),
    steps: '',
  })),
  {
    name: 'sso: the profile contradicts the start URL of its session',
    config: SESSION.replace(
      'sso_role_name',
      'sso_start_url = https://other.example\nsso_role_name',
    ),
    prepare,
    fails: /sso_start_url/,
    steps: '',
  },
  {
    name: 'sso: a profile that contradicts its session, even with environment keys',
    env: { KEYS: 'env' },
    config: SESSION.replace('sso_role_name', 'sso_region = us-east-2\nsso_role_name'),
    fails: /sso_region/,
    steps: '',
  },
  {
    name: 'sso: a session section of the credentials file counts',
    config: SESSION.replace(/\[sso-session corp\][^]*/, ''),
    credentials: '[sso-session corp]\nsso_region = us-east-1\nsso_start_url = u',
    prepare,
    signer: SIGNER,
  },
  ...['sso_region', 'sso_start_url', 'sso_account_id', 'sso_role_name'].map((key) => ({
    name: `sso: a profile with ${key} only`,
    config: `[default]\n${key} = us-east-1`,
    fails: /sso_(start_url|region|account_id|role_name)/,
    steps: '',
  })),
  {
    name: 'sso: a name with a blank',
    config: SESSION.replaceAll('corp\n', 'my corp\n').replace('session corp]', 'session my corp]'),
    prepare: logIn('my corp', LATER),
    signer: SIGNER,
  },
  ...[500, 502, 503, 504].map((status) => ({
    name: `sso: the portal answers ${status} once`,
    config: SESSION,
    prepare,
    faults: [{ step: 'sso-credentials', times: 1, fault: answer(status) }] as const,
    signer: SIGNER,
    steps: 'sso-credentials sso-credentials ecr',
  })),
  {
    name: 'sso: AWS_MAX_ATTEMPTS holds for the portal',
    env: { AWS_MAX_ATTEMPTS: '2' },
    config: SESSION,
    prepare,
    faults: [{ step: 'sso-credentials', fault: answer(500) }],
    fails: /500.*2 attempts/,
    steps: 'sso-credentials sso-credentials',
  },
  ...[400, 403, 404].map((status) => ({
    name: `sso: ${status} of the portal is final`,
    config: SESSION,
    prepare,
    faults: [{ step: 'sso-credentials', fault: answer(status) }] as const,
    fails: new RegExp(String(status)),
    steps: 'sso-credentials',
  })),
  ...(
    [
      ['{}', /roleCredentials/],
      ['{"roleCredentials":null}', /roleCredentials/],
      ['{"roleCredentials":{"secretAccessKey":"s","sessionToken":"t"}}', /accessKeyId/],
      ['{"roleCredentials":{"accessKeyId":"a","sessionToken":"t"}}', /secretAccessKey/],
      ['{"roleCredentials":{"accessKeyId":"","secretAccessKey":"s"}}', /accessKeyId/],
    ] as const
  ).map(([body, fails]) => ({
    name: `sso: the portal answers ${body}`,
    config: SESSION,
    prepare,
    faults: [{ step: 'sso-credentials', fault: answer(200, body) }] as const,
    fails,
    steps: 'sso-credentials',
  })),
  {
    name: 'sso: credentials that have expired are used',
    config: SESSION,
    prepare: (world) => {
      prepare(world)
      const { accessKeyId, secretAccessKey, sessionToken } = issueKey(world.state, { owner: 'old' })
      const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration: 1000 }
      const fault = answer(200, JSON.stringify({ roleCredentials }))
      world.faults.push({ step: 'sso-credentials', fault })
    },
    signer: 'old',
    steps: 'sso-credentials ecr',
  },
]
