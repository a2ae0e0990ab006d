import { expect, test } from 'bun:test'

import { resolveSource } from '../../../src/credentials/resolve.ts'
import type { Source } from '../../../src/credentials/source.ts'
import { answer } from '../../support/answers.ts'
import { expectRejection } from '../../support/failures.ts'
import { fakeRun } from '../../support/run.ts'

const ROLE = 'arn:aws:iam::123456789012:role/pod'

function podIn(region: string | undefined): Source {
  return { kind: 'service_account', account: { token: 'T', arn: ROLE, region } }
}

test.each([
  [undefined, 'us-west-2'],
  ['eu-west-1', 'eu-west-1'],
])(
  'resolveSource() of a service account with the region %s asks STS in %s, and after its refusal nobody else',
  async (region, asked) => {
    const { run, imds, requests } = fakeRun([answer('<Code>AccessDenied</Code>', 403)])
    await expectRejection('sts_denied', resolveSource(podIn(region), 'us-west-2', imds, run))
    expect(requests.map(({ url }) => url)).toEqual([`https://sts.${asked}.amazonaws.com/`])
  },
)

test('resolveSource() gives keys as they are, and asks nobody', async () => {
  const keys = {
    accessKeyId: 'A',
    secretAccessKey: 'S',
    sessionToken: undefined,
    label: 'x',
    expiresAtMs: undefined,
  }
  const { run, imds, requests } = fakeRun([])
  expect(await resolveSource({ kind: 'keys', keys }, 'us-west-2', imds, run)).toEqual(keys)
  expect(requests).toEqual([])
})
