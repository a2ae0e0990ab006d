import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'

import fc from 'fast-check'

import { readJsonError, readXmlError } from '../../../src/aws/error_code.ts'
import {
  parseRegion,
  parseRoleCredentials,
  parseRoleName,
  parseSessionToken,
} from '../../../src/credentials/imds.ts'
import { parseContainerCredentials } from '../../../src/credentials/sources/container.ts'
import { parseSsoCredentials } from '../../../src/credentials/sources/sso.ts'
import { parseRoleKeys } from '../../../src/credentials/sources/sts.ts'
import { MAX_LIFE_MS, parseToken } from '../../../src/ecr/token.ts'
import { answerOf, documents, mangled } from './documents.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const TOKEN = btoa(`AWS:${SENTINEL}`)
const PRIVATE = { authorizationData: [{ authorizationToken: TOKEN, expiresAt: 1.7e9 }] }
const PUBLIC = { authorizationData: { authorizationToken: TOKEN, expiresAt: 1.7e9 } }
const KEYS = {
  Code: 'Success',
  AccessKeyId: SENTINEL,
  SecretAccessKey: SENTINEL,
  Token: SENTINEL,
  Expiration: '2030-01-01T00:00:00Z',
}
const ROLE_CREDENTIALS = {
  roleCredentials: {
    accessKeyId: SENTINEL,
    secretAccessKey: SENTINEL,
    sessionToken: SENTINEL,
    expiration: 1.7e12,
  },
}
const SSO = {
  profile: 'p',
  session: 's',
  startUrl: 'https://h/',
  region: 'us-west-2',
  accountId: '123456789012',
  roleName: 'r',
}
const ERROR = { __type: SENTINEL, code: `x#${SENTINEL}:y`, message: SENTINEL }

const lines = fc.oneof(
  fc.constantFrom('role', 'us-west-2', 'token', '', '\n', `${SENTINEL}\nrole`, `${SENTINEL}/role`),
  fc.string({ unit: 'binary' }),
)
const texts = fc.oneof(
  lines.map((text) => Buffer.from(text)),
  mangled(lines.map((text) => Buffer.from(text))),
)

const STS = readFileSync(
  new URL('../../vectors/protocol/sts-xml/responses/sts-get-session-token.xml', import.meta.url),
)

const tag = (name: string, inside: string) => `<${name}>${inside}</${name}>`
const xmlText = fc.constantFrom(SENTINEL, '2030-01-01T00:00:00Z', '', '<a/>', '&amp;', '&x;', ']]>')
const stsXml = fc
  .tuple(xmlText, xmlText, xmlText, fc.oneof(fc.constant('2030-01-01T00:00:00'), xmlText))
  .map(([id, secret, token, expiration]) =>
    [
      tag('AccessKeyId', id),
      tag('SecretAccessKey', secret),
      tag('SessionToken', token),
      tag('Expiration', expiration),
    ].join(''),
  )
  .map((inside) => tag('R', tag('AssumeRoleResult', tag('Credentials', inside))))
  .map((text) => Buffer.from(text))
const errorXml = fc
  .constantFrom(SENTINEL, 'AccessDenied', '', `Access.Denied ${SENTINEL}`)
  .map((code) => Buffer.from(tag('R', tag('Error', tag('Code', code)))))

/** A password for the registry is the one that was sent, whole, and no other. */
function judgeToken(body: Uint8Array, service: 'ecr' | 'ecr-public'): void {
  const token = acceptedBy(() => parseToken(answerOf(body), service, 0))
  if (token === undefined) return
  expect(token.username).toMatch(/^[^:]+$/)
  const sent = JSON.stringify(JSON.parse(new TextDecoder().decode(body)))
  expect(sent).toContain(Buffer.from(`${token.username}:${token.password}`).toString('base64'))
  expect(token.lifeMs).toBeGreaterThanOrEqual(0)
  expect(token.lifeMs).toBeLessThanOrEqual(MAX_LIFE_MS)
}

// A byte order mark at the front is where decoders differ.
const part = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.string({ unit: 'binary', minLength: 1 }))
  .map((pieces) => pieces.join('').toWellFormed())

