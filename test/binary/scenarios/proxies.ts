import { expect } from 'bun:test'

import { ecsPath } from '../../world/container.ts'
import type { Scenario } from './scenario.ts'

// One decision about the proxy, as Go makes it: what the variables say, and whether ECR is asked through the proxy. The hosts
// lead to this machine, so that both ways work; which one was taken is what the proxy has seen.

/** RFC 6761, 6.3: resolved to loopback by every resolver, and yet a name like any other to the proxy rules. */
const HOST = 'api.ecr.us-west-2.localhost'
/** Leads Linux to this machine, and is no loopback address to the proxy rules. */
const IPV4 = '0.0.0.0'

const NO_PROXY_NAMES: readonly (readonly [list: string, isExempt: boolean])[] = [
  // Only commas separate.
  ['localhost .localhost', false],
  ['x.example api.ecr.us-west-2.localhost', false],
  [`${HOST} x.example`, false],
  [`x.example , ${HOST}`, true],
  [`x.example,\t${HOST}\t`, true],
  [`;${HOST};`, false],
  // A leading dot leaves the host itself out.
  [`.${HOST}`, false],
  [`*.${HOST}`, false],
  ['.us-west-2.localhost', true],
  ['*.localhost', true],
  ['us-west-2.localhost', true],
  ['west-2.localhost', false],
  ['api.*.us-west-2.localhost', false],
  // A trailing dot makes another name.
  [`${HOST}.`, false],
  ['localhost.', false],
  ['.localhost.', false],
  // Case does not matter.
  [HOST.toUpperCase(), true],
  ['.LocalHost', true],
  // Ports.
  [`${HOST}:PORT(ecr)`, true],
  [`${HOST}:443`, false],
  ['.localhost:PORT(ecr)', true],
  [`https://${HOST}`, false],
  ['*', true],
  ['x.example,*', true],
  ['**', false],
  [',', false],
  ['127.0.0.1,127.0.0.0/8,::1', false],
]

const NO_PROXY_ADDRESSES: readonly (readonly [list: string, isExempt: boolean])[] = [
  ['0.0.0.0/8', true],
  ['10.0.0.0/8 0.0.0.0/8', false],
  ['10.0.0.0/8,0.0.0.0/32', true],
  ['0.0.0.0/33', false],
  ['0.0.0.1/32', false],
  ['::/0', false],
  ['::ffff:0.0.0.0/104', true],
  ['0.0.0.0', true],
  ['0.0.0.0.', false],
  ['0.0.0.0:PORT(ecr)', true],
  ['0.0.0.0:443', false],
  ['.0.0.0', false],
  ['0', false],
]

const KEYS = { KEYS: 'env' }

interface Case {
  readonly name: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isExempt: boolean
  readonly host?: string
}

function play({ name, env, isExempt, host = HOST }: Case): Scenario {
  return {
    name: `proxies: ${name} is asked ${isExempt ? 'directly' : 'through the proxy'}`,
    env: { ...KEYS, AWS_ENDPOINT_URL_ECR: `https://${host}:PORT(ecr)`, ...env },
    names: [host],
    signer: 'env',
    steps: 'ecr',
    // One connection: the one that is opened early is the one that is used.
    proxied: isExempt ? '' : `${host}:PORT(ecr)`,
    check: (world) => expect(world.countConnections('ecr')).toBe(1),
  }
}

