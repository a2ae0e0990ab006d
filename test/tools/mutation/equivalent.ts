/** Changes of one line that change nothing. */
interface Equivalent {
  readonly file: string
  /** The line as it is in the source, without its indentation: once it changes, its changes are judged anew. */
  readonly code: string
  readonly changes: readonly string[]
  readonly why: string
}

/** What survives and may, with the reason. */
export const EQUIVALENT: readonly Equivalent[] = [
  {
    file: 'base/addresses.ts',
    code: '/^\\[(fe[89ab][0-9a-f]|fd00:ec2):[0-9a-f:]*\\]$/.test(hostname)',
    changes: [
      '/^\\[(fe[89ab][0-9a-f]|fd00:ec2):[0-9a-f: -> /\\[(fe[89ab][0-9a-f]|fd00:ec2):[0-9a-f:]',
      'a-f:]*\\]$/ -> a-f:]*\\]/',
    ],
    why: 'In the host name of a URL brackets stand at both ends only.',
  },
  {
    file: 'base/addresses.ts',
    code: '/^\\[::ffff:(7f[0-9a-f]{2}|a9fe):[0-9a-f]{1,4}\\]$/.test(hostname) ||',
    changes: [
      '/^\\[::ffff:(7f[0-9a-f]{2}|a9fe):[0-9a-f] -> /\\[::ffff:(7f[0-9a-f]{2}|a9fe):[0-9a-f]{',
      '0-9a-f]{1,4}\\]$/ -> 0-9a-f]{0,4}\\]$/',
      '9a-f]{1,4}\\]$/ -> 9a-f]{1,5}\\]$/',
      ']{1,4}\\]$/ -> ]{1,4}\\]/',
    ],
    why: 'In the host name of a URL brackets stand at both ends only, and a group has one to four digits.',
  },
  {
    file: 'aws/error_code.ts',
    code: "return { code: showable(code?.split(':', 1)[0]?.split('#').at(-1)), message }",
    changes: ['1 -> (1 + 1)'],
    why: 'Only the first part is used.',
  },
  {
    file: 'base/decode.ts',
    code: 'const result = v.safeParse(schema, value, { abortEarly: true })',
    changes: ['true -> false'],
    why: 'Only the first issue is shown.',
  },
  {
    file: 'host/boot_clock.ts',
    code: "if (seconds === undefined || !/^[0-9a-f-]{36}\\n?$/.test(bootId)) throw new Error('no boot clock')",
    changes: ["'no boot clock' -> ''"],
    why: 'The words of an error are never shown.',
  },
  {
    file: 'cache/claim.ts',
    code: "const noted = judge(files.read(noteName) ?? '')",
    changes: ["'' -> 'x'"],
    why: 'Neither is a note.',
  },
  {
    file: 'cache/claim.ts',
    code: "return system.isRunning(Number(owner)) ? 'taken' : undefined",
    changes: ["'taken' -> ''"],
    why: 'Of a claim it only counts whether it stands, and a note never has a process number.',
  },
  {
    file: 'cache/claim.ts',
    code: "if (note !== undefined) files.replace(noteName, textFor(note, note === 'failed' ? 0 : pauseMs))",
    changes: ['0 -> (0 + 1)', '0 -> (0 - 1)'],
    why: 'A millisecond, where the boot clock tells hundredths of a second.',
  },
  {
    file: 'cache/claim.ts',
    code: 'const [, owner, end = 0] = /^(failed|throttled|[0-9]{1,10}) ([0-9]{1,15})$/.exec(text) ?? []',
    changes: ['0 -> (0 + 1)', '0 -> (0 - 1)', ' ([0-9]{1,15})$/ ->  ([0-9]{0,15})$/'],
    why: 'A claim that ends within the first two milliseconds after a boot is over.',
  },
  {
    file: 'cache/claim.ts',
    code: "let own = ''",
    changes: ["'' -> 'x'"],
    why: 'Only a run that has claimed, and so set it, releases.',
  },
  {
    file: 'cache/store.ts',
    code: 'lifeMs: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LIFE_MS)),',
    changes: ['0 -> (0 + 1)', '0 -> (0 - 1)'],
    why: 'A life that short is over when it is read.',
  },
  {
    file: 'cache/key.ts',
    code: "case 'container':",
    changes: ["'container' -> ''"],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'cache/key.ts',
    code: "case 'instance':",
    changes: ["'instance' -> ''"],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'cache/key.ts',
    code: "case 'keys':",
    changes: ["'keys' -> ''"],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'cache/key.ts',
    code: "case 'sso':",
    changes: ["'sso' -> ''"],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'cache/key.ts',
    code: "case 'web_identity':",
    changes: ["'web_identity' -> ''"],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'cache/key.ts',
    code: 'const VERSION = 2',
    changes: ['2 -> (2 + 1)', '2 -> (2 - 1)'],
    why: 'Any number will do.',
  },
  {
    file: 'cache/key.ts',
    code: '.toSorted(([a], [b]) => (a < b ? -1 : 1))',
    changes: ['< -> <=', '< -> >=', '1 -> (1 + 1)', '1 -> (1 - 1)'],
    why: 'Any order will do that is the same each time; sorting only asks whether the result is less than 0.',
  },
  {
    file: 'cache/key.ts',
    code: 'return []',
    changes: ['[] -> undefined'],
    why: 'Then `undefined` is hashed in place of an empty list, for every such source.',
  },
  {
    file: 'net/clock.ts',
    code: "const direction = sampleMs > 0 ? 'behind' : 'ahead'",
    changes: ['> -> >=', '0 -> (0 + 1)', '0 -> (0 - 1)'],
    why: 'The difference is at least four minutes.',
  },
  {
    file: 'config/ini.ts',
    code: "open.value += `\\n${line.replace(/^[ \\t]+/, '')}`",
    changes: ['/^[ \\t]+/ -> /[ \\t]+/'],
    why: 'The line is indented, so its first blanks are those at its beginning.',
  },
  {
    file: 'config/ini.ts',
    code: "while (start < end && SPACE.test(text[end - 1] ?? '')) end -= 1",
    changes: ['< -> <=', "'' -> 'x'"],
    why: 'Before the beginning there is nothing, which is no white space.',
  },
  {
    file: 'config/ini.ts',
    code: "while (start < end && SPACE.test(text[start] ?? '')) start += 1",
    changes: ['< -> <=', "'' -> 'x'"],
    why: 'Behind the end there is nothing, which is no white space.',
  },
  {
    file: 'config/shared_files.ts',
    code: "const filled = present.filter(({ value }) => value !== '')",
    changes: ['!== -> ==='],
    why: 'Of two keys one is filled exactly when one is empty, and one alone is counted already.',
  },
  {
    file: 'credentials/imds_answers.ts',
    code: "const [role = ''] = new TextDecoder().decode(body).split(/\\r?\\n|\\r$/, 1)",
    changes: ['1 -> (1 + 1)', "'' -> 'x'"],
    why: 'Only the first part is used, and there always is one.',
  },
  {
    file: 'credentials/imds.ts',
    code: 'return new Uint8Array()',
    changes: ['new Uint8Array() -> undefined'],
    why: 'A decoder takes nothing for no bytes.',
  },
  {
    file: 'credentials/imds_answers.ts',
    code: "const shown = /^[A-Za-z]{1,64}$/.test(code) ? code : 'not Success'",
    changes: ['A-Za-z]{1,64}$/ -> A-Za-z]{0,64}$/'],
    why: 'An empty code has been refused above.',
  },
  {
    file: 'credentials/imds_answers.ts',
    code: 'if (/^[\\w+=,.@-]{1,64}$/.test(role)) return role',
    changes: ['+=,.@-]{1,64}$/ -> +=,.@-]{0,64}$/'],
    why: 'An empty name has been dealt with above.',
  },
  {
    file: 'ecr/token.ts',
    code: 'const leftMs = (data.expiresAt ?? 0) * 1000 - (dateOf(answer.headers) ?? nowMs)',
    changes: ['0 -> (0 + 1)', '0 -> (0 - 1)'],
    why: 'Both are long ago.',
  },
  {
    file: 'ecr/token.ts',
    code: 'const [, username, password] = /^([^:]+):(.+)$/s.exec(text) ?? []',
    changes: [']+):(.+)$/s -> ]+):(.+)/s'],
    why: 'The last part takes all that is left.',
  },
  {
    file: 'ecr/token.ts',
    code: 'if (username !== undefined && password !== undefined) return { username, password }',
    changes: ['&& -> ||'],
    why: 'Both are there or neither.',
  },
  {
    file: 'net/answer.ts',
    code: "const [, name, value = ''] = FIELD_LINE.exec(line) ?? []",
    changes: ["'' -> 'x'"],
    why: 'The value is there if the name is; the default is for the types.',
  },
  {
    file: 'net/answer.ts',
    code: "if (digits === undefined) throw broken('EBADMSG')",
    changes: ['digits === undefined -> false'],
    why: 'A size that is none is NaN; reading so many bytes ends in the same refusal.',
  },
  {
    file: 'base/addresses.ts',
    code: "return hostname.replace(/^\\[|\\]$/g, '')",
    changes: ['/^\\[|\\]$/g -> /\\[|\\]$/g', '/^\\[|\\]$/g -> /^\\[|\\]/g'],
    why: 'In the host name of a URL brackets stand at both ends or nowhere.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: "const [network = '', length, ...rest] = entry.split('/')",
    changes: ["'' -> 'x'"],
    why: 'The first part is always there; the default is for the types.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: "if (name === '' || (port !== undefined && port !== hostPort)) return false",
    changes: ['false -> undefined'],
    why: 'What is returned is only looked at as a condition.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: 'if (address !== undefined) return false',
    changes: ['false -> undefined'],
    why: 'What is returned is only looked at as a condition.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: 'if (bits === undefined || !/^[0-9]+$/.test(length)) return false',
    changes: ['false -> undefined'],
    why: 'What is returned is only looked at as a condition.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: 'const shortest = bits.startsWith(MAPPED) ? MAPPED.length : 0',
    changes: ['0 -> (0 - 1)'],
    why: 'No length is negative.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: 'if (prefix < shortest || prefix > bits.length) return false',
    changes: ['false -> undefined'],
    why: 'What is returned is only looked at as a condition.',
  },
  {
    file: 'net/proxy/exempt.ts',
    code: 'if (address.startsWith(MAPPED) !== bits.startsWith(MAPPED)) return false',
    changes: ['false -> undefined'],
    why: 'What is returned is only looked at as a condition.',
  },
  {
    file: 'kubelet/options.ts',
    code: "function parseDirectory(value = ''): string {",
    changes: ["'' -> 'x'"],
    why: 'Neither begins with a slash.',
  },
  {
    file: 'kubelet/options.ts',
    code: "function parseTimeout(value = ''): number {",
    changes: ["'' -> 'x'"],
    why: 'Neither is a number of seconds.',
  },
  {
    file: 'kubelet/options.ts',
    code: 'const seconds = /^[0-9]{1,4}$/.test(value) ? Number(value) : 0',
    changes: ['/^[0-9]{1,4}$/ -> /^[0-9]{0,4}$/', '0 -> (0 - 1)'],
    why: 'Nothing, 0 and -1 are all less than 1.',
  },
  {
    file: 'host/disk.ts',
    code: 'const length = fs.readSync(descriptor, bytes, 0, bytes.length, 0)',
    changes: ['0 -> (0 - 1)'],
    why: 'The file was just opened, so the current position is its beginning.',
  },
  {
    file: 'net/proxy/rules.ts',
    code: "return parseProxy(env[variable] ?? '', variable)",
    changes: ["'' -> 'x'"],
    why: 'The variable was chosen because it is not empty; the default is for the types.',
  },
  {
    file: 'ecr/host.ts',
    code: "const authority = image.replace(/^https?:\\/\\//i, '').split('/', 1)[0] ?? ''",
    changes: ['1 -> (1 + 1)', "'' -> 'x'"],
    why: 'Only the first part is used, and there always is one.',
  },
  {
    file: 'ecr/host.ts',
    code: "const name = authority.replace(/:[0-9]+$/, '')",
    changes: ['/:[0-9]+$/ -> /:[0-9]+/'],
    why: 'The authority has one colon at most, and nothing but the port behind it.',
  },
  {
    file: 'ecr/host.ts',
    code: '/^[0-9]{12}\\.dkr[.-]ecr(?<fips>-fips)?\\.(?<region>[a-z0-9-]+)\\.(?<suffix>[a-z0-9.-]+)$/',
    changes: ['0-9.-]+)$/ -> 0-9.-]+)/'],
    why: 'The name has only characters of the last part, which takes all of them.',
  },
  {
    file: 'ecr/host.ts',
    code: "const { fips, region: found = '', suffix } = PRIVATE_HOST.exec(name)?.groups ?? {}",
    changes: ["'' -> 'x'"],
    why: 'Where there is no region there is no suffix either, and that is of no partition.',
  },
  {
    file: 'aws/retry.ts',
    code: "const code = errorCode?.(outcome) ?? ''",
    changes: ["'' -> 'x'"],
    why: 'Neither is a code that AWS has.',
  },
  {
    file: 'aws/retry.ts',
    code: '{ maxAttempts = 0, errorCode, learn, yields = false }: RetryOptions,',
    changes: ['0 -> (0 - 1)'],
    why: 'Less than one means the default, however much less.',
  },
  {
    file: 'aws/retry.ts',
    code: 'if (retryAfter === null || !/^[0-9]{1,9}$/.test(retryAfter)) return delay',
    changes: ['/^[0-9]{1,9}$/ -> /^[0-9]{0,9}$/'],
    why: 'An empty header is the number 0, and the wait is never shorter than our own.',
  },
  {
    file: 'base/decode.ts',
    code: '/^\\d{4}-\\d\\d-\\d\\d[Tt](?:[01]\\d|2[0-3]):\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:[Zz]|[+-]\\d\\d:\\d\\d)$/',
    changes: [
      '(?:\\.\\d{1,9})?(?:[Zz]|[+-]\\d\\d:\\d\\d)$/ -> (?:\\.\\d{0,9})?(?:[Zz]|[+-]\\d\\d:\\d\\d)$/',
      '\\d:\\d\\d)$/ -> \\d:\\d\\d)/',
    ],
    why: '`Date.parse` refuses a point without digits, and anything behind the offset.',
  },
  {
    file: 'cache/single_flight.ts',
    code: "const turn: Turn = leftMs > 0 ? cache.claim() : 'alone'",
    changes: ['0 -> (0 + 1)'],
    why: 'The last millisecond of the wait.',
  },
  {
    file: 'net/trust.ts',
    code: 'return []',
    changes: ['[] -> undefined'],
    why: '`undefined` in the list of files is a file that cannot be read.',
  },
]
