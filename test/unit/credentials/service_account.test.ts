import { expect, test } from 'bun:test'

import { readServiceAccount } from '../../../src/credentials/service_account.ts'
import { expectFailure } from '../../support/failures.ts'

const ECR = 'eks.amazonaws.com/ecr-role-arn'
const IRSA = 'eks.amazonaws.com/role-arn'
const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const ROLE = { own: arn('own'), pods: arn('pods/a'), variable: arn('v') }
const ENV = { AWS_ECR_ROLE_ARN: ROLE.variable }

function presented(token: string, annotations: Readonly<Record<string, string>>) {
  return { serviceAccountToken: token, serviceAccountAnnotations: annotations }
}

test.each([
  ['no role', {}, true, {}, undefined],
  ['its own role', { [ECR]: ROLE.own }, false, {}, ROLE.own],
  ['both roles', { [IRSA]: ROLE.pods, [ECR]: ROLE.own }, true, ENV, ROLE.own],
  ["the pods' role, which counts", { [IRSA]: ROLE.pods }, true, ENV, ROLE.pods],
  ["the pods' role, which does not count", { [IRSA]: ROLE.pods }, false, {}, undefined],
  [
    "the pods' role, which does not count, and a variable",
    { [IRSA]: ROLE.pods },
    false,
    ENV,
    ROLE.variable,
  ],
  ['an empty role of its own', { [ECR]: '', [IRSA]: ROLE.pods }, true, {}, ROLE.pods],
  ['empty roles and a variable', { [ECR]: '', [IRSA]: '' }, true, ENV, ROLE.variable],
  ['only a variable', {}, false, ENV, ROLE.variable],
  ['an empty variable', {}, false, { AWS_ECR_ROLE_ARN: '' }, undefined],
  ['a role under another name', { role_arn: 'x' }, true, { AWS_ROLE_ARN: 'y' }, undefined],
])('readServiceAccount() with %s', (_, annotations, irsaRole, env, roleArn) => {
  const expected = roleArn === undefined ? undefined : { token: 'T', roleArn }
  expect(readServiceAccount(presented('T', annotations), irsaRole, env)).toEqual(expected)
})

test('readServiceAccount() without a token leaves it to the node', () => {
  const annotations = { [ECR]: ROLE.own, [IRSA]: ROLE.pods }
  expect(readServiceAccount(presented('', annotations), true, ENV)).toBeUndefined()
})

test.each([
  'nonsense',
  'arn:aws:iam::1:role/a',
  'arn:aws:iam::123456789012:user/a',
  `${ROLE.own} `,
])('readServiceAccount() refuses %j, and says what named it', (text) => {
  const asked = presented('T', { [ECR]: text })
  expect(expectFailure('annotation', () => readServiceAccount(asked, false, {}))).toBe(
    `cannot use the annotation ${ECR} of the pod's service account: it is no role ARN`,
  )
  const env = { AWS_ECR_ROLE_ARN: text }
  const none = presented('T', {})
  expect(expectFailure('config_value', () => readServiceAccount(none, false, env))).toBe(
    'cannot use AWS_ECR_ROLE_ARN: it must be the ARN of a role',
  )
})
