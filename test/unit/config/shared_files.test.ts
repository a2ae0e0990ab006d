import { expect, test } from 'bun:test'

import type { SharedConfig } from '../../../src/config/shared_files.ts'
import { readSharedConfig } from '../../../src/config/shared_files.ts'
import { expectRejection } from '../../support/failures.ts'
import { type FakeParts, fakeSystem } from '../../support/system.ts'
import locations from '../../vectors/profile/file-location-tests.json'
import parserTests from '../../vectors/profile/profile-parser-tests.json'

const HOME = { HOME: '/h' }

async function read(
  config: string,
  credentials = '',
  parts: FakeParts = {},
): Promise<SharedConfig> {
  const files = { '/h/.aws/config': config, '/h/.aws/credentials': credentials }
  return readSharedConfig(fakeSystem({ files, env: HOME, ...parts }))
}

function plain(config: SharedConfig): Record<string, Record<string, string>> {
  return Object.fromEntries(
    // Without sections that only a line about a missing profile speaks of.
    [...config]
      .filter(([name]) => !name.startsWith('\0'))
      .map(([name, { values }]) => [
        name,
        // The vectors write indented pairs as part of the value they stand below.
        Object.fromEntries(
          [...values].map(([key, { value, nested }]) => [
            key,
            [value, ...[...nested].map(([name_, text]) => `${name_} = ${text}`.trim())].join('\n'),
          ]),
        ),
      ]),
  )
}

/** Cases of the public suite in which the AWS SDK for Go, and so this program, differs on purpose (spec: SDK for Go). */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['Property key cannot be empty.', 'no syntax errors: the key is empty'],
  ['Property definitions must contain an equals sign.', 'a colon separates as well'],
  ['Continuations cannot be used outside of a property.', 'no syntax errors: the line is ignored'],
  ['Continuations reset with profile definitions.', 'no syntax errors: the line is ignored'],
  ['Invalid continuation', 'no syntax errors: the line is ignored'],
  ['Invalid sub-property definitions cause an error.', 'no syntax errors: the line is ignored'],
  ['Sub-property definitions cannot have an empty name.', 'no syntax errors: the key is empty'],
  [
    'Profile names support alphanumeric characters and - / . % @ _ : +',
    'any character is legal in a name',
  ],
  ['Invalid profile names are ignored.', 'any character is legal in a name'],
  ['Invalid property names are ignored.', 'any character is legal in a key'],
  ['properties from an invalid profile name are ignored', 'any character is legal in a name'],
  ['Continuations are trimmed.', 'blanks at the end of a continuation are kept'],
])

/** Broken files that are an error here as well. */
const REFUSED: ReadonlySet<string> = new Set([
  'Profile definitions must end with brackets.',
  'Properties must be defined in a profile.',
  'Continuations cannot be used outside of a profile.',
])

function expectedConfig(
  output: (typeof parserTests.tests)[number]['output'],
): Record<string, unknown> {
  const { profiles = {}, sso_sessions: sessions = {} } = output.config ?? {}
  const named = new Map<string, unknown>(
    Object.entries(sessions).map(([name, values]) => [`sso-session ${name}`, values]),
  )
  return { ...profiles, ...Object.fromEntries(named) }
}

test.each(parserTests.tests)(
  'readSharedConfig() as the SDKs: $name',
  async ({ name, input, output }) => {
    const promise = read(input.configFile ?? '', input.credentialsFile)
    if (REFUSED.has(name)) {
      expect('errorContaining' in output).toBe(true)
      const message = await expectRejection('config_file', promise)
      expect(message).toEndWith("'/h/.aws/config': it has text, but no line is a [section]")
      return
    }
    const config = plain(await promise)
    const same = 'config' in output && Bun.deepEquals(config, expectedConfig(output))
    // A difference that is not listed fails, and so does a listed one that no longer is one.
    expect(same).toBe(!DIFFERENT.has(name))
  },
)

