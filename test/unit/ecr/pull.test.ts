import { expect, test } from 'bun:test'

import type { Source } from '../../../src/credentials/source.ts'
import { parseRegistry } from '../../../src/ecr/host.ts'
import { checkSettings, readServiceAccount } from '../../../src/ecr/pull.ts'
import { expectFailure } from '../../support/failures.ts'
import { fakeRun } from '../../support/run.ts'

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
  identity: { tokenFile: '/t', arn: 'r', sessionName: undefined },
}
const SERVICE_ACCOUNT: Source = {
  kind: 'service_account',
  account: { token: 't', arn: 'r' },
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

function runWith(name: string, value: string) {
  return fakeRun([], { env: { [name]: value } }).run
}

/** Checks a pull of which one variable has this value. */
function check(source: Source, name: string, value: string, parts: { region?: undefined } = {}) {
  const registry = parseRegistry('123456789012.dkr.ecr.us-west-2.amazonaws.com/x', [])
  const pull = { registry, source, region: 'us-west-2', ...parts }
  checkSettings(pull, runWith(name, value))
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
    checkSettings(pull, runWith(ECR_PUBLIC, 'no url')),
  )
  expect(message).toStartWith(`cannot use ${ECR_PUBLIC}: it must be `)
  checkSettings(pull, runWith(ECR, 'no url'))
})

const ECR_ROLE = 'eks.amazonaws.com/ecr-role-arn'
const IRSA_ROLE = 'eks.amazonaws.com/role-arn'
const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const ROLE = { own: arn('own'), pods: arn('pods/a'), variable: arn('v') }
const ENV = { AWS_ECR_ROLE_ARN: ROLE.variable }

function presented(token: string, annotations: Readonly<Record<string, string>>) {
  return { serviceAccountToken: token, serviceAccountAnnotations: annotations }
}

test.each([
  ['no role', {}, true, {}, undefined],
  ['its own role', { [ECR_ROLE]: ROLE.own }, false, {}, ROLE.own],
  ['both roles', { [IRSA_ROLE]: ROLE.pods, [ECR_ROLE]: ROLE.own }, true, ENV, ROLE.own],
  ["the pods' role, which counts", { [IRSA_ROLE]: ROLE.pods }, true, ENV, ROLE.pods],
  ["the pods' role, which does not count", { [IRSA_ROLE]: ROLE.pods }, false, {}, undefined],
  [
    "the pods' role, which does not count, and a variable",
    { [IRSA_ROLE]: ROLE.pods },
    false,
    ENV,
    ROLE.variable,
  ],
  ['an empty role of its own', { [ECR_ROLE]: '', [IRSA_ROLE]: ROLE.pods }, true, {}, ROLE.pods],
  ['empty roles and a variable', { [ECR_ROLE]: '', [IRSA_ROLE]: '' }, true, ENV, ROLE.variable],
  ['only a variable', {}, false, ENV, ROLE.variable],
  ['an empty variable', {}, false, { AWS_ECR_ROLE_ARN: '' }, undefined],
  ['a role under another name', { role_arn: 'x' }, true, { AWS_ROLE_ARN: 'y' }, undefined],
])('readServiceAccount() with %s', (_, annotations, irsaRole, env, role) => {
  const expected = role === undefined ? undefined : { token: 'T', arn: role }
  expect(readServiceAccount(presented('T', annotations), irsaRole, env)).toEqual(expected)
})

test('readServiceAccount() without a token leaves it to the node', () => {
  const annotations = { [ECR_ROLE]: ROLE.own, [IRSA_ROLE]: ROLE.pods }
  expect(readServiceAccount(presented('', annotations), true, ENV)).toBeUndefined()
})

test.each([
  'nonsense',
  'arn:aws:iam::1:role/a',
  'arn:aws:iam::123456789012:user/a',
  `${ROLE.own} `,
])('readServiceAccount() refuses %j, and says what named it', (text) => {
  const asked = presented('T', { [ECR_ROLE]: text })
  expect(expectFailure('annotation', () => readServiceAccount(asked, false, {}))).toBe(
    `cannot use the annotation ${ECR_ROLE} of the pod's service account: it is no role ARN`,
  )
  const env = { AWS_ECR_ROLE_ARN: text }
  const none = presented('T', {})
  expect(expectFailure('config_value', () => readServiceAccount(none, false, env))).toBe(
    'cannot use AWS_ECR_ROLE_ARN: it must be the ARN of a role',
  )
})
