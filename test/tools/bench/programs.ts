import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { compile } from '../../../src/build.ts'
import { pluginPath } from '../../world/plugin.ts'

/** A program that is compared. */
export interface Program {
  readonly name: string
  readonly path: string
  readonly role: 'print' | 'ours' | 'peer'
}

/**
 * The programs, each as a copy in `directory`: one that only prints, ours, and the peers. A build in the meantime changes
 * nothing, and no other process keeps the pages of a file in memory.
 */
export async function gatherPrograms(
  directory: string,
  peers: readonly string[],
): Promise<readonly Program[]> {
  if (!existsSync(pluginPath)) throw new Error('Nothing in dist/: run `npm run build` first')
  const print = join(directory, 'print')
  await buildPrint(directory, print)
  const copies = peers.map((peer, index) => {
    const taken = peers.slice(0, index).some((other) => basename(other) === basename(peer))
    const name = taken ? `${basename(peer)}-${index + 1}` : basename(peer)
    return { name, path: copy(peer, join(directory, `peer-${name}`)), role: 'peer' } as const
  })
  return [
    { name: 'print', path: print, role: 'print' },
    { name: basename(pluginPath), path: copy(pluginPath, join(directory, 'ours')), role: 'ours' },
    ...copies,
  ]
}

/** The least that a compiled Bun program can do, built as ours is. */
async function buildPrint(directory: string, outfile: string): Promise<void> {
  const source = join(directory, 'print.ts')
  writeFileSync(source, `console.log('{"auth":{}}')\n`)
  const result = await compile(source, outfile)
  if (!result.success)
    throw new Error(`Cannot build print: ${result.logs.map(({ message }) => message).join('; ')}`)
  sync(outfile)
}

function copy(from: string, to: string): string {
  copyFileSync(from, to)
  sync(to)
  return to
}

/** Pages that wait to be written cannot be evicted, and their writing would be somebody's time. */
function sync(path: string): void {
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}
