import type { Provider, Report } from './finding.ts'
import { inside } from './place.ts'
import { TOKEN_MINOR } from './version.ts'

/**
 * What makes a kubelet refuse `tokenAttributes`.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/credentialprovider/plugin/config.go validateCredentialProviderConfig
 */
export function validateTokenAttributes(
  { field, apiVersion, tokenAttributes }: Provider,
  minor: number,
  report: Report,
): void {
  if (tokenAttributes === undefined) return
  const own = inside(field, 'tokenAttributes')
  const { audience, requireServiceAccount, requiredAnnotations } = tokenAttributes
  if (minor < TOKEN_MINOR) {
    const fix =
      'remove it, or set the feature gate KubeletServiceAccountTokenForCredentialProviders'
    report(
      'refused',
      'token_attributes_too_new',
      own,
      `is switched off in a kubelet of 1.${minor}`,
      fix,
    )
  }
  if (apiVersion !== 'credentialprovider.kubelet.k8s.io/v1') {
    const fix = 'write apiVersion: credentialprovider.kubelet.k8s.io/v1 for this provider'
    report('refused', 'token_attributes_api_version', own, 'needs the API version v1', fix)
  }
  if (audience === '') {
    const fix = 'write serviceAccountTokenAudience: sts.amazonaws.com'
    report(
      'refused',
      'audience_missing',
      inside(own, 'serviceAccountTokenAudience'),
      'is missing',
      fix,
    )
  }
  if (requireServiceAccount === undefined) {
    const fix =
      'write requireServiceAccount: false, which lets static pods use the credentials of the node'
    report(
      'refused',
      'require_account_missing',
      inside(own, 'requireServiceAccount'),
      'is missing',
      fix,
    )
  }
  if (requireServiceAccount === false && requiredAnnotations.length > 0) {
    const fix =
      'move the keys to optionalServiceAccountAnnotationKeys, or write requireServiceAccount: true'
    const list = inside(own, 'requiredServiceAccountAnnotationKeys')
    report('refused', 'annotations_without_account', list, 'needs requireServiceAccount: true', fix)
  }
  if (minor >= TOKEN_MINOR) validateCacheType(tokenAttributes.cacheType, own, report)
  validateAnnotations(tokenAttributes, own, report)
}

function validateCacheType(cacheType: string, field: string, report: Report): void {
  if (cacheType === 'ServiceAccount' || cacheType === 'Token') return
  const problem = cacheType === '' ? 'is missing' : 'is neither ServiceAccount nor Token'
  const id = cacheType === '' ? 'cache_type_missing' : 'cache_type_invalid'
  report('refused', id, inside(field, 'cacheType'), problem, 'write cacheType: ServiceAccount')
}

function validateAnnotations(
  { requiredAnnotations, optionalAnnotations }: NonNullable<Provider['tokenAttributes']>,
  field: string,
  report: Report,
): void {
  const lists = [
    ['requiredServiceAccountAnnotationKeys', requiredAnnotations],
    ['optionalServiceAccountAnnotationKeys', optionalAnnotations],
  ] as const
  for (const [name, keys] of lists) {
    for (const [at, key] of keys.entries()) {
      const own = inside(inside(field, name), at)
      if (!isQualifiedName(key.toLowerCase()))
        report(
          'refused',
          'annotation_invalid',
          own,
          'is not the key of an annotation',
          'write eks.amazonaws.com/ecr-role-arn',
        )
      if (keys.indexOf(key) < at)
        report('refused', 'annotation_duplicate', own, 'is in this list already', 'remove it')
    }
  }
  const both = requiredAnnotations.findIndex((key) => optionalAnnotations.includes(key))
  if (both !== -1) {
    const own = inside(inside(field, 'requiredServiceAccountAnnotationKeys'), both)
    report(
      'refused',
      'annotation_both',
      own,
      'is among the optional keys too',
      'remove one of the two',
    )
  }
}

/**
 * Whether a text can be the key of an annotation: a name of up to 63 characters, behind a DNS subdomain and a slash or alone.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/v0.36.4/pkg/util/validation/validation.go IsQualifiedName
 */
function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed()
  const isPrefix =
    prefix === undefined ||
    (prefix.length <= 253 &&
      /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(prefix))
  return (
    more.length === 0 &&
    isPrefix &&
    name.length <= 63 &&
    /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)
  )
}
