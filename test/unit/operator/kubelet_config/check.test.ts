import { expect, test } from 'bun:test'

import { judgeKubeletConfig } from '../../../../src/operator/kubelet_config/check.ts'

const GOOD = `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-credential-provider
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    matchImages:
      - '*.dkr.ecr.*.amazonaws.com'
    defaultCacheDuration: 12h
    args: ['--timeout=30']
    env:
      - name: AWS_PROFILE
        value: node
`

test('a good file has no findings, and its providers are read', () => {
  expect(judgeKubeletConfig(GOOD, 36).findings).toEqual([])
  expect(judgeKubeletConfig(GOOD, 36).providers).toEqual([
    {
      field: 'providers[0]',
      name: 'ecr-credential-provider',
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      matchImages: ['*.dkr.ecr.*.amazonaws.com'],
      defaultCacheDuration: '12h',
      args: ['--timeout=30'],
      env: [{ name: 'AWS_PROFILE', value: 'node' }],
      tokenAttributes: undefined,
    },
  ])
})

test('a finding has its line, field and fix', () => {
  expect(judgeKubeletConfig(GOOD.replace('12h', '12'), 36).findings).toEqual([
    {
      line: 8,
      field: 'providers[0].defaultCacheDuration',
      level: 'refused',
      id: 'wrong_type',
      problem: 'is a number and must be a text',
      fix: 'write it in quotes',
    },
  ])
})
