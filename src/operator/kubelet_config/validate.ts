import type { Provider, Refuse, Report } from './finding.ts'
import { splitReference } from './image_match.ts'
import { inside } from './place.ts'
import { validateTokenAttributes } from './validate_token.ts'
import { apiVersions } from './version.ts'

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
  const refuse: Refuse = (...finding) => report('refused', ...finding)
  for (const provider of providers) {
    validateName(provider, refuse)
    validateApiVersion(provider, minor, refuse)
    validateImages(provider, refuse)
    validateDuration(provider, refuse)
    validateTokenAttributes(provider, minor, refuse)
  }
}

function validateName({ name, field }: Provider, refuse: Refuse): void {
  const own = inside(field, 'name')
  const fix =
    "write the binary's file name alone; its directory is the kubelet's --image-credential-provider-bin-dir"
  if (name === '') refuse('name_missing', own, 'is missing', fix)
  if (name.includes('/')) refuse('name_slash', own, 'has a slash', fix)
  if (name.includes(' ')) refuse('name_space', own, 'has a space', fix)
  if (name === '.' || name === '..') refuse('name_dots', own, 'is a directory', fix)
}

function validateApiVersion({ apiVersion, field }: Provider, minor: number, refuse: Refuse): void {
  const known = apiVersions('credentialprovider.kubelet.k8s.io', minor)
  if (known.includes(apiVersion)) return
  const other = `is not one that a kubelet of 1.${minor} speaks with providers`
  const problem = apiVersion === '' ? 'is missing' : other
  const fix = `write apiVersion: ${known[0]}`
  refuse('provider_api_version', inside(field, 'apiVersion'), problem, fix)
}

function validateImages({ matchImages, field }: Provider, refuse: Refuse): void {
  const own = inside(field, 'matchImages')
  const add = "add the registries' hosts, as printed by config"
  if (matchImages.length === 0) refuse('match_images_missing', own, 'has no entry', add)
  const problem = 'is not a host with an optional port and path'
  const fix =
    'write HOST, HOST:PORT or HOST/PATH; the only wildcard is *, within one part of the host'
  for (const [at, pattern] of matchImages.entries()) {
    if (splitReference(pattern) === undefined)
      refuse('pattern_invalid', inside(own, at), problem, fix)
  }
}

function validateDuration({ defaultCacheDuration, field }: Provider, refuse: Refuse): void {
  const own = inside(field, 'defaultCacheDuration')
  const fix = 'write defaultCacheDuration: 12h'
  if (defaultCacheDuration === undefined) refuse('duration_missing', own, 'is missing', fix)
  else if (!isDuration(defaultCacheDuration))
    refuse('duration_invalid', own, 'is not a duration of h, m and s', fix)
  else if (/^-.*[1-9]/.test(defaultCacheDuration))
    refuse('duration_negative', own, 'is negative', fix)
}

/** Whether Go reads a text as a duration; it knows neither days nor blanks. https://pkg.go.dev/time#ParseDuration */
function isDuration(text: string): boolean {
  return /^[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)
}
