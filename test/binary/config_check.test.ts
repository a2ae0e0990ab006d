import { afterAll, expect, test } from 'bun:test'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { runPlugin } from '../world/plugin.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

const GOOD = `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: ecr-credential-provider
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    matchImages:
      - '*.dkr.ecr.*.amazonaws.com'
      - public.ecr.aws
    defaultCacheDuration: 12h
    args:
      - --timeout=30
    env:
      - name: AWS_SECRET_ACCESS_KEY
        value: SENTINEL-OF-A-VALUE
    tokenAttributes:
      serviceAccountTokenAudience: sts.amazonaws.com
      cacheType: ServiceAccount
      requireServiceAccount: false
      optionalServiceAccountAnnotationKeys:
        - eks.amazonaws.com/ecr-role-arn
`
const PLAIN = GOOD.slice(0, GOOD.indexOf('    tokenAttributes'))
const SECOND = PLAIN.slice(PLAIN.indexOf('  - name: ecr'))

/** Runs the check on a text; each finding as `LINE LEVEL ID`, `-` for no line. */
async function check(text: string, ...args: readonly string[]) {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, text)
  return checkPath(path, ...args)
}

async function checkPath(path: string, ...args: readonly string[]) {
  const version = args.includes('--kubernetes') ? [] : ['--kubernetes', '1.36']
  const result = await runPlugin({ args: ['config', 'check', path, ...version, ...args] })
  expect(result.stderr).toBe('')
  expect(result.stdout).not.toContain('SENTINEL')
  const found = result.stdout.matchAll(
    /^(?<path>\/[^:]*)(?::(?<line>\d+))?: (?<level>\w+): .* \[(?<id>\w+)\]\n {2}fix: \S.*$/gm,
  )
  const findings = [...found].map(
    ({ groups }) => `${groups?.['line'] ?? '-'} ${groups?.['level']} ${groups?.['id']}`,
  )
  // Nothing is said in another form.
  expect(result.stdout.trimEnd().split('\n').length).toBe(findings.length * 2 + 1)
  const isBad = findings.some((finding) => /refused|wrong/.test(finding))
  expect(result.exitCode).toBe(isBad ? 1 : 0)
  return findings
}

test('a good file has no findings', async () => {
  expect(await check(GOOD)).toEqual([])
  expect(await check(`\u{FEFF}${GOOD.replaceAll('\n', '\r\n')}`)).toEqual([])
})

