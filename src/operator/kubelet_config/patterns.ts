import { PARTITIONS } from '../../aws/endpoints.ts'
import { quote } from '../../base/failure.ts'
import { matchesLabel, splitReference } from './image_match.ts'

/** Why a pattern that the kubelet accepts fits no image, or not those that were meant. */
type PatternProblem = readonly [id: string, problem: string, fix: string]

/**
 * What is wrong with the form of a `matchImages` entry, whatever registry it is for. The kubelet hands over an image without
 * scheme, tag and digest, and compares ports, parts of the host, and the beginning of the path.
 */
export function judgeForm(pattern: string): PatternProblem | undefined {
  const { labels = [], path = '' } = splitReference(pattern) ?? {}
  const host = labels.join('.')
  if (pattern.includes('://'))
    return [
      'pattern_scheme',
      'has a scheme, so it fits no image',
      'write the host without https://',
    ]
  if (/[?#]/.test(pattern))
    return [
      'pattern_query',
      'has a ? or #, and the kubelet drops all that follows',
      'use *, the only wildcard there is, within one part of the host',
    ]
  if (/[:@]/.test(path))
    return ['pattern_tag', 'has a tag or digest, so it fits no image', 'end it with the repository']
  if (path.includes('*'))
    return [
      'pattern_path_glob',
      'has a * in its path, where it stands for itself',
      "cut the path before the *: it need only be the beginning of the image's",
    ]
  if (/[A-Z]/.test(host))
    return [
      'pattern_upper_case',
      'has capital letters, and hosts of images have none',
      'write it in lower case',
    ]
  if (/^\*?$/.test(host))
    return [
      'pattern_parts',
      'has one part, so it fits no registry: * never stands for a dot',
      'write one * for each part of the host',
    ]
  return undefined
}

/** What is wrong with a pattern that is meant for Amazon ECR; `undefined` too for a host that has nothing to do with it. */
export function judgeEcrPattern(pattern: string): PatternProblem | undefined {
  const { labels = [], port = '' } = splitReference(pattern) ?? {}
  const host = labels.join('.')
  if (fitsEcr(labels)) {
    const account = labels[0] ?? ''
    if (labels.length > 4 && /^[0-9]+$/.test(account) && account.length !== 12)
      return [
        'pattern_account',
        `has an account number of ${account.length} digits`,
        'write all 12 digits',
      ]
    if (port === '') return undefined
    return [
      'pattern_port',
      'has a port, so it fits no image that is written without one',
      `remove :${port}`,
    ]
  }
  if (host.endsWith('.amazonaws.cn'))
    return [
      'pattern_suffix',
      'ends in amazonaws.cn, which is no domain of ECR',
      'write amazonaws.com.cn',
    ]
  if (!/amazonaws|amazonwebservices|\becr\b|dkr|\bon\.aws\b/.test(host)) return undefined
  return [
    'pattern_no_registry',
    `is ${quote(pattern)}, which fits no registry of Amazon ECR: each * stands for one part of a host`,
    "write '*.dkr.ecr.*.amazonaws.com', or take the list that ecr-credential-provider config prints",
  ]
}

/** Whether a pattern's host fits one of ECR, in any account and region. */
export function fitsEcr(labels: readonly string[]): boolean {
  return ecrHosts().some((host) => {
    const own = host.split('.')
    return (
      own.length === labels.length &&
      own.every((label, at) => label === '*' || matchesLabel(labels[at] ?? '', label))
    )
  })
}

/** The hosts of all registries: `*` for an account and a region. */
function ecrHosts(): readonly string[] {
  const suffixes = PARTITIONS.flatMap(({ dnsSuffix, dualStackDomain }) =>
    ['', '-fips'].flatMap((fips) => [
      `*.dkr.ecr${fips}.*.${dnsSuffix}`,
      `*.dkr-ecr${fips}.*.on.${dualStackDomain}`,
    ]),
  )
  return ['public.ecr.aws', 'ecr-public.aws.com', ...suffixes]
}