/** Variables that decide, beside a list for names. */
const VARIABLES: readonly Case[] = [
  {
    name: 'NO_PROXY before no_proxy',
    env: { NO_PROXY: 'x.example', no_proxy: HOST },
    isExempt: false,
  },
  {
    name: 'NO_PROXY before no_proxy, too,',
    env: { NO_PROXY: HOST, no_proxy: 'x' },
    isExempt: true,
  },
  {
    name: 'no_proxy where NO_PROXY is empty',
    env: { NO_PROXY: '', no_proxy: HOST },
    isExempt: true,
  },
  {
    name: 'HTTPS_PROXY before https_proxy',
    env: { https_proxy: 'http://127.0.0.1:1' },
    isExempt: false,
  },
  {
    name: 'https_proxy where HTTPS_PROXY is empty',
    env: { HTTPS_PROXY: '', https_proxy: 'URL(proxy)' },
    isExempt: false,
  },
  {
    name: 'ALL_PROXY alone',
    env: {
      HTTPS_PROXY: undefined,
      HTTP_PROXY: undefined,
      ALL_PROXY: 'URL(proxy)',
      all_proxy: 'URL(proxy)',
    },
    isExempt: true,
  },
  {
    name: 'HTTPS_PROXY before ALL_PROXY',
    env: { ALL_PROXY: 'http://127.0.0.1:1', all_proxy: 'socks5://127.0.0.1:1' },
    isExempt: false,
  },
  { name: 'HTTP_PROXY alone', env: { HTTPS_PROXY: undefined }, isExempt: true },
  {
    name: 'a proxy without a scheme',
    env: { HTTPS_PROXY: 'sentinel-user:sentinel-proxy-password@HOST(proxy)' },
    isExempt: false,
  },
  {
    name: 'a proxy with a scheme in capitals and a path',
    env: { HTTPS_PROXY: 'HTTP://sentinel-user:sentinel-proxy-password@HOST(proxy)/path' },
    isExempt: false,
  },
  {
    name: 'a proxy with a percent-encoded password',
    env: { HTTPS_PROXY: 'http://%73entinel-user:%73entinel%2Dproxy-passwor%64@HOST(proxy)' },
    isExempt: false,
  },
  { name: 'REQUEST_METHOD for https', env: { REQUEST_METHOD: 'GET' }, isExempt: false },
  // This machine, whatever the variables say.
  { name: 'localhost', host: 'localhost', env: { NO_PROXY: '' }, isExempt: true },
  { name: '127.0.0.1', host: '127.0.0.1', env: { NO_PROXY: '' }, isExempt: true },
]

/** Whether ECR is asked through the proxy, as Go decides it. */
export const PROXIES: readonly Scenario[] = [
  play({ name: 'no list', env: {}, isExempt: false }),
  ...NO_PROXY_NAMES.map(([list, isExempt]) =>
    play({ name: `NO_PROXY=${JSON.stringify(list)}`, env: { NO_PROXY: list }, isExempt }),
  ),
  ...NO_PROXY_NAMES.map(([list, isExempt]) =>
    play({ name: `no_proxy=${JSON.stringify(list)}`, env: { no_proxy: list }, isExempt }),
  ),
  ...NO_PROXY_ADDRESSES.map(([list, isExempt]) =>
    play({
      name: `an address and NO_PROXY=${JSON.stringify(list)}`,
      env: { NO_PROXY: list },
      host: IPV4,
      isExempt,
    }),
  ),
  ...VARIABLES.map(play),
  {
    name: 'proxies: only ECR is asked through one, on one connection, while IMDS gives the keys',
    env: { AWS_ENDPOINT_URL_ECR: `https://${HOST}:PORT(ecr)` },
    signer: 'role/node-role',
    steps: 'imds-token imds-role imds-credentials ecr',
    proxied: `${HOST}:PORT(ecr)`,
  },
  {
    name: 'proxies: the tunnel to ECR is there before there are keys',
    env: {
      AWS_ENDPOINT_URL_ECR: `https://${HOST}:PORT(ecr)`,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)',
    },
    faults: [
      {
        step: 'container',
        fault: [
          { kind: 'delay', ms: 500 },
          { kind: 'answer', status: 403 },
        ],
      },
    ],
    fails: /container endpoint: HTTP status 403/,
    steps: 'container',
    proxied: `${HOST}:PORT(ecr)`,
  },
  // A name that is no literal, and leads to this machine: what hands out the node's keys is not asked through a proxy.
  {
    name: 'proxies: an IMDS with a name of its own is asked directly',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://imds.localhost:PORT(imds)' },
    signer: 'role/node-role',
    proxied: '',
  },
  {
    name: 'proxies: a container endpoint with a name of its own is asked directly',
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://agent.localhost:PORT(container)${ecsPath}` },
    signer: 'role/container-role',
    proxied: '',
  },
  {
    name: 'proxies: a container endpoint with TLS is asked directly',
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://agent.localhost:1/',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'sentinel-token',
    },
    fails: /agent\.localhost:1 refused the connection/,
    proxied: '',
  },
  // The same through a proxy with TLS.
  ...[false, true].map((isExempt) => ({
    ...play({
      name: `an https proxy, NO_PROXY for ${isExempt ? 'the host' : 'its subdomains'}`,
      env: { NO_PROXY: isExempt ? HOST : `.${HOST} ${HOST}` },
      isExempt,
    }),
    gate: { isSecure: true },
  })),
]