test.each(locations.tests)(
  'readSharedConfig() location: $name',
  async ({ environment, configLocation, credentialsLocation }) => {
    const seen: string[] = []
    const system = fakeSystem({ env: environment })
    await readSharedConfig({
      ...system,
      readFile: async (path, maxBytes) => {
        seen.push(path)
        return system.readFile(path, maxBytes)
      },
    })
    expect(seen.toSorted()).toEqual([configLocation, credentialsLocation].toSorted())
  },
)

test.each([{}, { HOME: '' }])(
  'readSharedConfig() asks the user database when HOME is %j',
  async (env) => {
    const files = { '/home-from-user-database/.aws/config': '[default]\nregion = r' }
    const config = await readSharedConfig(fakeSystem({ env, files }))
    expect(config.get('default')?.values.get('region')?.value).toBe('r')
  },
)

test('readSharedConfig() takes file variables literally', async () => {
  const env = { AWS_CONFIG_FILE: '~/c', AWS_SHARED_CREDENTIALS_FILE: '$HOME/s', ...HOME }
  const files = { '~/c': '[profile p]\nregion = r', '$HOME/s': '[p]\nrole_arn = a' }
  const config = await readSharedConfig(fakeSystem({ env, files }))
  expect([...(config.get('p')?.values.keys() ?? [])]).toEqual(['region', 'role_arn'])
})

test.each([
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', 'too many symbolic links'],
  ['EIO', 'EIO'],
])('readSharedConfig() refuses a file that fails with %s', async (code, reason) => {
  const files = { '/h/.aws/config': { code } }
  const message = await expectRejection(
    'config_file',
    readSharedConfig(fakeSystem({ env: HOME, files })),
  )
  expect(message).toBe(`cannot read the config file '/h/.aws/config': ${reason}`)
})

test.each(['ENOENT', 'ENOTDIR'])(
  'readSharedConfig() takes a file that fails with %s for an empty one',
  async (code) => {
    const files = { '/h/.aws/config': { code } }
    expect(await readSharedConfig(fakeSystem({ env: HOME, files }))).toEqual(new Map())
  },
)

test('readSharedConfig() reads a file of exactly the largest size, and bytes that are not UTF-8', async () => {
  const text = '[default]\nregion = r\n'
  const config = await read(text.padEnd(1024 * 1024, ' '))
  expect(config.get('default')?.values.get('region')?.value).toBe('r')
})

test('readSharedConfig() does not show an error that is none of the system', async () => {
  const files = { '/h/.aws/config': { code: 'SECRET value' } }
  const promise = readSharedConfig(fakeSystem({ env: HOME, files }))
  expect(await expectRejection('config_file', promise)).toEndWith('it cannot be read')
})

test('readSharedConfig() refuses a file that is too large', async () => {
  const message = await expectRejection('config_file', read(' '.repeat(1024 * 1024 + 1)))
  expect(message).toContain('larger than')
})

// Which section counts, and what the credentials file may override: the rules of the AWS SDK for Go.
test.each([
  ['credentials file wins', '[default]\nregion = a', '[default]\nregion = b', { region: 'b' }],
  [
    'credentials file loses for an endpoint',
    '[default]\nendpoint_url = a',
    '[default]\nendpoint_url = b',
    { endpoint_url: 'a' },
  ],
  [
    'a whole pair wins',
    '[default]\naws_access_key_id = a\naws_secret_access_key = b',
    '[default]\naws_access_key_id = c\naws_secret_access_key = d',
    { aws_access_key_id: 'c', aws_secret_access_key: 'd' },
  ],
  [
    'half a pair loses',
    '[default]\naws_access_key_id = a\naws_secret_access_key = b',
    '[default]\naws_access_key_id = c\nregion = r',
    { aws_access_key_id: 'a', aws_secret_access_key: 'b', region: 'r' },
  ],
  [
    'an old session token survives beside a new pair',
    '[default]\naws_session_token = old',
    '[default]\naws_access_key_id = c\naws_secret_access_key = d',
    { aws_session_token: 'old', aws_access_key_id: 'c', aws_secret_access_key: 'd' },
  ],
  ['only in the credentials file: everything counts', '', '[default]\nx = 1', { x: '1' }],
])('readSharedConfig() %s', async (_, config, credentials, expected) => {
  expect(plain(await read(config, credentials))['default']).toEqual(expected)
})

