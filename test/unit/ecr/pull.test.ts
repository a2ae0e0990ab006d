import { expect, test } from 'bun:test'

import type { Source } from '../../../src/credentials/source.ts'
import { parseRegistry, registryOf } from '../../../src/ecr/host.ts'
import { checkSettings } from '../../../src/ecr/pull.ts'
import { fakeContext } from '../../support/context.ts'
import { expectFailure } from '../../support/failures.ts'

const KEYS: Source = {
  kind: 'keys',
  keys: {
    accessKeyId: 'A',
    secretAccessKey: 'S',
    sessionToken: undefined,
    label: 'x',
    expiresAtMs: undefined,
  },
}
const INSTANCE: Source = { kind: 'instance', reason: 'a reason' }
const PROCESS: Source = { kind: 'process', command: 'c', profile: 'p' }
const CONTAINER: Source = { kind: 'container', url: { value: 'http://h/', origin: 'V' } }
const WEB_IDENTITY: Source = {
  kind: 'web_identity',
  identity: { tokenFile: '/t', roleArn: 'r', sessionName: undefined },
}
const SERVICE_ACCOUNT: Source = {
  kind: 'service_account',
  account: { token: 't', roleArn: 'r' },
  region: undefined,
}
const ssoOf = (session: string | undefined): Source => ({
  kind: 'sso',
  sso: { profile: 'p', session, startUrl: 'u', region: 'us-east-1', accountId: '1', roleName: 'r' },
})
const roleOf = (base: Source): Source => ({
  kind: 'role',
  role: { arn: 'r', sessionName: undefined, externalId: undefined, durationSeconds: 900 },
  base,
})

const ECR = 'AWS_ENDPOINT_URL_ECR'
const ECR_PUBLIC = 'AWS_ENDPOINT_URL_ECR_PUBLIC'
const STS = 'AWS_ENDPOINT_URL_STS'
const SSO = 'AWS_ENDPOINT_URL_SSO'
const OIDC = 'AWS_ENDPOINT_URL_SSO_OIDC'
const IMDS = 'AWS_EC2_METADATA_SERVICE_ENDPOINT'

function contextOf(name: string, value: string) {
  return fakeContext([], { env: { [name]: value } }).context
}

/** Checks a pull of which one variable has this value. */
function check(source: Source, name: string, value: string, parts: { region?: undefined } = {}) {
  const pull = { registry: registryOf('us-west-2'), source, region: 'us-west-2', ...parts }
  checkSettings(pull, contextOf(name, value))
}

test.each([
  ['keys', KEYS, [ECR]],
  ['a process', PROCESS, [ECR]],
  ['a container', CONTAINER, [ECR]],
  ['an instance', INSTANCE, [ECR, IMDS]],
  ['a web identity', WEB_IDENTITY, [ECR, STS]],
  ['a service account', SERVICE_ACCOUNT, [ECR, STS]],
  ['SSO without a session', ssoOf(undefined), [ECR, SSO]],
  ['SSO with a session', ssoOf('s'), [ECR, SSO, OIDC]],
  ['a role from keys', roleOf(KEYS), [ECR, STS]],
  ['a role from an instance', roleOf(INSTANCE), [ECR, STS, IMDS]],
  ['a role from a role from SSO', roleOf(roleOf(ssoOf('s'))), [ECR, STS, SSO, OIDC]],
])('checkSettings() of a pull with %s reads no endpoint but those of %j', (_, source, used) => {
  const refused = [ECR, ECR_PUBLIC, STS, SSO, OIDC, IMDS].filter((name) => {
    if (!used.includes(name)) {
      check(source, name, 'no url')
      return false
    }
    return expectFailure('config_value', () => check(source, name, 'no url')).startsWith(
      `cannot use ${name}: `,
    )
  })
  expect(refused).toEqual(used)
})

test.each([
  ['AWS_MAX_ATTEMPTS', 'many'],
  ['AWS_DISABLE_CLOCK_SKEW_CORRECTION', 'yes'],
  ['AWS_USE_FIPS_ENDPOINT', '1'],
  ['AWS_USE_DUALSTACK_ENDPOINT', 'on'],
  ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'no'],
  ['AWS_ENDPOINT_URL', 'ftp://h/'],
])('checkSettings() refuses %s=%s, whatever the source is', (name, value) => {
  for (const source of [KEYS, INSTANCE]) {
    const message = expectFailure('config_value', () => check(source, name, value))
    expect(message).toStartWith(`cannot use ${name}: it must be `)
  }
})

test('checkSettings() reads the endpoint of IMDS where IMDS must tell the region', () => {
  const message = expectFailure('config_value', () =>
    check(KEYS, IMDS, 'no url', { region: undefined }),
  )
  expect(message).toStartWith(`cannot use ${IMDS}: it must be `)
})

test('checkSettings() of a public registry reads the endpoint of ECR Public, not of ECR', () => {
  const pull = {
    registry: parseRegistry('public.ecr.aws/x', []),
    source: KEYS,
    region: 'us-east-1',
  }
  const message = expectFailure('config_value', () =>
    checkSettings(pull, contextOf(ECR_PUBLIC, 'no url')),
  )
  expect(message).toStartWith(`cannot use ${ECR_PUBLIC}: it must be `)
  checkSettings(pull, contextOf(ECR, 'no url'))
})