/** Text of the good file, what it is replaced by, and what must be found. */
const PLANTED: readonly (readonly [from: string, to: string, ...findings: string[]])[] = [
  // Refused by the kubelet: what cannot be decoded.
  [
    'kubelet.config.k8s.io/v1',
    'credentialprovider.kubelet.k8s.io/v1',
    '1 refused config_api_version',
  ],
  ['kubelet.config.k8s.io/v1', 'kubelet.config.k8s.io/v1beta2', '1 refused config_api_version'],
  ['kind: CredentialProviderConfig', 'kind: KubeletConfiguration', '2 refused config_kind'],
  ['kind: CredentialProviderConfig\n', '', '- refused config_kind'],
  ['    defaultCacheDuration', '\tdefaultCacheDuration', '9 refused tab'],
  ["'*.dkr.ecr.*.amazonaws.com'", '*.dkr.ecr.*.amazonaws.com', '7 refused not_yaml'],
  [GOOD, '# nothing\n', '- refused empty_file'],
  [GOOD, '- name: ecr-credential-provider\n', '- refused wrong_type'],
  [GOOD, '{\n  "kind": "CredentialProviderConfig",\n}\n', '2 refused not_json'],
  [GOOD, '{"kind": "x"} # comment\n', '- refused not_json'],
  ['    args:', '    arg:', '10 refused unknown_field'],
  ['matchImages', 'MatchImages', '4 refused match_images_missing', '6 refused unknown_field'],
  ['    args:', '    defaultCacheDuration: 6h\n    args:', '10 refused duplicate_field'],
  ['        value: S', '        value: x\n        value: S', '15 refused duplicate_field'],
  ['12h', '12', '9 refused wrong_type'],
  ['SENTINEL-OF-A-VALUE', '1', '14 refused wrong_type'],
  ['SENTINEL-OF-A-VALUE', 'off', '14 refused wrong_type'],
  ['SENTINEL-OF-A-VALUE', '1_000', '14 refused wrong_type'],
  ['args:\n      - --timeout=30', 'args: --timeout=30', '10 refused wrong_type'],
  ['- name: AWS_SECRET_ACCESS_KEY\n        value:', 'AWS_PROFILE:', '12 refused wrong_type'],
  ['requireServiceAccount: false', "requireServiceAccount: 'false'", '18 refused wrong_type'],
  // What does not hold.
  ['name: ecr-credential-provider', 'name:', '4 refused name_missing'],
  ['name: ecr-credential-provider', 'name: bin/ecr-provider', '4 refused name_slash'],
  ['name: ecr-credential-provider', 'name: ecr provider', '4 refused name_space'],
  ['name: ecr-credential-provider', 'name: ..', '4 refused name_dots'],
  [
    '    apiVersion: credentialprovider.kubelet.k8s.io/v1\n',
    '',
    '4 refused provider_api_version',
    '14 refused token_attributes_api_version',
  ],
  ['12h', '1d', '9 refused duration_invalid'],
  ['12h', '-1h', '9 refused duration_negative'],
  ['    defaultCacheDuration: 12h\n', '', '4 refused duration_missing'],
  ['public.ecr.aws', 'public.[a-z]*.aws', '8 refused pattern_invalid'],
  ['public.ecr.aws', 'public.ecr.aws:https', '8 refused pattern_invalid'],
  [
    "\n      - '*.dkr.ecr.*.amazonaws.com'\n      - public.ecr.aws",
    ' []',
    '6 refused match_images_missing',
  ],
  [GOOD.slice(GOOD.indexOf('  - name')), '', '3 refused no_providers'],
  ['      cacheType: ServiceAccount\n', '', '15 refused cache_type_missing'],
  ['cacheType: ServiceAccount', 'cacheType: serviceAccount', '17 refused cache_type_invalid'],
  [' sts.amazonaws.com', '', '16 refused audience_missing'],
  ['      requireServiceAccount: false\n', '', '15 refused require_account_missing'],
  ['optionalServiceAccount', 'requiredServiceAccount', '19 refused annotations_without_account'],
  [
    'eks.amazonaws.com/ecr-role-arn',
    'eks.amazonaws.com/ecr/role',
    '15 warning annotation_role',
    '20 refused annotation_invalid',
  ],
  [
    '        - eks.amazonaws.com/ecr-role-arn',
    '        - eks.amazonaws.com/ecr-role-arn\n        - eks.amazonaws.com/ecr-role-arn',
    '21 refused annotation_duplicate',
  ],
  [
    'optionalServiceAccountAnnotationKeys:',
    'requiredServiceAccountAnnotationKeys: [eks.amazonaws.com/ecr-role-arn]\n      optionalServiceAccountAnnotationKeys:',
    '19 refused annotations_without_account',
    '19 refused annotation_both',
  ],
  // Accepted, and wrong.
  ['public.ecr.aws', 'https://public.ecr.aws', '8 wrong pattern_scheme'],
  ['public.ecr.aws', "'*.dkr.ecr.us-west-?.amazonaws.com'", '8 wrong pattern_query'],
  ['public.ecr.aws', 'public.ecr.aws/nginx/nginx:1.27', '8 wrong pattern_tag'],
  ['public.ecr.aws', "'public.ecr.aws/*'", '8 wrong pattern_path_glob'],
  ['public.ecr.aws', 'Public.ecr.aws', '8 wrong pattern_upper_case'],
  ['public.ecr.aws', "'*'", '8 wrong pattern_parts'],
  ['public.ecr.aws', "'*.amazonaws.com'", '8 wrong pattern_no_registry'],
  ['public.ecr.aws', "'*.dkr.ecr.*.amazonaws.cn'", '8 wrong pattern_suffix'],
  ['public.ecr.aws', '12345.dkr.ecr.eu-west-1.amazonaws.com', '8 wrong pattern_account'],
  ['public.ecr.aws', 'public.ecr.aws:443', '8 wrong pattern_port'],
  ['name: ecr-credential-provider', 'name: docker-credential-ecr-login', '4 wrong docker_helper'],
  ['--timeout=30', '--config=/x', '10 wrong args_unknown'],
  ['--timeout=30', 'warm', '10 wrong args_unknown'],
  ['public.ecr.aws', 'docker.io', '8 warning pattern_not_ecr'],
  ['--timeout=30', '--timeout=90', '10 warning args_timeout'],
  ['12h', '0s', '9 warning duration_zero'],
  [' sts.amazonaws.com', ' other.example', '16 warning audience_other'],
  ['eks.amazonaws.com/ecr-role-arn', 'eks.amazonaws.com/role-arn', '15 warning annotation_role'],
  [
    '        - eks.amazonaws.com/ecr-role-arn',
    '        - eks.amazonaws.com/ecr-role-arn\n        - eks.amazonaws.com/role-arn',
    '15 warning annotation_unused',
  ],
]

