/** Writes a file of the private directory in its first argument, again and again, until it is killed. */
import fs from 'node:fs'

import { openPrivateDirectory } from '../src/private_directory.ts'

const directory = openPrivateDirectory(process.argv[2] ?? '', fs)
for (let round = 0; ; round += 1) directory.replace('f', ('abc'[round % 3] ?? '').repeat(30_000))
