/** Writes a file of the private directory in its first argument, until it is killed, or the process in its second ends. */
import fs from 'node:fs'

import { openPrivateDirectory } from '../../src/host/disk.ts'

const directory = openPrivateDirectory(process.argv[2] ?? '', fs)
// A test that fails, or is killed itself, does not get to kill this one, and may be gone before this one has begun.
const test = `/proc/${process.argv[3] ?? ''}`
for (let round = 0; fs.existsSync(test); round += 1) {
  directory.replace('f', ('abc'[round % 3] ?? '').repeat(30_000))
}
