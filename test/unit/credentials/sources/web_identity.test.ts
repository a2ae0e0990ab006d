import { expect, test } from 'bun:test'

import { fetchWebIdentityCredentials } from '../../../../src/credentials/sources/web_identity.ts'
import { answer } from '../../../support/answers.ts'
import { fakeContext } from '../../../support/context.ts'
import { expectRejection } from '../../../support/failures.ts'

const IDENTITY = { tokenFile: '/t', roleArn: 'arn:r', sessionName: 'n' }
const ANSWER = answer(
  '<AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration>',
)

test.each([
  ['a.b.c', 'a.b.c'],
  ['a.b.c\n', 'a.b.c%0A'],
])('fetchWebIdentityCredentials() sends the token %j as it stands', async (token, sent) => {
  const { context, requests } = fakeContext([ANSWER], { files: { '/t': token } })
  const credentials = await fetchWebIdentityCredentials(IDENTITY, 'us-west-2', context)
  expect([credentials.accessKeyId, credentials.label]).toEqual(['A', "role 'arn:r'"])
  expect(requests.map(({ body }) => body)).toEqual([
    `Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Ar&RoleSessionName=n&Version=2011-06-15&WebIdentityToken=${sent}`,
  ])
})

test.each([
  ['missing', { code: 'ENOENT' }, 'it does not exist'],
  ['unreadable', { code: 'EACCES' }, 'permission denied'],
  ['empty', '', 'it is empty'],
  ['too large', 'a'.repeat(64 * 1024 + 1), 'it is larger than 65536 bytes'],
])('fetchWebIdentityCredentials() asks nobody when the file is %s', async (_, file, reason) => {
  const { context, requests } = fakeContext([ANSWER], { files: { '/t': file } })
  const promise = fetchWebIdentityCredentials(IDENTITY, 'us-west-2', context)
  expect(await expectRejection('config_file', promise)).toBe(
    `cannot read the web identity token file '/t': ${reason}`,
  )
  expect(requests).toEqual([])
})

test('fetchWebIdentityCredentials() fails when STS refuses the token', async () => {
  const refusal = answer('<Code>ExpiredTokenException</Code>', 400)
  const { context } = fakeContext([refusal], { files: { '/t': 'secret' } })
  const message = await expectRejection(
    'token_expired',
    fetchWebIdentityCredentials(IDENTITY, 'us-west-2', context),
  )
  expect(message).toContain('ExpiredTokenException')
  expect(message).not.toContain('secret')
})
