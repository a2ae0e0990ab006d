import { readFileSync, writeFileSync } from 'node:fs'

import type { World } from '../../world/world.ts'
import type { Scenario } from './scenario.ts'
import { LATER, logIn, SESSION, tokenFile } from './sources.ts'

const PROFILE = '[default]\nKEYS(p)'
const MARK = '\uFEFF'

function markTokenFile(world: World): void {
  logIn('corp', LATER)(world)
  const file = tokenFile(world, 'corp')
  writeFileSync(file, `${MARK}${readFileSync(file, 'utf8')}`)
}

/** A byte order mark says how a file is written, and is no part of it. */
const MARKED: readonly Scenario[] = [
  { name: 'a byte order mark before a config file', config: `${MARK}${PROFILE}`, signer: 'p' },
  {
    name: 'a byte order mark before a credentials file',
    credentials: `${MARK}${PROFILE}`,
    signer: 'p',
  },
  {
    name: 'a byte order mark before a comment',
    config: `${MARK}# mine\r\n[default]\r\nregion = eu-west-1\r\n`,
    credentials: `${MARK}; mine\r\n${PROFILE}`,
    signer: 'p',
  },
  {
    name: 'byte order marks where files were put together',
    env: { AWS_PROFILE: 'q' },
    credentials: `${MARK}${PROFILE}${MARK}[q]\nKEYS(q)${MARK}${MARK}[r]\nKEYS(r)`,
    signer: 'q',
  },
  {
    name: 'a byte order mark before a web identity token',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' },
    files: { token: `${MARK}sentinel-jwt` },
    sent: ['&WebIdentityToken=sentinel-jwt'],
    signer: 'assumed-role/w/ecr-credential-provider',
  },
  {
    name: 'a byte order mark before an authorization token',
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR/token',
    },
    files: { token: `${MARK}sentinel-pod` },
    sent: ['\nauthorization: sentinel-pod\n'],
    signer: 'role/container-role',
  },
  {
    name: 'a byte order mark before an SSO token',
    config: SESSION,
    prepare: markTokenFile,
    steps: 'sso-credentials ecr',
  },
]

const utf16 = (text: string) => Buffer.from(text, 'utf16le')
const utf16be = (text: string) => utf16(text).swap16()
const utf32 = (text: string) =>
  Buffer.from(Uint32Array.from(text, (c) => c.codePointAt(0) ?? 0).buffer)
const macintosh = (text: string) => Buffer.from(text.replaceAll('\n', '\r'))

const UTF_16 = /: it is UTF-16: save it as UTF-8$/
const NO_TEXT = /: it is not text in UTF-8$/
const CR = /: it ends lines with CR alone: save it with LF$/
const OPEN = /: it has a \[ without its \] in line 3$/
const NO_SECTION = /: it has text, but no line is a \[section\]$/

interface Look {
  readonly text?: string
  readonly encode?: (text: string) => Uint8Array
  readonly line: RegExp
}