test.each(PLANTED)('%j as %j', async (from, to, ...expected) => {
  expect(GOOD).toContain(from)
  expect(await check(GOOD.replace(from, () => to))).toEqual(expected)
})

test('a second provider, and a second document', async () => {
  expect(await check(PLAIN + SECOND)).toEqual([
    '15 refused name_duplicate',
    '18 warning host_twice',
    '19 warning host_twice',
  ])
  expect(await check(`${PLAIN}---\n${PLAIN}`)).toEqual(['15 wrong second_document'])
  // Nothing behind the mark is no second document, nor is a mark at the top.
  expect(await check(`---\n${PLAIN}---\n# the end\n`)).toEqual([])
})

test('required annotations leave pods without a password', async () => {
  const text = GOOD.replace('optionalServiceAccount', 'requiredServiceAccount')
  expect(
    await check(text.replace('requireServiceAccount: false', 'requireServiceAccount: true')),
  ).toEqual(['19 warning annotations_required'])
})

test('a mirror is no stranger when --mirror names it', async () => {
  const text = GOOD.replace('public.ecr.aws', 'm.test/team').replace(
    '--timeout=30',
    '--mirror=m.test',
  )
  expect(await check(text)).toEqual([])
})

test('every kubelet is judged by its own rules', async () => {
  const old = ['--kubernetes', '1.31']
  // Before 1.32 what is unknown is passed over, and the last of equal fields counts.
  expect(await check(PLAIN.replace('args:', 'arg:'), ...old)).toEqual(['10 wrong unknown_field'])
  expect(await check(`${PLAIN}    args: []\n`, ...old)).toEqual(['15 wrong duplicate_field'])
  expect(await check(GOOD, ...old)).toEqual(['15 wrong unknown_field'])
  expect(await check(GOOD, '--kubernetes', '1.33')).toEqual([
    '15 refused token_attributes_too_new',
    '17 refused unknown_field',
  ])
  expect(await check(PLAIN, '--kubernetes', '1.25')).toEqual([
    '1 refused config_api_version',
    '5 refused provider_api_version',
  ])
  const beta = GOOD.replace('config.k8s.io/v1', 'config.k8s.io/v1beta1')
  expect(await check(beta)).toEqual(['15 refused unknown_field'])
})

test('the reader of the kubelet speaks YAML 1.1', async () => {
  expect(await check(GOOD.replace('Account: false', 'Account: no'))).toEqual([])
  expect(await check(PLAIN.replace('name: ecr-credential-provider', 'name: yes'))).toEqual([
    '4 refused wrong_type',
  ])
  expect(await check(PLAIN.replace('SENTINEL-OF-A-VALUE', '012'))).toEqual([
    '14 refused wrong_type',
  ])
  // A date is a text, as it is to the kubelet.
  expect(await check(PLAIN.replace('SENTINEL-OF-A-VALUE', '2001-01-01'))).toEqual([])
})

test('where the scanner cannot follow, the line of what is around it is given', async () => {
  const text = PLAIN.replace('defaultCacheDuration: 12h', '<<: {defaultCacheDuration: 12}')
  expect(await check(text)).toEqual(['4 refused wrong_type'])
  const anchored = PLAIN.replace('name: ecr', 'name: &own ecr').replace('--timeout=30', '!!str 30')
  expect(await check(anchored)).toEqual(['4 wrong args_unknown'])
  expect(await check(anchored.replace('12h', '*own'))).toEqual([
    '4 refused duration_invalid',
    '4 wrong args_unknown',
  ])
  // The lines of a text are no fields.
  const block = PLAIN.replace('SENTINEL-OF-A-VALUE', '|\n          name: x\n          name: x')
  expect(await check(block)).toEqual([])
  const quoted = PLAIN.replace('SENTINEL-OF-A-VALUE', '"x\n          name: x\n          name: x"')
  expect(await check(quoted)).toEqual([])
})

test('JSON has lines too', async () => {
  const json = JSON.stringify(Bun.YAML.parse(GOOD), undefined, '\t')
  expect(await check(json)).toEqual([])
  expect(await check(json.replace('"12h"', '12'))).toEqual(['12 refused wrong_type'])
  const twice = json.replace('"kind"', '"kind": "CredentialProviderConfig",\n"kind"')
  expect(await check(twice)).toEqual(['4 refused duplicate_field'])
})

