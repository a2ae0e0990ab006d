import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { type Case, CASES } from './cases.ts'

/** What is asked for on the command line. */
export interface Options {
  readonly rounds: number
  readonly cases: readonly Case[]
  readonly peers: readonly string[]
  readonly svg: string | undefined
}

const USAGE = `usage: npm run bench -- [--rounds N] [--case NAME] [--peer PATH]... [--svg FILE]
cases: ${CASES.map(({ name }) => `'${name}'`).join(', ')}`

/** @throws {Error} where the command line makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '40' },
      case: { type: 'string', multiple: true },
      peer: { type: 'string', multiple: true, default: [] },
      svg: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(USAGE)
  const names = values.case ?? CASES.map(({ name }) => name)
  const cases = names.map((name) => {
    const found = CASES.find((each) => each.name === name)
    if (found === undefined) throw new Error(USAGE)
    return found
  })
  return { rounds, cases, peers: values.peer.map((path) => resolve(path)), svg: values.svg }
}