test.each([
  [
    'the pair is whole',
    '[default]\naws_access_key_id = a\naws_secret_access_key = b',
    '',
    undefined,
  ],
  [
    'both halves are empty',
    '[default]\naws_access_key_id =\naws_secret_access_key =',
    '',
    undefined,
  ],
  ['the secret is absent', '[default]\naws_access_key_id = a', '', '/h/.aws/config'],
  ['the key is absent', '', '[default]\naws_secret_access_key = b', '/h/.aws/credentials'],
  ['there is an empty half alone', '[default]\naws_access_key_id =', '', '/h/.aws/config'],
  [
    'the secret is empty',
    '[default]\naws_access_key_id = a\naws_secret_access_key =',
    '',
    '/h/.aws/config',
  ],
  [
    'only the credentials file counts in both',
    '[default]\naws_access_key_id = a',
    '[default]\nregion = r',
    undefined,
  ],
  [
    'half in each file',
    '[default]\naws_access_key_id = a',
    '[default]\naws_secret_access_key = b',
    '/h/.aws/credentials',
  ],
])('readSharedConfig() marks partial keys when %s', async (_, config, credentials, file) => {
  expect((await read(config, credentials)).get('default')?.partialKeysIn).toBe(file)
})

test.each([
  ['role_arn', '2'],
  ['sso_start_url', '2'],
  ['web_identity_token_file', '2'],
  ['disable_clock_skew_correction', '1'],
  ['sdk_ua_app_id', '1'],
  ['ignore_configured_endpoint_urls', '1'],
  ['services', '1'],
])('readSharedConfig() of %s in both files gives %s', async (key, value) => {
  const config = await read(`[default]\n${key} = 1`, `[default]\n${key} = 2`)
  expect(plain(config)).toEqual({ default: { [key]: value } })
})

const section = (url: string) => `[services s]\necr =\n  endpoint_url = ${url}\n`

test('readSharedConfig() keeps a services section of the config file whole', async () => {
  const config = await read(section('http://a'), section('http://b'))
  const nested = config.get('services s')?.values.get('ecr')?.nested
  expect(nested).toEqual(new Map([['endpoint_url', 'http://a']]))
})

const keys = (text: string) => `aws_access_key_id = ${text}\naws_secret_access_key = ${text}\n`

test('readSharedConfig() lets a pair of keys override a pair, and nothing come with it', async () => {
  const config = await read(
    `[default]\n${keys('1')}services = 1`,
    `[default]\n${keys('2')}services = 2`,
  )
  expect(plain(config)).toEqual({
    default: { aws_access_key_id: '2', aws_secret_access_key: '2', services: '1' },
  })
})

test('readSharedConfig() takes for a profile, a session or services only what is called so', async () => {
  const names = ['defaults', 'my sso-session s', 'my services s', 'my profile p']
  const config = await read(names.map((name) => `[${name}]\n`).join(''))
  expect([...config.keys()]).toEqual(names.map((name) => `\0${name}`))
})

test('readSharedConfig() says which files it reads', async () => {
  const steps: string[] = []
  const step = (text: string) => void steps.push(text)
  await read('', '', { step })
  await read('', '', { step, env: {}, homeDirectory: async () => undefined })
  expect(steps).toEqual([
    "reading '/h/.aws/config' and '/h/.aws/credentials'",
    "reading 'no config file' and 'no credentials file'",
  ])
})

/** Two files without a section. */
async function readConfigLast(path: string): Promise<Uint8Array> {
  if (path.endsWith('/config')) await Bun.sleep(5)
  return new TextEncoder().encode('no section')
}

test('readSharedConfig() says what is wrong with the config file first, whichever is read first', async () => {
  const line = await expectRejection('config_file', read('', '', { readFile: readConfigLast }))
  expect(line).toContain("the config file '/h/.aws/config'")
})
