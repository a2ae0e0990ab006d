import type { Signing } from '../../aws/credentials.ts'
import { resolveSource } from '../../credentials/resolve.ts'
import { fetchRegistryToken } from '../../ecr/token.ts'
import type { PluginAnswer } from './answer.ts'
import { attempt } from './explain.ts'
import type { Tell } from './report.ts'
import type { Prepared } from './settings.ts'

/** Gets credentials from the selected source. */
export async function judgeIdentity(
  { run, imds, pull }: Prepared,
  tell: Tell,
): Promise<Signing | undefined> {
  const startMs = run.system.elapsedMs()
  const found = await attempt(async () => {
    const region = pull.region ?? (await imds.fetchRegion('nothing else names a region'))
    return { region, credentials: await resolveSource(pull.source, region, imds, run) }
  })
  const id = 'identity.credentials'
  const ms = run.system.elapsedMs() - startMs
  if ('reason' in found) {
    tell({ id, status: 'fail', ms, ...found.reason })
    return undefined
  }
  const { label, expiresAtMs } = found.value.credentials
  const version = pull.source.kind === 'instance' ? ', IMDSv2' : ''
  const nowMs = run.system.now()
  const until = expiresAtMs === undefined ? '' : `, keys until ${timeOf(expiresAtMs, nowMs)}`
  const summary = `${label}${version}${until}`
  if (expiresAtMs !== undefined && expiresAtMs < nowMs) {
    const fix = "renew them at their source, or set this node's clock right"
    tell({ id, status: 'warn', ms, cause: 'keys_expired', summary: `${summary}: expired`, fix })
  } else tell({ id, status: 'ok', ms, summary })
  return found.value
}

/** `15:20Z`, with its date unless that is of the next hours. */
function timeOf(ms: number, nowMs: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().split('T')
  const isSoon = ms > nowMs && ms < nowMs + 12 * 3600 * 1000
  return isSoon ? `${time.slice(0, 5)}Z` : `${date} ${time.slice(0, 5)}Z`
}

/** Asks ECR for a password, afresh: a cache may have answered the plugin. */
export async function judgeToken(
  { run, pull }: Prepared,
  signing: Signing,
  answer: PluginAnswer | undefined,
  tell: Tell,
): Promise<boolean> {
  const startMs = run.system.elapsedMs()
  const found = await attempt(async () =>
    fetchRegistryToken(pull.registry, { ...signing, yields: false }, run),
  )
  const id = 'token.ecr'
  const ms = run.system.elapsedMs() - startMs
  if ('reason' in found) {
    tell({ id, status: 'fail', ms, ...found.reason })
    return false
  }
  const kept = answer === undefined ? '' : `, kubelet keeps it ${spanOf(answer.cacheDuration)}`
  const life = spanOf(`${Math.floor(found.value.lifeMs / 1000)}s`)
  tell({ id, status: 'ok', ms, summary: `GetAuthorizationToken; valid ${life}${kept}` })
  return true
}

/** `21600s` as `6 h`. */
function spanOf(duration: string): string {
  const seconds = Number(/^(?<seconds>[0-9]+)s$/.exec(duration)?.groups?.['seconds'] ?? 0)
  const minutes = Math.round(seconds / 60)
  if (seconds < 600) return `${seconds} s`
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