test('a directory is read in the order of its names, from 1.34', async () => {
  const path = join(folder, 'conf.d')
  mkdirSync(join(path, 'c.yaml'), { recursive: true })
  expect(await checkPath(path)).toEqual(['- refused directory_empty'])
  writeFileSync(join(path, 'b.yaml'), PLAIN.replace('12h', '12'))
  writeFileSync(join(path, 'a.json'), JSON.stringify(Bun.YAML.parse(PLAIN), undefined, 1))
  writeFileSync(join(path, 'notes.txt'), '{')
  const shared = ['7 warning host_twice', '8 warning host_twice']
  expect(await checkPath(path)).toEqual([
    '4 refused name_duplicate',
    ...shared,
    '9 refused wrong_type',
  ])
  expect(await checkPath(path, '--kubernetes', '1.33')).toEqual([
    '- refused directory_too_new',
    '4 refused name_duplicate',
    ...shared,
    '9 refused wrong_type',
  ])
})

test('the binary is judged where --bin-dir is given', async () => {
  const bin = join(folder, 'bin')
  const file = join(bin, 'ecr-credential-provider')
  mkdirSync(bin, { mode: 0o755 })
  expect(await check(PLAIN, '--bin-dir', bin)).toEqual(['4 refused binary_missing'])
  writeFileSync(file, '', { mode: 0o644 })
  expect(await check(PLAIN, '--bin-dir', bin)).toEqual(['4 refused binary_not_executable'])
  chmodSync(file, 0o777)
  expect(await check(PLAIN, '--bin-dir', bin)).toEqual(['4 wrong binary_writable'])
})

test('a file that is not there, or is too large', async () => {
  expect(await checkPath(join(folder, 'absent.yaml'))).toEqual(['- refused file_unreadable'])
  expect(await check(`#${' '.repeat(1_048_576)}`)).toEqual(['- refused file_unreadable'])
})

test('a directory that cannot be read', async () => {
  const path = join(folder, 'closed')
  mkdirSync(path, { mode: 0o000 })
  chmodSync(folder, 0o755)
  // For root every directory is open.
  const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {}
  const run = await runPlugin({ args: ['config', 'check', path, '--kubernetes', '1.36'], ...uid })
  expect([run.exitCode, run.stderr]).toEqual([1, ''])
  expect(run.stdout).toStartWith(`${path}: refused: cannot be read: permission denied `)
})

const WHOLE_FILE = 1_000_000

// Each took minutes, or all memory, and is judged in a moment.
test.each<[string, string]>([
  ['open brackets', `a: ${'['.repeat(WHOLE_FILE)}`],
  ['nested lists', '- '.repeat(WHOLE_FILE / 2)],
  ['nested mappings', '{a: '.repeat(WHOLE_FILE / 4)],
  ['nested JSON', `${'{"a":'.repeat(WHOLE_FILE / 10)}1${'}'.repeat(WHOLE_FILE / 10)}`],
  ['a value with blanks in it', `a: x${' '.repeat(WHOLE_FILE)}y`],
  ['a duration of many digits', PLAIN.replace('12h', `'${'1'.repeat(WHOLE_FILE)}'`)],
  ['a number of many digits', PLAIN.replace('12h', `${'1'.repeat(WHOLE_FILE)}x`)],
  ['many findings', PLAIN + '  - a\n'.repeat(20_000)],
  [
    'many patterns',
    ['a', 'b'].reduce(
      (text, label) =>
        `${text}  - name: ${label}\n    matchImages:\n${Array.from({ length: 20_000 }, (_, at) => `    - ${label}${at}.io\n`).join('')}`,
      PLAIN,
    ),
  ],
])(
  'a file of nothing but %s',
  async (_, text) => {
    const path = join(folder, 'hostile.yaml')
    writeFileSync(path, text)
    const run = await runPlugin({ args: ['config', 'check', path, '--kubernetes', '1.36'] })
    expect([run.exitCode, run.stderr]).toEqual([1, ''])
    expect(run.stdout).toContain('[')
    expect(run.stdout).toContain('a kubelet of 1.36 would not start with this: ')
  },
  30_000,
)

const OWN = fileURLToPath(new URL('../vectors/kubelet/configs/', import.meta.url))

test.each(readdirSync(OWN).filter((name) => name !== 'SOURCE.md'))(
  'no false alarm on the file of a distribution: %s',
  async (name) => {
    const accounts = name === 'eks-anywhere-two-accounts.yaml'
    // Its accounts have seven digits, for the sake of the example.
    const expected = accounts ? ['6 wrong pattern_account', '7 wrong pattern_account'] : []
    for (const minor of [34, 35, 36, 37])
      expect(await checkPath(`${OWN}${name}`, '--kubernetes', `1.${minor}`)).toEqual(expected)
  },
)
