import { expect } from 'bun:test'

import type { Fault } from '../../world/faults.ts'
import { issueKey } from '../../world/keys.ts'
import type { Scenario } from './scenario.ts'

const BOX = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' }
const POD = {
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(podIdentity)',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR/token',
}
const answer = (status: number, body = ''): Fault => ({ kind: 'answer', status, body })
/** A proxy that would fail everything that came to it. */
const PROXY = { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' }

/** More on container endpoints. */
export const BOXES: readonly Scenario[] = [
  {
    name: 'container: no token, no proxy, and JSON is asked for',
    env: { ...BOX, ...PROXY },
    signer: 'role/container-role',
    sent: ['GET /', 'accept: application/json'],
    unsent: ['x-aws-ec2-metadata-token'],
  },
  {
    name: 'container: the query of its address is kept',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)?a=b&c=d' },
    sent: ['?a=b&c=d'],
    signer: 'role/container-role',
  },
  {
    name: 'container: an empty token file is no token',
    env: POD,
    files: { token: '' },
    check: ({ requests }) => expect(requests[0]?.headers.has('authorization')).toBe(false),
  },
  {
    name: 'container: an empty token file variable: the variable with the token',
    env: {
      ...POD,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel-pod',
    },
    sent: ['authorization: sentinel-pod'],
    signer: 'role/container-role',
  },
  ...['sentinel-pod\r', '\nsentinel-pod', 'sentinel\r\nX: y', 'sentinel-pod\r\n'].map((token) => ({
    name: `container: a token file with ${JSON.stringify(token)}`,
    env: POD,
    files: { token },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE/,
    steps: '',
  })),
  {
    name: 'container: a token variable that ends in a line break',
    env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel-pod\n' },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN/,
    steps: '',
  },
  {
    name: 'container: a token file that is a directory',
    env: { ...POD, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR' },
    fails: /directory/,
    steps: '',
  },
  {
    name: 'container: a token with blanks goes as it is',
    env: { ...BOX, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic sentinel-pod=' },
    sent: ['authorization: Basic sentinel-pod='],
    signer: 'role/container-role',
  },
  ...[400, 401, 404, 408, 501, 301, 307].map((status) => ({
    name: `container: ${status} is final`,
    env: BOX,
    faults: [{ step: 'container', fault: answer(status) }] as const,
    fails: new RegExp(`container endpoint.*${status}`),
    steps: 'container',
  })),
  ...[500, 502, 503, 504].map((status) => ({
    name: `container: ${status} is tried again`,
    env: BOX,
    faults: [{ step: 'container', times: 2, fault: answer(status) }] as const,
    signer: 'role/container-role',
    steps: 'container container container ecr',
  })),
  {
    name: 'container: a broken connection is tried again',
    env: BOX,
    faults: [{ step: 'container', times: 1, fault: { kind: 'reset' } }],
    signer: 'role/container-role',
    steps: 'container container ecr',
  },
  {
    name: 'container: credentials that have expired are used, and ECR says so',
    env: BOX,
    prepare: ({ state }) => {
      state.container.key = issueKey(state, { owner: 'role/old', lifetimeSeconds: -60 })
    },
    fails: /ExpiredTokenException/,
    steps: 'container ecr',
  },
  ...['AccessKeyId', 'SecretAccessKey'].map((missing) => ({
    name: `container: no ${missing}`,
    env: BOX,
    faults: [
      {
        step: 'container',
        fault: answer(
          200,
          JSON.stringify({
            AccessKeyId: 'a',
            SecretAccessKey: 's',
            Token: 't',
            [missing]: undefined,
          }),
        ),
      },
    ] as const,
    fails: new RegExp(missing),
    steps: 'container',
  })),
  ...['http://[::1]:1/x', 'http://[::ffff:127.0.0.1]:1/x', 'http://127.9.9.9:1/x'].map((url) => ({
    name: `container: ${url} is allowed`,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url },
    fails: /container endpoint: .* refused the connection \(3 attempts/,
    steps: '',
  })),
  ...['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'].map((host) => ({
    // A token that is refused ends the run before anything is sent to an address outside the world.
    name: `container: ${host} is allowed`,
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${host}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel\n',
    },
    fails: /AWS_CONTAINER_AUTHORIZATION_TOKEN/,
    steps: '',
  })),
  ...[
    'http://[::2]/x',
    'http://10.0.0.1/x',
    'http://169.254.170.23.example.invalid/x',
    'http://',
  ].map((url) => ({
    name: `container: ${url} is not allowed, whatever else is set`,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_EC2_METADATA_DISABLED: 'true' },
    fails: /AWS_CONTAINER_CREDENTIALS_FULL_URI/,
    steps: '',
  })),
  {
    name: 'container: an address that is not allowed does not matter with environment keys',
    env: { KEYS: 'env', AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/x' },
    signer: 'env',
  },
]
