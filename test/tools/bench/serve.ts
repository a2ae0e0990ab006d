/**
 * The fake AWS of the benchmark, in a process of its own so that its work is nobody else's time. Takes the delays of
 * IMDS, of the round trip to ECR and of ECR in milliseconds. Sends its parent the environment for its clients, then the
 * number of calls to ECR whenever it is asked, and stops when it is told to, or when its parent is gone.
 */
import { createAuthority } from '../../world/certificates.ts'
import { startWorld } from '../../world/world.ts'
import { startRelay } from './relay.ts'

const [imdsMs = 0, roundTripMs = 0, ecrMs = 0] = process.argv.slice(2).map(Number)

// As many names as ECR's own certificate has, so that it is as large.
const names = [
  'api.ecr.us-west-2.amazonaws.com',
  'ecr.us-west-2.amazonaws.com',
  '*.dkr.ecr.us-west-2.amazonaws.com',
  'api.ecr.us-west-2.api.aws',
]
// Its root has a name of AWS's, since a client may look for those first.
const authority = await createAuthority('Amazon Root CA 1')
const world = await startWorld({ names, authority })
if (imdsMs > 0) world.faults.push({ service: 'imds', fault: { kind: 'delay', ms: imdsMs } })
if (ecrMs > 0) world.faults.push({ service: 'ecr', fault: { kind: 'delay', ms: ecrMs } })

const environment = world.environment()
if (roundTripMs > 0) {
  const port = startRelay(Number(new URL(world.urls.ecr).port), roundTripMs)
  environment['AWS_ENDPOINT_URL_ECR'] = `https://127.0.0.1:${port}`
}
process.send?.(environment)
process.on('message', () => {
  process.send?.(world.requests.filter(({ service }) => service === 'ecr').length)
})
const stop = async () => {
  await world.stop()
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
process.once('disconnect', () => void stop())
