import { expect, test } from 'bun:test'

import { parseImage } from '../../../../../src/operator/doctor/registry/image.ts'
import { explainRefusal, tryAgain } from '../../../../../src/operator/doctor/registry/refusal.ts'
import { answer } from '../../../../support/answers.ts'

const IMAGE = parseImage('222222222222.dkr.ecr.us-west-2.amazonaws.com/team/app:1')
const ASKED = { image: IMAGE, region: 'us-west-2', who: "instance role 'r'" }
const WHO = 'User: arn:aws-us-gov:sts::111111111111:assumed-role/r/i is not authorized to perform: '
const said = (status: number, code: string, message?: string) =>
  explainRefusal(answer({ errors: [{ code, message }] }, status), ASKED)

test.each([
  [
    `${WHO}ecr:BatchGetImage on resource: r because no resource-based policy allows the ecr:BatchGetImage action`,
    'registry_denied_repository',
  ],
  [
    `${WHO}ecr:BatchGetImage on resource: r because no identity-based policy allows the ecr:BatchGetImage action`,
    'registry_denied_identity',
  ],
  [
    `${WHO}ecr:BatchGetImage because no permissions boundary allows the ecr:BatchGetImage action`,
    'registry_denied_identity',
  ],
  [
    `${WHO}ecr:BatchGetImage because no VPC endpoint policy allows the ecr:BatchGetImage action`,
    'registry_denied_endpoint',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in a service control policy`,
    'registry_denied_organization',
  ],
  [
    `${WHO}ecr:BatchGetImage because no resource control policy allows the ecr:BatchGetImage action`,
    'registry_denied_organization',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in a permissions boundary`,
    'registry_denied_explicit',
  ],
  [
    `${WHO}ecr:BatchGetImage with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x`,
    'registry_denied_explicit',
  ],
  ['sentinel', 'registry_denied'],
])('%s', (message, cause) => {
  const reason = said(403, 'DENIED', message)
  expect(reason.cause).toBe(cause)
  expect(JSON.stringify(reason)).not.toContain('sentinel')
  if (cause !== 'registry_denied')
    expect(reason.summary).toContain(': this identity may not ecr:BatchGetImage, ')
})

test('who must allow whom', () => {
  const { fix } = said(
    403,
    'DENIED',
    `${WHO}ecr:BatchGetImage because no resource-based policy allows`,
  )
  expect(fix).toContain("its account 222222222222 must allow the node's account 111111111111: ")
})

test.each([
  [404, 'NAME_UNKNOWN', 'registry_repository'],
  [404, 'MANIFEST_UNKNOWN', 'registry_image'],
  [404, 'sentinel', 'registry_image'],
  [401, 'UNAUTHORIZED', 'registry_password'],
  [429, 'TOOMANYREQUESTS', 'registry_status'],
])('status %i %s', (status, code, cause) => {
  const reason = said(status, code, 'sentinel')
  expect(reason.cause).toBe(cause)
  expect(JSON.stringify(reason)).not.toContain('sentinel')
})

test('what is no error of a registry is no reason to fail', () => {
  expect(explainRefusal(answer('<html>sentinel', 502), ASKED)).toEqual({
    cause: 'registry_status',
    summary: `HTTP status 502 from ${IMAGE.host} for the manifest of team/app`,
    fix: tryAgain(),
  })
})
