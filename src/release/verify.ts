import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { SUMS } from './release.ts'
import { digest } from './tar.ts'

/** What a comparison says of one file. */
interface Verdict {
  readonly isSame: boolean
  readonly text: string
}

/**
 * The sums of a published release, from its SHA256SUMS or a folder that holds it. Of a folder, the files that are there are
 * hashed, so that a list that does not fit them is found out.
 *
 * @throws {Error} if there is no list, it is not one, or a file in the folder does not have its sum.
 */
export function readSums(place: string): string {
  const isFolder = statSync(place).isDirectory()
  const text = readFileSync(isFolder ? join(place, SUMS) : place, 'utf8')
  const sums = parseSums(text)
  if (sums.size === 0) throw new Error(`${place} lists no files`)
  for (const [name, sum] of isFolder ? sums : []) {
    const path = join(place, name)
    if (existsSync(path) && digest('sha256', readFileSync(path)) !== sum) {
      throw new Error(`${path} is not the file that ${SUMS} lists`)
    }
  }
  return text
}

/** What is said of each file that is published or was made here. */
export function compareSums(published: string, made: string): readonly Verdict[] {
  const [theirs, ours] = [parseSums(published), parseSums(made)]
  return [...new Set([...theirs.keys(), ...ours.keys()])].toSorted().map((name) => {
    const [their, our] = [theirs.get(name), ours.get(name)]
    if (our === their) return { isSame: true, text: `same       ${name}` }
    if (our === undefined) return { isSame: false, text: `not made   ${name}` }
    if (their === undefined) return { isSame: false, text: `not listed ${name}` }
    return { isSame: false, text: `DIFFERENT  ${name}\n  ${their} published\n  ${our} made here` }
  })
}

function parseSums(text: string): ReadonlyMap<string, string> {
  const rows = [...text.matchAll(/^(?<sum>[0-9a-f]{64}) [ *](?<name>[^/\n]+)$/gm)]
  return new Map(rows.map(({ groups }) => [groups?.['name'] ?? '', groups?.['sum'] ?? '']))
}
