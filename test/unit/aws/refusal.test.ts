import { expect, test } from 'bun:test'

import { describeRefusal, type Refused } from '../../../src/aws/refusal.ts'
import type { PeerCause } from '../../../src/base/failure.ts'
import { answer } from '../../support/answers.ts'

const NOW = Date.UTC(2026, 0, 1)
const USER =
  'User: arn:aws:sts::123456789012:assumed-role/node-role/i-0 is not authorized to perform: '
const ACTION = `${USER}ecr:GetAuthorizationToken on resource: * `

const CREDENTIALS = {
  accessKeyId: 'A',
  secretAccessKey: 'SECRETKEY',
  sessionToken: undefined,
  label: 'test',
}

function explain(code: string | undefined, message: string, parts: Partial<Refused> = {}) {
  return describeRefusal({
    service: 'ecr',
    answer: answer('', 400),
    code,
    message,
    host: 'h',
    signing: { region: 'us-west-2', credentials: CREDENTIALS },
    secrets: '"SECRETKEY","IQoJb3JpZ2luX2VjEAgaCXVzLWVhc3QtMSJ"',
    nowMs: NOW,
    uncorrected: undefined,
    ...parts,
  })
}

test.each([
  [
    'because no identity-based policy allows the x action',
    'ecr_denied',
    ', no identity-based policy allows it; hint: the identity needs ecr:GetAuthorizationToken',
  ],
  [
    'because no permissions boundary allows the x action',
    'ecr_denied',
    ', no permissions boundary allows it; hint: the identity needs ecr:GetAuthorizationToken',
  ],
  [
    'because no service control policy allows the x action',
    'denied_organization',
    ', no service control policy allows it; hint: an administrator of the AWS organization must allow ecr:GetAuthorizationToken in that policy',
  ],
  [
    'with an explicit deny in a resource control policy',
    'denied_organization',
    ', with an explicit deny in a resource control policy; hint: an administrator of the AWS organization must allow ecr:GetAuthorizationToken in that policy',
  ],
  [
    'with an explicit deny in a VPC endpoint policy',
    'denied_endpoint',
    ', with an explicit deny in a VPC endpoint policy; hint: the policy of the VPC endpoint must allow it',
  ],
  [
    'with an explicit deny in an identity-based policy',
    'denied_explicit',
    ', with an explicit deny in an identity-based policy; hint: that deny outweighs whatever allows it',
  ],
  [
    'because no SECRET policy allows',
    'ecr_denied',
    '; hint: the identity needs ecr:GetAuthorizationToken',
  ],
  ['', 'ecr_denied', '; hint: the identity needs ecr:GetAuthorizationToken'],
])('describeRefusal() reads the policy in "%s"', (message, cause, words) => {
  const start =
    'AccessDeniedException from h: assumed-role/node-role of account 123456789012 may not ecr:GetAuthorizationToken'
  expect<object>(explain('AccessDeniedException', ACTION + message)).toEqual({
    cause,
    problem: start + words,
  })
})

test.each([
  [
    'a name that was sent',
    'User: arn:aws:iam::123456789012:user/SECRETKEY is not authorized to perform: ecr:GetAuthorizationToken',
  ],
  [
    'a part of what was sent',
    'User: arn:aws:iam::123456789012:user/SECRETKE is not authorized to perform: ecr:GetAuthorizationToken',
  ],
  [
    'what was sent with more around it',
    'User: arn:aws:iam::123456789012:user/x.IQoJb3JpZ2luX2VjEAgaC.x is not authorized to perform: ecr:GetAuthorizationToken',
  ],
  ['no ARN', 'User: anonymous is not authorized to perform: ecr:GetAuthorizationToken'],
  ['an ARN elsewhere', `x ${ACTION}`],
])('describeRefusal() names nobody where there is %s', (_, message) => {
  expect(explain('AccessDeniedException', message).problem).toStartWith(
    'AccessDeniedException from h: this identity may not ecr:GetAuthorizationToken',
  )
})

test.each([
  ['digits', 'not authorized to perform: ecr:Get4'],
  ['no colon', 'not authorized to perform: GetAuthorizationToken'],
  ['a name without end', `not authorized to perform: ecr:${'x'.repeat(49)}`],
])('describeRefusal() takes an action with %s for none', (_, message) => {
  expect(explain('AccessDeniedException', message).problem).toBe(
    'AccessDeniedException from h; hint: the identity needs ecr:GetAuthorizationToken',
  )
})

test.each([
  ['a key', 'ecr:SECRETKEY'],
  ['a part of a key', 'ecr:QoJbJpZluX'],
  ['the beginning of a key', 'secret-bearer:Get'],
  ['a key with more around it', 'ecr:xxIQoJbJpZluXVjEAgaCxx'],
  ['a key before what a call asks for', 'earer-secret-ecr:GetAuthorizationToken'],
  ['a key behind what a call asks for', 'ecr:GetAuthorizationTokenIQoJbJpZluXVjEAgaC'],
])('describeRefusal() shows no action that is %s', (_, action) => {
  const secrets = '"SECRETKEY","IQoJbJpZluXVjEAgaC","secret-bearer-secret-ecr"'
  const message = `${USER}${action} because no identity-based policy allows the x action`
  expect(explain('AccessDeniedException', message, { secrets }).problem).toBe(
    'AccessDeniedException from h; hint: the identity needs ecr:GetAuthorizationToken',
  )
})

