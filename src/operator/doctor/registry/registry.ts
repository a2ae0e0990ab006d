import { isHtml } from '../../../aws/refusal.ts'
import type { PluginAnswer } from '../answer.ts'
import { advise, type Reason } from '../explain.ts'
import type { Prepared } from '../settings.ts'
import { openRegistry, type RegistryClient } from './client.ts'
import type { Inquiry } from './image.ts'
import { judgeLayer } from './layer.ts'
import { type Manifest, manifestTypes, parseManifest, shortDigest } from './manifest.ts'
import { explainRefusal, explainUnauthorized } from './refusal.ts'

/** Judges whether the registry takes the password, and gives this identity the image, up to the first byte of a layer. */
export async function judgeRegistry(
  { run, pull }: Prepared,
  answer: PluginAnswer,
  inquiry: Inquiry,
): Promise<void> {
  const { image, tell } = inquiry
  const { network, system } = run
  const startMs = system.elapsedMs()
  const client = await openRegistry(image, pull.registry, { answer, network })
  const ping = 'get' in client ? await client.get('/v2/') : client
  const ms = system.elapsedMs() - startMs
  if (!('get' in client) || ping.kind === 'no_answer' || ping.status !== 200 || isHtml(ping.body)) {
    tell({ ...judgePing(ping, image.host), ms })
    return
  }
  tell({ id: 'registry.password', status: 'ok', ms, summary: 'the registry accepts the password' })
  if (pull.registry.service === 'ecr' && image.repository.includes('/')) {
    const summary = `asking for ${image.short}: where a pull-through cache rule matches, this imports it`
    tell({ id: 'registry.import', status: 'info', summary })
  }
  await judgeImage(client, inquiry)
}

function judgePing(
  ping: Exclude<Awaited<ReturnType<typeof openRegistry>>, RegistryClient>,
  host: string,
): { id: string; status: 'fail' } & Reason {
  if (ping.kind === 'no_answer') {
    const hint = 'beside a VPC endpoint for ecr.api, the registry needs one for ecr.dkr'
    return { id: 'registry.connection', status: 'fail', ...advise(ping.reason, hint) }
  }
  if (ping.status === 401)
    return { id: 'registry.password', status: 'fail', ...explainUnauthorized(host) }
  const what = isHtml(ping.body) ? 'a web page' : `HTTP status ${ping.status}`
  const summary = `${host} answered with ${what} to GET /v2/, as no registry does`
  const fix = 'see that this host is a registry, and what is between it and this node'
  return { id: 'registry.connection', status: 'fail', cause: 'registry_status', summary, fix }
}

async function judgeImage(client: RegistryClient, inquiry: Inquiry): Promise<void> {
  const { image, machine, tell } = inquiry
  const startMs = machine.elapsedMs()
  const found = await fetchManifest(client, image.reference, inquiry)
  if (found === undefined) return
  const { digest } = found
  const is = digest === '' ? 'is there' : `is ${digest}`
  const ms = machine.elapsedMs() - startMs
  tell({ id: 'registry.manifest', status: 'ok', ms, summary: `${image.short} ${is}` })
  const single =
    found.manifest.platforms.length === 0
      ? found
      : await choosePlatform(client, found.manifest, inquiry)
  if (single === undefined) return
  const { blob } = single.manifest
  if (blob !== undefined) return judgeLayer(client, blob, inquiry)
  const nested = `${image.short} is an index within an index, of which no layer is looked at`
  tell({ id: 'registry.layers', status: 'skip', summary: nested })
}

interface Found {
  readonly manifest: Manifest
  readonly digest: string
}

async function fetchManifest(
  client: RegistryClient,
  reference: string,
  inquiry: Inquiry,
): Promise<Found | undefined> {
  const { image, tell } = inquiry
  const id = 'registry.manifest'
  // GET, since a refusal of HEAD has no body that says why.
  const path = `/v2/${image.repository}/manifests/${reference}`
  const answer = await client.get(path, { accept: manifestTypes() })
  if (answer.kind === 'no_answer' || answer.status !== 200) {
    const reason = answer.kind === 'no_answer' ? answer.reason : explainRefusal(answer, inquiry)
    tell({ id, status: 'fail', ...reason })
    return undefined
  }
  const manifest = parseManifest(answer)
  if (manifest !== undefined) return { manifest, digest: shortDigest(answer) }
  const summary = `what ${image.host} answered for ${image.short} is no manifest of a container image`
  const fix = 'push it again, as an image of OCI or Docker'
  tell({ id, status: 'fail', cause: 'registry_manifest', summary, fix })
  return undefined
}

async function choosePlatform(
  client: RegistryClient,
  { platforms }: Manifest,
  inquiry: Inquiry,
): Promise<Found | undefined> {
  const { image, machine, tell } = inquiry
  const wanted = `linux/${machine.architecture}`
  const chosen = platforms.find(({ name }) => name === wanted)
  if (chosen !== undefined) return fetchManifest(client, chosen.digest, inquiry)
  const summary = `${image.short} is an index without an image for ${wanted}`
  const fix = `build and push the image for ${wanted} too, or use nodes of another architecture`
  tell({ id: 'registry.platform', status: 'fail', cause: 'registry_platform', summary, fix })
  return undefined
}
