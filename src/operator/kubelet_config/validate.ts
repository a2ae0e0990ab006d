import type { Provider, Report } from './finding.ts'
import { splitReference } from './image_match.ts'
import { inside } from './place.ts'
import { validateTokenAttributes } from './validate_token.ts'
import { V1_MINOR } from './version.ts'

/** The group of a provider's `apiVersion`, which is not the file's own. */
const GROUP = 'credentialprovider.kubelet.k8s.io'

/**
 * What makes a kubelet refuse providers that it could decode.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/credentialprovider/plugin/config.go validateCredentialProviderConfig
 */
export function validateProviders(
  providers: readonly Provider[],
  minor: number,
  report: Report,
): void {
  const seen = new Set<string>()
  for (const provider of providers) {
    validateName(provider, seen, report)
    seen.add(provider.name)
    validateApiVersion(provider, minor, report)
    validateImages(provider, report)
    validateDuration(provider, report)
    validateTokenAttributes(provider, minor, report)
  }
}

function validateName({ name, field }: Provider, seen: ReadonlySet<string>, report: Report): void {
  const own = inside(field, 'name')
  const fix =
    "write the binary's file name alone; its directory is the kubelet's --image-credential-provider-bin-dir"
  if (name === '') report('refused', 'name_missing', own, 'is missing', fix)
  if (name.includes('/')) report('refused', 'name_slash', own, 'has a slash', fix)
  if (name.includes(' ')) report('refused', 'name_space', own, 'has a space', fix)
  if (name === '.' || name === '..') report('refused', 'name_dots', own, 'is a directory', fix)
  if (seen.has(name) && name !== '') {
    const rename = 'join the two, or give one another name and a link of that name to the binary'
    report('refused', 'name_duplicate', own, 'is the name of another provider too', rename)
  }
}

function validateApiVersion({ apiVersion, field }: Provider, minor: number, report: Report): void {
  const known = ['v1', 'v1beta1', 'v1alpha1'].filter(
    (version) => version !== 'v1' || minor >= V1_MINOR,
  )
  if (known.some((version) => apiVersion === `${GROUP}/${version}`)) return
  const problem =
    apiVersion === ''
      ? 'is missing'
      : `is not one that a kubelet of 1.${minor} speaks with providers`
  const own = inside(field, 'apiVersion')
  report('refused', 'provider_api_version', own, problem, `write apiVersion: ${GROUP}/${known[0]}`)
}

function validateImages({ matchImages, field }: Provider, report: Report): void {
  const own = inside(field, 'matchImages')
  if (matchImages.length === 0)
    report(
      'refused',
      'match_images_missing',
      own,
      'has no entry',
      "add the registries' hosts, as printed by config",
    )
  for (const [at, pattern] of matchImages.entries()) {
    if (splitReference(pattern) !== undefined) continue
    const fix =
      'write HOST, HOST:PORT or HOST/PATH; the only wildcard is *, within one part of the host'
    report(
      'refused',
      'pattern_invalid',
      inside(own, at),
      'is not a host with an optional port and path',
      fix,
    )
  }
}

function validateDuration({ defaultCacheDuration, field }: Provider, report: Report): void {
  const own = inside(field, 'defaultCacheDuration')
  const fix = 'write defaultCacheDuration: 12h'
  if (defaultCacheDuration === undefined)
    report('refused', 'duration_missing', own, 'is missing', fix)
  else if (!isDuration(defaultCacheDuration))
    report('refused', 'duration_invalid', own, 'is not a duration of h, m and s', fix)
  else if (/^-.*[1-9]/.test(defaultCacheDuration))
    report('refused', 'duration_negative', own, 'is negative', fix)
}

/** Whether Go reads a text as a duration; it knows neither days nor blanks. https://pkg.go.dev/time#ParseDuration */
function isDuration(text: string): boolean {
  return /^[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)
}
