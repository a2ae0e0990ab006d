import { expect, test } from 'bun:test'

import { cacheKey } from '../../../src/cache/key.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { readSharedConfig } from '../../../src/config/shared_files.ts'
import { selectProfile, selectSource } from '../../../src/credentials/select.ts'
import { parseRegistry } from '../../../src/ecr/host.ts'
import { fakeRun } from '../../support/run.ts'
import { fakeSystem } from '../../support/system.ts'

interface Node {
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
  readonly image?: string
}

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/a'
const FILES = { AWS_CONFIG_FILE: '/config', AWS_SHARED_CREDENTIALS_FILE: '/credentials' }

async function keyOf({ env = {}, config = '', image = IMAGE }: Node = {}): Promise<string> {
  const system = fakeSystem({ env: { ...FILES, ...env }, files: { '/config': config } })
  const shared = await readSharedConfig(system)
  const profile = selectProfile(shared, system.env)
  const settings = readSettings(system.env, profile)
  const source = selectSource(profile, shared, system.env)
  const registry = parseRegistry(image, [{ host: 'mirror.example', region: 'us-west-2' }])
  const region = registry.region ?? ''
  const { network } = fakeRun([]).run
  return cacheKey(source, registry, region, { settings, config: shared, profile, system, network })
}

const ROLE =
  '[default]\nrole_arn = arn:aws:iam::123456789012:role/a\ncredential_source = Ec2InstanceMetadata\n'
const KEYS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'SECRET' }
const CONTAINER = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1/a' }
const WEB = { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/a' }
const SSO =
  '[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x.example/start\n'

const PROCESS = '[default]\ncredential_process = a'
/** A role that is assumed with the keys that a command prints. */
const ROLE_BY_PROCESS =
  '[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = p\n[profile p]\ncredential_process = a\n'

const DIFFERENT: readonly Node[] = [
  {},
  { image: IMAGE.replace('us-west-2', 'us-east-1') },
  { image: IMAGE.replace('dkr.ecr', 'dkr.ecr-fips') },
  { image: IMAGE.replace('dkr.ecr', 'dkr-ecr').replace('amazonaws.com', 'on.aws') },
  { image: 'public.ecr.aws/a/b' },
  { env: { AWS_ENDPOINT_URL_ECR: 'https://ecr.example' } },
  { env: { AWS_ENDPOINT_URL: 'https://aws.example' }, image: 'public.ecr.aws/a' },
  {
    env: { AWS_ENDPOINT_URL: 'https://aws.example' },
    image: IMAGE.replace('us-west-2', 'us-east-1'),
  },
  { env: { AWS_ENDPOINT_URL_STS: 'https://sts.example' } },
  { env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' } },
  { env: KEYS },
  { env: { ...KEYS, AWS_SECRET_ACCESS_KEY: 'SECRET2' } },
  { env: { ...KEYS, AWS_SESSION_TOKEN: 'TOKEN' } },
  { env: CONTAINER },
  { env: { ...CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x' } },
  { env: { ...CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/x' } },
  { env: WEB },
  { env: { ...WEB, AWS_ROLE_SESSION_NAME: 's' } },
  { env: { ...WEB, AWS_WEB_IDENTITY_TOKEN_FILE: '/t2' } },
  { config: ROLE },
  { config: ROLE.replace('role/a', 'role/b') },
  { config: `${ROLE}external_id = x` },
  { config: ROLE.replace('Ec2InstanceMetadata', 'EcsContainer'), env: CONTAINER },
  {
    config: ROLE.replace('Ec2InstanceMetadata', 'EcsContainer'),
    env: { ...CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x' },
  },
  { config: PROCESS },
  { config: '[default]\ncredential_process = b' },
  { config: '[default]\ncredential_process = b', env: { ANYTHING: 'x' } },
  { config: ROLE_BY_PROCESS },
  { config: ROLE_BY_PROCESS, env: { ANYTHING: 'x' } },
  { config: SSO },
  { config: SSO.replace('_name = r', '_name = r2') },
  { config: `${ROLE}services = s\n[services s]\nsts =\n  endpoint_url = https://sts.example` },
  { config: `${ROLE}services = s\n[services s]\nsts =\n  endpoint_url = https://sts2.example` },
]

test('cacheKey() differs wherever identity or endpoint may', async () => {
  const keys = await Promise.all(DIFFERENT.map(async (node) => keyOf(node)))
  expect(new Set(keys).size).toBe(DIFFERENT.length)
})

test.each<[string, Node, Node]>([
  ['account and repository', {}, { image: '210987654321.dkr.ecr.us-west-2.amazonaws.com/b' }],
  [
    'case and port of the host',
    {},
    { image: IMAGE.replace('dkr', 'DKR').replace('.com', '.com:443') },
  ],
  ['a mirror of the region', {}, { image: 'mirror.example/x' }],
  [
    'variables that are none of ours',
    {},
    { env: { PATH: '/x', INVOCATION_ID: '1', HOME: '/root' } },
  ],
  [
    'a services section that no setting names',
    { config: ROLE },
    { config: `${ROLE}[services x]\nsts =\n  endpoint_url = https://sts.example` },
  ],
  [
    'the order of the variables',
    { config: PROCESS, env: { B: '2', A: '1', D: '4', C: '3' } },
    { config: PROCESS, env: { C: '3', D: '4', A: '1', B: '2' } },
  ],
  [
    'another profile',
    { config: ROLE },
    { config: `${ROLE}\n[profile x]\naws_access_key_id = a\naws_secret_access_key = b` },
  ],
])('cacheKey() does not depend on %s', async (_, one, other) => {
  expect(await keyOf(one)).toBe(await keyOf(other))
})

test('cacheKey() of a credential_process does not depend on the start of a unit', async () => {
  const config = '[default]\ncredential_process = b'
  const env = {
    INVOCATION_ID: '1',
    JOURNAL_STREAM: '8:1',
    NOTIFY_SOCKET: '/x',
    SYSTEMD_EXEC_PID: '1',
    LISTEN_PID: '1',
    WATCHDOG_USEC: '1',
    MEMORY_PRESSURE_WATCH: '/x',
  }
  expect(await keyOf({ config, env })).toBe(await keyOf({ config }))
  for (const name of ['MY_INVOCATION_ID', 'INVOCATION_ID_OF_MINE']) {
    expect(await keyOf({ config, env: { [name]: '1' } })).not.toBe(await keyOf({ config }))
  }
})

test('cacheKey() is a hash', async () => {
  expect(await keyOf({ env: KEYS })).toMatch(/^[0-9a-f]{64}$/)
})
