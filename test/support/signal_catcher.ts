/** Has one thing to clean up, `two`, or two of which one is `released`; says how many listen, and waits for a signal. */
import { writeSync } from 'node:fs'

import { createSystem } from '../../src/host/host.ts'

const listeners = () => process.listenerCount('SIGTERM')
const counts = [listeners()]
const { onSignal } = createSystem('p', () => undefined, new Set())
counts.push(listeners())
// At once, since the process ends behind it.
const cleanUp = () => void writeSync(1, 'cleaned\n')
const release = onSignal(cleanUp)
counts.push(listeners())
if (process.argv[2] !== 'one') onSignal(() => void writeSync(1, 'cleaned\n'))
if (process.argv[2] === 'released') release()
counts.push(listeners())
writeSync(1, `${counts.join(' ')}\n`)
// A test that is killed itself does not get to send its signal.
await Bun.sleep(20_000)