const UNREADABLE: Readonly<Record<string, Look>> = {
  'in UTF-16 with its mark': { text: `${MARK}${PROFILE}`, encode: utf16, line: UTF_16 },
  'in UTF-16 of the other order': { text: `${MARK}${PROFILE}`, encode: utf16be, line: UTF_16 },
  'in UTF-16 without a mark': { encode: utf16, line: UTF_16 },
  'in UTF-16 of the other order without a mark': { encode: utf16be, line: UTF_16 },
  'in UTF-16 with CR and LF': {
    text: PROFILE.replaceAll('\n', '\r\n'),
    encode: utf16,
    line: UTF_16,
  },
  'in UTF-16 that begins with a comment': {
    text: `# mine\n${PROFILE}`,
    encode: utf16,
    line: UTF_16,
  },
  'in UTF-32': { text: `${MARK}${PROFILE}`, encode: utf32, line: UTF_16 },
  'in UTF-32 of the other order': {
    text: `${MARK}${PROFILE}`,
    encode: (text) => utf32(text).swap32(),
    line: NO_TEXT,
  },
  'of NULs, as a crash leaves it': { encode: () => new Uint8Array(4096), line: NO_TEXT },
  compressed: { encode: (text) => Bun.gzipSync(Buffer.from(text)), line: NO_TEXT },
  'with CR alone': { encode: macintosh, line: CR },
  'with CR alone and a comment first': { text: `# mine\n${PROFILE}`, encode: macintosh, line: CR },
  'with CR alone and a comment behind the header': {
    text: PROFILE.replace(']', '] # mine'),
    encode: macintosh,
    line: CR,
  },
  'with CR alone and a header last': { text: `${PROFILE}[other]`, encode: macintosh, line: CR },
  'with CR alone but for its last line': {
    text: PROFILE,
    encode: (text) => Buffer.concat([macintosh(text), Buffer.from('\n[other]\nregion = x\n')]),
    line: CR,
  },
  'without a header': { text: 'KEYS(p)', line: NO_SECTION },
  'with one header that is not closed': { text: PROFILE.replace(']', ''), line: NO_SECTION },
  'of UTF-8 with UTF-16 appended, as PowerShell does': {
    encode: (text) => Buffer.concat([Buffer.from('[other]\nregion = x\n'), utf16(text)]),
    line: NO_TEXT,
  },
  'with NULs behind its header, as a crash leaves it': {
    text: '[default]\n',
    encode: (text) => Buffer.concat([Buffer.from(text), new Uint8Array(64)]),
    line: NO_TEXT,
  },
  'with a NUL in its header': {
    text: `[other]\n${PROFILE.replace('fault', 'fault\0')}`,
    line: NO_TEXT,
  },
  'with a header that is not closed below another': {
    text: `[other]\nregion = eu-west-1\n${PROFILE.replace(']', '')}`,
    line: OPEN,
  },
  'with a header that a comment closes': {
    text: `[other]\n\n${PROFILE.replace(']', ' # ]')}`,
    line: OPEN,
  },
  'of one line without a line end': { text: 'x', line: NO_SECTION },
  'of variables': { text: 'export AWS_ACCESS_KEY_ID=ID(p)\n', line: NO_SECTION },
  'in JSON': { text: '{"AccessKeyId": "ID(p)"}\n', line: NO_SECTION },
  'in YAML': { text: '---\ndefault:\n  aws_access_key_id: ID(p)\n', line: NO_SECTION },
  'that is a page': { text: '<!DOCTYPE html>\n<title>403</title>\n', line: NO_SECTION },
}

const unreadable = Object.entries(UNREADABLE).flatMap(([look, { text = PROFILE, line, ...rest }]) =>
  (['config', 'credentials'] as const).map((file): Scenario => ({
    name: `a ${file} file ${look}`,
    [file]: text,
    fails: new RegExp(`cannot read the ${file} file '.+/${file}'${line.source}`),
    steps: '',
    ...rest,
  })),
)

/** What holds no text is empty, and so is no mistake. */
const EMPTY = ['\n', ' \t\r\n\r\n', '# none yet', '  ; none\r\n#', MARK, '\r', '\r\r\n'].map(
  (text): Scenario => ({
    name: `config and credentials files of ${JSON.stringify(text)}`,
    config: text,
    credentials: text,
    signer: 'role/node-role',
  }),
)

/** Files that are not what they look like. */
export const LOOKS: readonly Scenario[] = [
  ...MARKED,
  ...unreadable,
  ...EMPTY,
  {
    name: 'an unreadable file fails the run even if the environment has keys',
    env: { KEYS: 'env' },
    config: 'region = eu-west-1',
    fails: NO_SECTION,
    steps: '',
  },
  {
    name: 'a CR at the end of a line is no line end, however many there are',
    config: PROFILE.replaceAll('\n', '\r\r\n'),
    signer: 'p',
  },
]
