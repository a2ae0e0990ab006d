import { expect, test } from 'bun:test'

import {
  checkKubeletConfig,
  parseKubeletConfig,
} from '../../../../src/operator/kubelet_config/check.ts'

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
  expect(checkKubeletConfig(GOOD, '/c.yaml', 'v1.36.4')).toEqual([])
  expect(parseKubeletConfig(GOOD, '1.36')).toEqual([
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
  expect(checkKubeletConfig(GOOD.replace('12h', '12'), '/c.yaml', '1.36')).toEqual([
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
