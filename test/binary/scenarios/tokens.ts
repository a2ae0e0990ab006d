import { expect } from 'bun:test'
import { existsSync } from 'node:fs'

import { issueKey } from '../../world/keys.ts'
import type { World } from '../../world/world.ts'
import { prints, type Scenario } from './scenario.ts'

const ENV = { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' }
const SIGNER = 'assumed-role/w/ecr-credential-provider'
const files = { token: 'sentinel-jwt' }
const error = (code: string) => `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`
const fault = (status: number, code: string) =>
  ({ kind: 'answer', status, body: error(code) }) as const

/** What STS sends, without what nobody asks it for. */
const KEYS =
  '<AccessKeyId>ID</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>'

/**
 * Answers the next web identity with this text, where `ID`, `SECRET` and `TOKEN` are those of a key of `xml`, and `KEYS` all
 * four elements.
 */
function answerXml(text: string) {
  return ({ state, faults }: World) => {
    const key = issueKey(state, { owner: 'xml' })
    const body = text
      .replace('KEYS', KEYS)
      .replaceAll('ID', key.accessKeyId)
      .replaceAll('SECRET', key.secretAccessKey)
      .replaceAll('TOKEN', key.sessionToken ?? '')
    faults.push({ step: 'sts-web-identity', fault: { kind: 'answer', status: 200, body } })
  }
}

/** More on web identity: refusals, what is sent, and the XML that comes back. */
export const IDENTITY: readonly Scenario[] = [
  {
    name: 'web identity: not known for a moment',
    env: ENV,
    files,
    faults: [{ step: 'sts-web-identity', times: 1, fault: fault(400, 'InvalidIdentityToken') }],
    signer: SIGNER,
    steps: 'sts-web-identity sts-web-identity ecr',
  },
  ...(
    [
      [403, 'IDPRejectedClaim'],
      [400, 'ExpiredTokenException'],
      [400, 'ValidationError'],
      [400, 'PackedPolicyTooLarge'],
      [403, 'RegionDisabledException'],
    ] as const
  ).map(([status, code]) => ({
    name: `web identity: ${code} is final`,
    env: ENV,
    files,
    faults: [{ step: 'sts-web-identity', fault: fault(status, code) }] as const,
    fails: new RegExp(`role/w.*${code}`),
    steps: 'sts-web-identity',
  })),
  {
    name: 'web identity: AWS_MAX_ATTEMPTS holds for STS',
    env: { ...ENV, AWS_MAX_ATTEMPTS: '2' },
    files,
    faults: [{ step: 'sts-web-identity', fault: fault(400, 'IDPCommunicationError') }],
    fails: /IDPCommunicationError.*2 attempts/,
    steps: 'sts-web-identity sts-web-identity',
  },
  {
    name: 'web identity: a token of every kind of character',
    env: ENV,
    files: { token: 'sentinel-a +/=&%2B"<>~' },
    signer: SIGNER,
    check: ({ requests }) => {
      const form = new URLSearchParams(requests[0]?.body)
      expect(form.get('WebIdentityToken')).toBe('sentinel-a +/=&%2B"<>~')
    },
  },
  {
    name: 'web identity: no duration, and no region but the image',
    env: { ...ENV, AWS_REGION: 'eu-west-1' },
    files,
    sent: ['RoleArn=ROLE(w)', '/us-west-2/ecr/aws4_request'],
    unsent: ['DurationSeconds', 'eu-west-1'],
  },
  {
    name: 'web identity: an empty AWS_ROLE_ARN',
    env: { ...ENV, AWS_ROLE_ARN: '' },
    files,
    fails: /AWS_ROLE_ARN/,
    steps: '',
  },
  {
    name: "web identity: a profile's role does not complete the environment",
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token' },
    config: '[default]\nrole_arn = ROLE(w)\nKEYS(p)',
    files,
    fails: /AWS_ROLE_ARN/,
    steps: '',
  },
  {
    name: 'web identity: AWS_ROLE_SESSION_NAME is not for profiles',
    env: { AWS_ROLE_SESSION_NAME: 'other' },
    config: '[default]\nrole_arn = ROLE(w)\nweb_identity_token_file = DIR/token',
    files,
    signer: SIGNER,
  },
  ...(
    [
      ['none', 'does not exist'],
      ['empty', 'empty'],
    ] as const
  ).map(([file, problem]) => ({
    name: `web identity of a profile: the file ${problem}`,
    config: `[default]\nrole_arn = ROLE(w)\nweb_identity_token_file = DIR/${file}`,
    files: { empty: '' },
    fails: new RegExp(`${file}'.*${problem}`),
    steps: '',
  })),
  ...Object.entries({
    'comments and a declaration': '<?xml version="1.0" encoding="UTF-8"?><!-- x -->KEYS',
    'prefixes on what is not asked for':
      '<n:R xmlns:n="u"><n:AccessKeyId>no</n:AccessKeyId>KEYS</n:R>',
    'other elements and another order':
      '<R><Other>a &amp; b</Other><SessionToken>TOKEN</SessionToken><Other/><SecretAccessKey>SECRET</SecretAccessKey><AccessKeyId>ID</AccessKeyId><Expiration>2099-01-01T00:00:00</Expiration></R>',
    'an expiry that has passed':
      '<R><AccessKeyId>ID</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken><Expiration>2001-01-01T00:00:00Z</Expiration></R>',
    'a document type that nothing refers to': '<!DOCTYPE R [<!ENTITY e "SECRET">]>KEYS',
  }).map(([name, text]) => ({
    name: `web identity: XML with ${name}`,
    env: ENV,
    files,
    prepare: answerXml(text),
    signer: 'xml',
    steps: 'sts-web-identity ecr',
  })),
  ...(
    [
      ['no secret', KEYS.replace(/<SecretAccessKey>.*<.SecretAccessKey>/, ''), 'SecretAccessKey'],
      ['no session token', KEYS.replace(/<SessionToken>.*<.SessionToken>/, ''), 'SessionToken'],
      ['no expiry', KEYS.replace(/<Expiration>.*<.Expiration>/, ''), 'Expiration'],
      [
        'an id without a text',
        KEYS.replace(/<AccessKeyId>.*<.AccessKeyId>/, '<AccessKeyId/>'),
        'AccessKeyId',
      ],
      ['an empty id', KEYS.replace('>ID<', '><'), 'AccessKeyId'],
      ['CDATA for an id', KEYS.replace('ID<', '<![CDATA[ID]]><'), 'AccessKeyId'],
      ['an entity in a token', KEYS.replace('TOKEN<', 'TOKEN&#43;<'), 'SessionToken'],
      [
        'an entity of its own for a secret',
        `<!DOCTYPE R [<!ENTITY e "SECRET">]>${KEYS.replace('SECRET<', '&e;<')}`,
        'SecretAccessKey',
      ],
      ['a comment in an expiry', KEYS.replace('T00:', '<!-- x -->T00:'), 'Expiration'],
      ['prefixed names', KEYS.replace(/<([/]?)(?=[A-Z])/g, '<$1n:'), 'AccessKeyId'],
      ['names in another case', KEYS.replaceAll('AccessKeyId', 'accessKeyId'), 'AccessKeyId'],
      [
        'an attribute on a token',
        KEYS.replace('<SessionToken>', '<SessionToken a="b">'),
        'SessionToken',
      ],
      [
        'another id in another place',
        `<Other><AccessKeyId>no</AccessKeyId></Other>${KEYS}`,
        'AccessKeyId',
      ],
      [
        'another secret in a comment',
        `${KEYS}<!-- <SecretAccessKey>no</SecretAccessKey> -->`,
        'SecretAccessKey',
      ],
      ['another expiry, cut off', `${KEYS}<Expiration>2099`, 'Expiration'],
    ] as const
  ).map(([name, text, element]) => ({
    name: `web identity: XML with ${name}`,
    env: ENV,
    files,
    prepare: answerXml(`<R>${text}</R>`),
    fails: new RegExp(`STS's answer: it is not as documented: it must hold '${element}' once`),
    steps: 'sts-web-identity',
  })),
  ...Object.entries({
    'no code': '<Error/>',
    'two codes': '<Code>AccessDenied</Code><Code>IDPCommunicationError</Code>',
    'an entity in its code': '<Code>Access&#68;enied</Code>',
    'CDATA for a code': '<Code><![CDATA[AccessDenied]]></Code>',
    'a prefixed code': '<n:Code>AccessDenied</n:Code>',
  }).map(([name, text]) => ({
    name: `web identity: an error with ${name}`,
    env: ENV,
    files,
    faults: [
      {
        step: 'sts-web-identity',
        fault: { kind: 'answer', status: 403, body: `<ErrorResponse>${text}</ErrorResponse>` },
      },
    ] as const,
    fails: /cannot assume role .*: HTTP status 403 from/,
    steps: 'sts-web-identity',
  })),
]

/** More on `credential_process`. */
export const PROGRAMS: readonly Scenario[] = [
  {
    name: 'process: a lasting key, and fields of its own',
    config: prints(
      '{"Version":1,"AccessKeyId":"ID(user/u)","SecretAccessKey":"SECRET(user/u)","AccountId":"1","Other":[{}]}',
    ),
    signer: 'user/u',
    unsent: ['x-amz-security-token:'],
  },
  {
    name: 'process: an expiry with a fraction and an offset',
    config: prints(
      '{"Version":1,"AccessKeyId":"ID(user/u)","SecretAccessKey":"SECRET(user/u)","Expiration":"2099-01-01T00:00:00.25+01:00"}',
    ),
    signer: 'user/u',
  },
  {
    name: 'process: several lines of output',
    config: '[default]\ncredential_process = echo; PRINT(p); echo',
    signer: 'p',
  },
  ...['[]', 'null', '1', '{"Version":1', '{"Version":1} {"Version":1}'].map((output) => ({
    name: `process: ${output} is refused`,
    config: prints(output),
    fails: /credential_process of profile 'default'/,
    steps: '',
  })),
  {
    name: 'process: what it printed is not shown',
    config: prints('sentinel-printed'),
    fails: /credential_process/,
    steps: '',
  },
  {
    name: 'process: it reads its input to the end',
    config: '[default]\ncredential_process = cat >/dev/null; PRINT(p)',
    signer: 'p',
    withinMs: 10_000,
  },
  {
    name: 'process: it has the whole environment',
    env: { AWS_REGION: 'eu-west-1', OTHER: 'x y' },
    config:
      '[default]\ncredential_process = test "$AWS_REGION$OTHER$AWS_EC2_METADATA_SERVICE_ENDPOINT" = "eu-west-1x yURL(imds)" && PRINT(p)',
    signer: 'p',
  },
  {
    name: 'process: an empty command is none',
    config: '[default]\ncredential_process =',
    signer: 'role/node-role',
  },
  {
    name: 'process: a role on top, whose own failure is told apart',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_process = PRINT(p)',
    prepare: ({ state }) => state.sts.denied.add('arn:aws:iam::123456789012:role/a'),
    fails: /role\/a.*AccessDenied/,
    steps: 'sts-assume-role',
  },
  {
    name: 'process: it fails under a role',
    config: '[default]\nrole_arn = ROLE(a)\ncredential_process = echo no device >&2; exit 9',
    fails: /exit code 9.*no device/,
    steps: '',
  },
  {
    name: 'process: much on stderr, and then success',
    config: '[default]\ncredential_process = head -c 3000000 /dev/zero >&2 && PRINT(p)',
    signer: 'p',
  },
  {
    name: 'process: the end of a long stderr is what counts',
    config:
      "[default]\ncredential_process = head -c 5000 /dev/zero | tr '\\0' x >&2; echo Untrusted certificate >&2; exit 5",
    fails: /exit code 5; it said 'x+Untrusted certificate'/,
    steps: '',
  },
  {
    name: 'process: its words are shown beside an output that is none',
    config: '[default]\ncredential_process = echo cannot open key file >&2',
    fails: /it is not valid JSON; it said 'cannot open key file'/,
    steps: '',
  },
  {
    name: 'process: its words are shown beside an expiry that is none',
    config:
      '[default]\ncredential_process = echo clock unset >&2; echo \'{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s","Expiration":"0"}\'',
    fails: /its expiry is not an RFC 3339 time; it said 'clock unset'/,
    steps: '',
  },
  {
    name: 'process: much on stderr, and then failure',
    config: "[default]\ncredential_process = head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 5",
    fails: /^.{0,2000}exit code 5/,
    steps: '',
  },
  {
    name: 'process: endless output',
    args: ['--timeout', '2'],
    config: '[default]\ncredential_process = yes',
    fails: /credential_process/,
    withinMs: 6000,
  },
  {
    name: 'process: a helper that it leaves behind without its pipes',
    config: '[default]\ncredential_process = sleep 20 >/dev/null 2>&1 & PRINT(p)',
    signer: 'p',
    withinMs: 10_000,
  },
  {
    name: 'process: it closes its output and goes on',
    args: ['--timeout', '2'],
    config: '[default]\ncredential_process = exec >&- 2>&-; sleep 30',
    fails: /did not end/,
    withinMs: 6000,
  },
  {
    name: 'process: it does not listen to a signal',
    args: ['--timeout', '2'],
    config: "[default]\ncredential_process = trap '' TERM INT HUP; while :; do sleep 1; done",
    fails: /did not end/,
    withinMs: 6000,
  },
  {
    name: 'process: a failure without a word',
    config: '[default]\ncredential_process = exit 1',
    fails: /exit code 1/,
    steps: '',
  },
  {
    name: 'process: a profile that is not in use does not run',
    config: '[profile other]\ncredential_process = touch DIR/ran\n[default]\nKEYS(p)',
    signer: 'p',
    check: ({ directory }) => expect(existsSync(`${directory}/.aws/ran`)).toBe(false),
  },
]
