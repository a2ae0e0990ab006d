import { Failure, quote } from '../../base/failure.ts'
import { type Options, parseOptions } from '../../kubelet/options.ts'
import type { Provider, Report } from './finding.ts'
import { matchesImage, splitReference } from './image_match.ts'
import { fitsEcr, judgeEcrPattern, judgeForm } from './patterns.ts'
import { inside } from './place.ts'
import { judgeTokens } from './unseen_token.ts'

/** The kubelet ends a plugin after so many milliseconds. */
export const KUBELET_TIMEOUT_MS = 60_000

/** With more patterns, or providers, than any configuration has none are compared: each with each would take minutes. */
const MAX_COMPARED = 1000

/** What the kubelet cannot see in providers that it accepts: that they never run, or cannot work. */
export function judgeProviders(providers: readonly Provider[], report: Report): void {
  for (const provider of providers) {
    const { field, name, defaultCacheDuration } = provider
    const isOurs = /\becr\b/.test(name) && !name.startsWith('docker-credential-')
    if (name.startsWith('docker-credential-')) {
      const problem = "is Docker's credential helper, which does not understand a kubelet"
      const fix =
        'use ecr-credential-provider: a kubelet and Docker speak with their helpers in different ways'
      report('wrong', 'docker_helper', inside(field, 'name'), problem, fix)
    }
    if (/^[^1-9]+$/.test(defaultCacheDuration ?? '')) {
      const own = inside(field, 'defaultCacheDuration')
      const problem = 'is 0: an answer that names no time is asked for again with each pull'
      report('warning', 'duration_zero', own, problem, 'write defaultCacheDuration: 12h')
    }
    const options = isOurs ? judgeArguments(provider, report) : undefined
    judgePatterns(provider, isOurs, options, report)
    if (isOurs) judgeTokens(provider, options, report)
  }
}

/** The options that the plugin would run with; `undefined` when it would end at once. */
function judgeArguments({ args, field }: Provider, report: Report): Options | undefined {
  const own = inside(field, 'args')
  try {
    const options = parseOptions(args)
    if (options.command !== 'get-credentials') {
      const problem = `have ${options.command}, which answers no request`
      report('wrong', 'args_command', own, problem, 'remove it')
    }
    if (options.timeoutMs >= KUBELET_TIMEOUT_MS) {
      const seconds = KUBELET_TIMEOUT_MS / 1000
      const problem = `have a --timeout that the kubelet does not wait for: it kills after ${seconds} s`
      report('warning', 'args_timeout', own, problem, 'write 45 or less')
    }
    return options
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const problem = 'are not understood by ecr-credential-provider, which then fails each pull'
    const fix = 'take only what ecr-credential-provider --help lists'
    report('wrong', 'args_unknown', own, problem, fix)
    return undefined
  }
}

function judgePatterns(
  { matchImages, field }: Provider,
  isOurs: boolean,
  options: Options | undefined,
  report: Report,
): void {
  for (const [at, pattern] of matchImages.entries()) {
    const own = inside(inside(field, 'matchImages'), at)
    const reference = splitReference(pattern)
    if (reference === undefined) continue
    const found = judgeForm(pattern) ?? (isOurs ? judgeEcrPattern(pattern) : undefined)
    if (found !== undefined) {
      const [id, problem, fix] = found
      report('wrong', id, own, problem, fix)
    } else if (options !== undefined && !fitsEcr(reference.labels) && !isMirror(pattern, options)) {
      const problem = 'is no host of Amazon ECR, and is refused without --mirror'
      const fix = 'remove it; if it mirrors ECR, add --mirror=HOST=REGION to args'
      report('warning', 'pattern_not_ecr', own, problem, fix)
    }
  }
}

function isMirror(pattern: string, { mirrors }: Options): boolean {
  return mirrors.some(
    ({ host }) => host === '*' || matchesImage(pattern.replace(/\/.*$/, ''), host),
  )
}

/** Whether a provider is asked for images that an earlier one is asked for too. */
export function judgeOverlap(
  { matchImages, field }: Provider,
  before: readonly Provider[],
  report: Report,
): void {
  if (before.length > MAX_COMPARED) return
  const others = before.reduce((count, one) => count + one.matchImages.length, 0)
  if (Math.max(others, matchImages.length) > MAX_COMPARED) return
  for (const [at, pattern] of matchImages.entries()) {
    const other = before.find((one) =>
      one.matchImages.some(
        (theirs) => matchesImage(theirs, pattern) || matchesImage(pattern, theirs),
      ),
    )
    if (other === undefined) continue
    const own = inside(inside(field, 'matchImages'), at)
    const problem = `is asked of provider ${quote(other.name)} too: both run, and the earlier one's password is tried first`
    report('warning', 'host_twice', own, problem, 'leave the host to one of them')
  }
}