test.each([
  ['ecr', 'ecr:GetAuthorizationToken'],
  ['ecr-public', 'ecr-public:GetAuthorizationToken'],
  ['ecr-public', 'sts:GetServiceBearerToken'],
  ['sts', 'sts:AssumeRole'],
  ['sts', 'sts:AssumeRoleWithWebIdentity'],
] as const)(
  'describeRefusal() of %s shows the action %s, although it was sent',
  (service, action) => {
    // As the request of each has it.
    const secrets =
      'https://api.ecr-public.h/ x.GetAuthorizationToken Action=AssumeRoleWithWebIdentity&'
    expect(explain('AccessDenied', `${USER}${action}`, { service, secrets }).problem).toContain(
      ` may not ${action};`,
    )
  },
)

const at = (ms: number) => ({ answer: answer('', 403, { date: new Date(NOW + ms).toUTCString() }) })

test.each<[string, string, Partial<Refused>, PeerCause, string]>([
  [
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, not 'SECRET'",
    {},
    'endpoint_region',
    'signed for us-west-2, but',
  ],
  [
    'InvalidSignatureException',
    'Signature expired: SECRET',
    at(-600_000),
    'clock',
    ': the clock of this node is 10 min ahead',
  ],
  [
    'InvalidSignatureException',
    'Signature not yet current: SECRET',
    at(600_000),
    'clock',
    ': the clock of this node is 10 min behind',
  ],
  [
    'InvalidSignatureException',
    'Signature expired',
    {},
    'clock',
    ': the clock of this node is wrong',
  ],
  ['RequestExpired', '', {}, 'clock', ': the clock of this node is wrong'],
  ['SignatureDoesNotMatch', '', at(240_000), 'clock', ': the clock of this node is 4 min behind'],
  [
    'SignatureDoesNotMatch',
    '',
    at(239_000),
    'signature_refused',
    '; hint: check that the keys are whole',
  ],
  [
    'SignatureDoesNotMatch',
    'signature we calculated does not match',
    at(0),
    'signature',
    ': the secret key',
  ],
  [
    'Other',
    'The security token included in the request is invalid.',
    {},
    'key_unknown',
    ': AWS does not know',
  ],
  [
    'Other',
    'The security token included in the request is expired',
    {},
    'key_expired',
    ': the keys have expired',
  ],
  ['Other', 'The security token SECRET', {}, 'refused', 'Other from h'],
])('describeRefusal() of %s "%s"', (code, message, parts, cause, words) => {
  const found = explain(code, message, parts)
  expect(found.cause).toBe(cause)
  expect(found.problem).toContain(words)
  expect(found.problem).not.toContain('SECRET')
})

test('describeRefusal() names the setting that forbids to correct the clock', () => {
  expect(explain('RequestExpired', '', { ...at(600_000), uncorrected: 'X' }).problem).toBe(
    'RequestExpired from h: the clock of this node is 10 min behind, and X forbids to correct it',
  )
})

test.each<[string, string, Partial<Refused>, PeerCause]>([
  [
    'InvalidIdentityToken',
    'Incorrect token audience',
    { service: 'sts', signing: undefined },
    'token_audience',
  ],
  [
    'InvalidIdentityToken',
    'No OpenIDConnect provider found in your account',
    { service: 'sts', signing: undefined },
    'token_issuer',
  ],
  ['InvalidIdentityToken', 'SECRET', { service: 'sts', signing: undefined }, 'refused'],
  ['ExpiredTokenException', '', { service: 'sts', signing: undefined }, 'token_expired'],
  ['ExpiredToken', '', { service: 'sts' }, 'key_expired'],
  [
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    { service: 'sts', signing: undefined },
    'sts_denied',
  ],
  ['UnrecognizedClientException', '', { service: 'ecr-public' }, 'key_partition'],
  ['UnauthorizedException', '', { service: 'sso', signing: undefined }, 'sso_ended'],
  ['ForbiddenException', '', { service: 'sso', signing: undefined }, 'sso_forbidden'],
  ['InvalidGrantException', '', { service: 'sso-oidc', signing: undefined }, 'sso_ended'],
  ['InvalidGrantException', '', { service: 'sso', signing: undefined }, 'refused'],
  ['AccessDeniedException', '', { service: 'sso', signing: undefined }, 'refused'],
])('describeRefusal() of %s "%s" of %j is %s', (code, message, parts, cause) => {
  expect(explain(code, message, parts).cause).toBe(cause)
})

test.each<[number, string, PeerCause]>([
  [200, ' \n<!DOCTYPE html>', 'portal'],
  [403, '<HTML>', 'portal'],
  [503, '<html>', 'status'],
  [403, '', 'status'],
  [403, '{"a":"<html>"}', 'status'],
])('describeRefusal() of HTTP status %d with %j and no code is %s', (status, body, cause) => {
  expect(explain(undefined, '', { answer: answer(body, status) }).cause).toBe(cause)
})
