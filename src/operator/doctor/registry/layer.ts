import type { HttpAnswer } from '../../../net/network.ts'
import { advise, type Reason, type Unanswered } from '../explain.ts'
import type { RegistryClient } from './client.ts'
import type { Inquiry } from './image.ts'
import { explainRefusal, tryAgain } from './refusal.ts'

/** Judges whether a layer can be fetched: its first byte, from the registry or from where it leads. */
export async function judgeLayer(
  client: RegistryClient,
  digest: string,
  inquiry: Inquiry,
): Promise<void> {
  const { image, machine, tell } = inquiry
  const id = 'registry.layers'
  const startMs = machine.elapsedMs()
  const path = `/v2/${image.repository}/blobs/${digest}`
  const headers = { range: 'bytes=0-0' }
  const first = await client.get(path, headers)
  const target =
    first.kind === 'answer' ? targetOf(first, `https://${image.host}${path}`) : undefined
  const second = target === undefined ? undefined : await client.follow(target, headers)
  const ms = machine.elapsedMs() - startMs
  const reason =
    target === undefined || second === undefined
      ? judgeFirst(first, inquiry)
      : judgeStorage(second, target.host, inquiry)
  if (reason !== undefined) tell({ id, status: 'fail', ms, ...reason })
  else tell({ id, status: 'ok', ms, summary: 'its layers can be fetched' })
}

function judgeFirst(answer: HttpAnswer | Unanswered, inquiry: Inquiry): Reason | undefined {
  const { image } = inquiry
  if (answer.kind === 'no_answer') return reasonOf(answer)
  if (answer.status === 200 || answer.status === 206) return undefined
  if (answer.status === 403 || answer.status === 401) return explainRefusal(answer, inquiry)
  const summary = `HTTP status ${answer.status} from ${image.host} for a layer of ${image.short}`
  return { cause: 'registry_layer', summary, fix: tryAgain() }
}

/** ECR keeps layers in S3, in buckets of its own. */
function judgeStorage(
  answer: HttpAnswer | Unanswered,
  host: string,
  { region }: Inquiry,
): Reason | undefined {
  if (answer.kind === 'no_answer') {
    const reason = reasonOf(answer)
    if (reason === undefined) return undefined
    const hint =
      'layers come from S3: a VPC without another way out needs a gateway endpoint for S3'
    return { ...advise(reason, hint), cause: 'storage_unreachable' }
  }
  if (answer.status === 200 || answer.status === 206) return undefined
  const summary = `HTTP status ${answer.status} for a layer from ${host}, where layers are stored (S3), or from a proxy in between`
  const fix = `the policy of the VPC endpoint for S3 must allow s3:GetObject on all of bucket prod-${region}-starport-layer-bucket; a proxy must let ${host} through`
  return answer.status === 403
    ? { cause: 'storage_denied', summary, fix }
    : { cause: 'storage_status', summary, fix: tryAgain() }
}

/** Who does not know ranges sends all of a layer, which shows as much. */
function reasonOf({ reason }: Unanswered): Reason | undefined {
  return reason.cause === 'too_large' ? undefined : reason
}

/** Longer is no host name (RFC 1123, 2.1). */
const MAX_HOST = 255

/** Where a redirect leads, `undefined` for anything but another https URL, whose host can be named in a line. */
export function targetOf(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  from: string,
): URL | undefined {
  if (status < 301 || status > 308) return undefined
  const url = URL.parse(headers.get('location') ?? '', from)
  const isFit = url?.protocol === 'https:' && url.username === '' && url.hostname.length <= MAX_HOST
  return isFit ? url : undefined
}
