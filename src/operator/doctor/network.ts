import { CALL_TIMEOUT_MS } from '../../aws/call.ts'
import { serviceUrl } from '../../aws/endpoints.ts'
import { isHtml } from '../../aws/refusal.ts'
import type { Run } from '../../aws/run.ts'
import { hostOf, isAddress, isLocalAddress, serverNameOf } from '../../base/addresses.ts'
import { quote } from '../../base/failure.ts'
import { SETTINGS } from '../../config/settings_table.ts'
import { dateOf, MIN_SKEW_MS } from '../../net/clock.ts'
import type { HttpAnswer } from '../../net/network.ts'
import { findProxy, type Proxy } from '../../net/proxy/rules.ts'
import { ask, attempt, explainProblem } from './explain.ts'
import type { Tell } from './report.ts'
import type { Prepared } from './settings.ts'
import type { Issuers } from './watch.ts'

/** Judges the way to ECR's API: name, address, proxy, TLS, clock. Asks without a signature: any answer will do. */
export async function judgeNetwork(
  { run, pull }: Prepared,
  region: string,
  { issuers, tell }: { readonly issuers: Issuers; readonly tell: Tell },
): Promise<boolean> {
  const { system } = run
  const url = new URL(serviceUrl({ ...pull.registry, region }, run))
  const found = await attempt(() => ({ proxy: findProxy(url, system.env) }))
  if ('reason' in found) {
    tell({ id: 'network.proxy', status: 'fail', ...found.reason })
    return false
  }
  const { proxy } = found.value
  if (proxy === undefined && !(await tellAddress(url, run, tell))) return false
  const startMs = system.elapsedMs()
  const sentAtMs = system.now()
  const request = { method: 'GET', url: url.href, headers: {}, timeoutMs: CALL_TIMEOUT_MS } as const
  const answer = await ask(run.network, request)
  const ms = system.elapsedMs() - startMs
  if (answer.kind === 'no_answer') {
    const { reason } = answer
    const fix = proxy === undefined ? reason.fix : await adviseProxy(url, reason.fix, run)
    const id = idOf(reason.cause ?? '')
    // A line about the proxy does not say who was to be reached.
    const target = id === 'network.proxy' ? `${url.host}: ` : ''
    const login = proxy?.authorization === '' ? 'no' : 'yes'
    const sent = reason.cause === 'proxy_407' ? `; user and password sent: ${login}` : ''
    const summary = `${target}${reason.summary}${sent}`
    tell({ id, status: 'fail', ms, ...reason, summary, ...(fix === undefined ? {} : { fix }) })
    return false
  }
  if (isHtml(answer.body)) {
    const summary = `${url.host} answered with a web page: something in between answers for AWS`
    const fix = 'let this host through the proxy or portal without a login'
    tell({ id: 'network.connection', status: 'fail', ms, cause: 'portal', summary, fix })
    return false
  }
  tell({ id: 'network.connection', status: 'ok', ms, summary: describeWay(url, proxy, issuers) })
  tellClock(answer, { sentAtMs, nowMs: system.now(), isFixed: isFixed(run) }, tell)
  return true
}

/** Which part of the way failed. */
function idOf(cause: string): string {
  if (cause.startsWith('dns_')) return 'network.address'
  if (cause.startsWith('proxy_')) return 'network.proxy'
  return /^(?:tls_|no_tls)/.test(cause) ? 'network.tls' : 'network.connection'
}

function describeWay(url: URL, proxy: Proxy | undefined, issuers: Issuers): string {
  const way = proxy === undefined ? 'direct' : `${url.host} through the proxy ${proxy.name}`
  const issuer = issuers.get(serverNameOf(url))
  if (url.protocol === 'http:') return `${way}, without TLS`
  return `${way}, ${issuer === undefined ? 'TLS verified' : `certificate issued by ${quote(issuer)}`}`
}

async function tellAddress(url: URL, { system, network }: Run, tell: Tell): Promise<boolean> {
  const id = 'network.address'
  const startMs = system.elapsedMs()
  const found = await network.addressesOf(url)
  const ms = system.elapsedMs() - startMs
  if ('kind' in found) {
    tell({ id, status: 'fail', ms, ...explainProblem(found) })
    return false
  }
  const host = hostOf(url)
  const [first = ''] = found
  const more = found.length > 1 ? ` and ${found.length - 1} more` : ''
  const where = isAddress(host) ? url.host : `${url.host} = ${first}${more}`
  tell({ id, status: 'ok', ms, summary: `${where} (${kindOf(first)})` })
  return true
}

/** A private address means a VPC endpoint, or a name server that is not AWS's. */
export function kindOf(address: string): 'this machine' | 'private' | 'public' {
  if (isLocalAddress(address.includes(':') ? `[${address}]` : address)) return 'this machine'
  const isPrivate =
    /^(?:10|192\.168|172\.(?:1[6-9]|2[0-9]|3[01])|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))\./.test(
      address,
    ) || /^f[cd][0-9a-f]{2}:/i.test(address)
  return isPrivate ? 'private' : 'public'
}

/** Where a VPC endpoint answers for the name, no proxy is needed. */
async function adviseProxy(
  url: URL,
  fix: string | undefined,
  { network }: Run,
): Promise<string | undefined> {
  const found = await network.addressesOf(url)
  const [first = ''] = 'kind' in found ? [] : found
  if (kindOf(first) !== 'private') return fix
  const name = url.hostname.replace(/^[^.]+/, '')
  const hint = `add ${name} to NO_PROXY: the name is ${first} here, so there is a VPC endpoint`
  return fix === undefined ? hint : `${fix}; or ${hint}`
}

function isFixed({ settings }: Run): boolean {
  return settings.get(SETTINGS.noSkewCorrection)?.value === true
}

function tellClock(
  answer: HttpAnswer,
  { sentAtMs, nowMs, isFixed: isLeftWrong }: { sentAtMs: number; nowMs: number; isFixed: boolean },
  tell: Tell,
): void {
  const id = 'network.clock'
  const dateMs = dateOf(answer.headers)
  if (dateMs === undefined) return
  const skewMs = (sentAtMs + nowMs) / 2 - dateMs
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  if (Math.abs(skewMs) < MIN_SKEW_MS) {
    const summary =
      seconds < 2 ? "this node's clock is right" : `this node's clock is ${seconds} s off`
    tell({ id, status: 'ok', summary })
    return
  }
  const direction = skewMs > 0 ? 'ahead' : 'behind'
  const effect = isLeftWrong
    ? 'and AWS_DISABLE_CLOCK_SKEW_CORRECTION is set, so AWS refuses what is signed'
    : 'the plugin signs with the time of AWS instead, which costs a request each time'
  const summary = `this node's clock is ${Math.round(seconds / 60)} min ${direction}; ${effect}`
  tell({ id, status: 'warn', cause: 'clock', summary, fix: 'set it right: chronyc makestep' })
}
