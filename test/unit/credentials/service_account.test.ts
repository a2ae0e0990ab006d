import { expect, test } from 'bun:test'

import { readServiceAccount } from '../../../src/credentials/service_account.ts'

const ECR = 'eks.amazonaws.com/ecr-role-arn'
const IRSA = 'eks.amazonaws.com/role-arn'
const ENV = { AWS_ECR_ROLE_ARN: 'variable' }

test.each([
  ['no role', {}, true, {}, undefined],
  ['its own role', { [ECR]: 'own' }, false, {}, 'own'],
  ['both roles', { [IRSA]: 'pods', [ECR]: 'own' }, true, ENV, 'own'],
  ["the pods' role, which counts", { [IRSA]: 'pods' }, true, ENV, 'pods'],
  ["the pods' role, which does not count", { [IRSA]: 'pods' }, false, {}, undefined],
  [
    "the pods' role, which does not count, and a variable",
    { [IRSA]: 'pods' },
    false,
    ENV,
    'variable',
  ],
  ['an empty role of its own', { [ECR]: '', [IRSA]: 'pods' }, true, {}, 'pods'],
  ['empty roles and a variable', { [ECR]: '', [IRSA]: '' }, true, ENV, 'variable'],
  ['only a variable', {}, false, ENV, 'variable'],
  ['an empty variable', {}, false, { AWS_ECR_ROLE_ARN: '' }, undefined],
  ['a role under another name', { role_arn: 'x' }, true, { AWS_ROLE_ARN: 'y' }, undefined],
])('readServiceAccount() with %s', (_, annotations, irsaRole, env, roleArn) => {
  const expected = roleArn === undefined ? undefined : { token: 'T', roleArn }
  expect(readServiceAccount({ token: 'T', annotations }, irsaRole, env)).toEqual(expected)
})

test('readServiceAccount() without a token leaves it to the node', () => {
  const annotations = { [ECR]: 'own', [IRSA]: 'pods' }
  expect(readServiceAccount({ token: '', annotations }, true, ENV)).toBeUndefined()
})
