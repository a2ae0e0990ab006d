import { readFileSync } from 'node:fs'

export const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** In one line, since a sentence may be broken anywhere. */
export const README_LINE = README.replaceAll(/\s+/g, ' ')

/** What stands in the README between two markers; empty where they are not there. */
export function readBetween([begin, end]: readonly [string, string]): string {
  return README.split(begin)[1]?.split(end)[0]?.trim() ?? ''
}
