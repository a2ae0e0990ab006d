import { mkdirSync, symlinkSync } from 'node:fs'

import type { World } from '../../world/world.ts'
import type { Scenario } from './scenario.ts'

const KEYS =
  '{"Version":1,"AccessKeyId":"ID(p)","SecretAccessKey":"SECRET(p)","SessionToken":"TOKEN(p)"}'

/** A script that prints keys for two words, the second one with blanks. */
const SCRIPT = `[ "$#:$1:$2" = '2:one:two words' ] && cat <<'END'\n${KEYS}\nEND\n`

const FILES = { keys: KEYS, 'my keys': KEYS, 'script.sh': SCRIPT, "it's": KEYS }

/** Programs whose path has a blank. */
function install({ directory }: World): void {
  mkdirSync(`${directory}/.aws`)
  symlinkSync('/bin/sh', `${directory}/.aws/my sh`)
  symlinkSync('/bin/cat', `${directory}/.aws/my cat`)
}

const runs = (name: string, command: string): Scenario => ({
  name: `command: ${name}`,
  prepare: install,
  files: FILES,
  config: `[default]\ncredential_process = ${command}`,
  signer: 'p',
  steps: 'ecr',
})

const WHOLE = /exit code 127; it said '.+'; hint: .*quotes around the whole command/

const fails = (name: string, command: string, line: RegExp): Scenario => {
  const { signer: _, ...scenario } = runs(name, command)
  return { ...scenario, fails: line, steps: '' }
}

/** The words of a `credential_process`: it runs as written. */
export const COMMANDS: readonly Scenario[] = [
  runs("AWS's own example", '"DIR/my sh" "DIR/script.sh" one "two words"'),
  runs('a path in quotes', '"DIR/my cat" DIR/keys'),
  runs('a path in single quotes', "'DIR/my cat' DIR/keys"),
  runs('the first and the last word in single quotes', "'DIR/my cat' 'DIR/my keys'"),
  runs('quotes of both kinds', `"DIR/my cat" "DIR/it's"`),
  runs('a path with a blank that a backslash protects', 'DIR/my\\ cat "DIR/my keys"'),
  runs('quotes around the last word only', 'DIR/my\\ cat "DIR/keys"'),
  {
    ...runs('quotes in the credentials file', ''),
    config: '',
    credentials: '[default]\ncredential_process: "DIR/my sh" "DIR/script.sh" one "two words"',
  },
  fails('quoted as a whole', '"cat DIR/keys"', WHOLE),
  fails('quoted as a whole, in single quotes', "'cat DIR/keys'", WHOLE),
  fails('quotes with nothing in them', '""', /exit code 127/),
  fails('quoted as a whole, behind a variable', 'X=1 "cat DIR/keys"', WHOLE),
  fails('a path with a blank that nothing protects', 'DIR/my cat DIR/keys', WHOLE),
  fails('another exit code has no such hint', 'echo no >&2; exit 126', /126; it said 'no'$/),
  ...[
    ['a daemon with an answer behind it', '(sleep 30 >/dev/null </dev/null) & exec cat DIR/keys'],
    ['a daemon that goes on writing', '(yes >&2) & cat DIR/keys'],
    ['a daemon in a session of its own', 'setsid sleep 30 >&- & cat DIR/keys'],
    ['a daemon that hears no signal', "(trap '' HUP TERM; sleep 30) >/dev/null & cat DIR/keys"],
  ].map(([name = '', command = '']) => ({
    ...runs(`only stderr is held: ${name}`, command),
    args: ['--timeout', '20'],
  })),
  {
    ...fails(
      'only stderr is held: the words of a command that fails',
      '(sleep 30 >/dev/null) & echo no device >&2; exit 7',
      /exit code 7; it said 'no device'$/,
    ),
    args: ['--timeout', '20'],
  },
  {
    ...fails(
      'stdout is held by a daemon: the answer is not whole',
      '(sleep 30) 2>/dev/null & cat DIR/keys',
      /did not end in [0-9.]+ s/,
    ),
    args: ['--timeout', '2'],
  },
]