/** Whatever the services answer: keys that are whole, or a refusal that shows nothing. */
export const ANSWERS = [
  target('parseToken() of ECR takes an answer or refuses it', {
    inputs: documents(PRIVATE),
    judge: (body) => judgeToken(body, 'ecr'),
  }),
  target('parseToken() of ECR Public takes an answer or refuses it', {
    inputs: documents(PUBLIC),
    judge: (body) => judgeToken(body, 'ecr-public'),
  }),
  target('parseToken() of ECR reads the password that was sent', {
    inputs: fc.tuple(part, part),
    found: [['\uFEFFAWS', 'password']],
    judge: ([name, password]) => {
      const username = name.replaceAll(':', '-')
      const authorizationToken = Buffer.from(`${username}:${password}`).toString('base64')
      const body = Buffer.from(JSON.stringify({ authorizationData: [{ authorizationToken }] }))
      expect(parseToken(answerOf(body), 'ecr', 0)).toEqual({ username, password, lifeMs: 0 })
    },
  }),
  target('parseSessionToken() gives one word of visible ASCII, or refuses', {
    inputs: texts,
    judge: (body) => {
      const token = acceptedBy(() => parseSessionToken(body))
      if (token !== undefined) expect(token).toMatch(/^[\x21-\x7e]{1,1024}$/)
    },
  }),
  target('parseRoleName() gives a name that is safe in a path, or refuses', {
    inputs: texts,
    judge: (body) => {
      const role = acceptedBy(() => parseRoleName(body))
      if (role !== undefined) expect(encodeURI(role)).toMatch(/^[\w+=,.@-]{1,64}$/)
    },
  }),
  target('parseRegion() gives a region that is safe in a host name, or refuses', {
    inputs: texts,
    judge: (body) => {
      const region = acceptedBy(() => parseRegion(body))
      if (region === undefined) return
      const host = `sts.${region}.amazonaws.com`
      expect(new URL(`https://${host}/`).hostname).toBe(host.toLowerCase())
    },
  }),
  target('parseRoleCredentials() gives whole keys, or refuses', {
    inputs: documents(KEYS),
    judge: (body) => judgeKeys(acceptedBy(() => parseRoleCredentials(body, 'role'))),
  }),
  target('parseContainerCredentials() gives whole keys, or refuses', {
    inputs: documents(KEYS),
    judge: (body) => judgeKeys(acceptedBy(() => parseContainerCredentials(answerOf(body), 'h'))),
  }),
  target('parseSsoCredentials() gives whole keys, or refuses', {
    inputs: documents(ROLE_CREDENTIALS),
    judge: (body) => judgeKeys(acceptedBy(() => parseSsoCredentials(answerOf(body), SSO))),
  }),
  target('parseRoleKeys() gives whole keys, or refuses', {
    inputs: fc.oneof(stsXml, mangled(stsXml), fc.uint8Array()),
    judge: (body) => judgeKeys(acceptedBy(() => parseRoleKeys(answerOf(body)))),
  }),
  target('parseRoleKeys() takes each element of an answer of STS whole, or refuses', {
    inputs: fc.array(fc.tuple(fc.nat(STS.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    judge: (changes) => {
      const bytes = Buffer.from(STS)
      for (const [at, byte] of changes) bytes[at] = byte
      const keys = acceptedBy(() => parseRoleKeys(answerOf(bytes)))
      judgeKeys(keys)
      if (keys === undefined) return
      const text = bytes.toString()
      expect(text.split(`<SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey>`)).toHaveLength(
        2,
      )
      expect(text.split(`<SessionToken>${keys.sessionToken ?? ''}</SessionToken>`)).toHaveLength(2)
    },
  }),
  target('readJsonError() and readXmlError() give a code that may be shown, or none', {
    inputs: fc.oneof(documents(ERROR), errorXml, mangled(errorXml)),
    judge: (body) => {
      for (const code of [readJsonError, readXmlError].map(
        (read) => read(answerOf(body, 400)).code,
      )) {
        if (code !== undefined) expect(code).toMatch(/^[A-Za-z][A-Za-z0-9.]{0,63}$/)
      }
    },
  }),
]

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly expiresAtMs?: number | undefined
}

function judgeKeys(keys: Keys | undefined): void {
  if (keys === undefined) return
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = keys
  for (const each of [accessKeyId, secretAccessKey, sessionToken]) expect(each).toBeString()
  expect([accessKeyId, secretAccessKey, sessionToken]).not.toContain('')
  if (expiresAtMs !== undefined) expect(expiresAtMs).toBeFinite()
}
