import type { Provider, Refuse, TokenAttributes } from './finding.ts'
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
  refuse: Refuse,
): void {
  if (tokenAttributes === undefined) return
  const own = inside(field, 'tokenAttributes')
  const { audience, cacheType, requireServiceAccount, requiredAnnotations } = tokenAttributes
  if (minor < TOKEN_MINOR) {
    const problem = `is switched off in a kubelet of 1.${minor}`
    const fix =
      'remove it, or set the feature gate KubeletServiceAccountTokenForCredentialProviders'
    refuse('token_attributes_too_new', own, problem, fix)
  }
  if (apiVersion !== 'credentialprovider.kubelet.k8s.io/v1') {
    const fix = 'write apiVersion: credentialprovider.kubelet.k8s.io/v1 for this provider'
    refuse('token_attributes_api_version', own, 'needs the API version v1', fix)
  }
  if (audience === '') {
    const fix = 'write serviceAccountTokenAudience: sts.amazonaws.com'
    refuse('audience_missing', inside(own, 'serviceAccountTokenAudience'), 'is missing', fix)
  }
  if (requireServiceAccount === undefined) {
    const fix =
      'write requireServiceAccount: false, which lets static pods use the credentials of the node'
    refuse('require_account_missing', inside(own, 'requireServiceAccount'), 'is missing', fix)
  }
  if (requireServiceAccount === false && requiredAnnotations.length > 0) {
    const fix =
      'move the keys to optionalServiceAccountAnnotationKeys, or write requireServiceAccount: true'
    const list = inside(own, 'requiredServiceAccountAnnotationKeys')
    refuse('annotations_without_account', list, 'needs requireServiceAccount: true', fix)
  }
  if (minor >= TOKEN_MINOR && cacheType !== 'ServiceAccount' && cacheType !== 'Token') {
    const isMissing = cacheType === ''
    const id = isMissing ? 'cache_type_missing' : 'cache_type_invalid'
    const problem = isMissing ? 'is missing' : 'is neither ServiceAccount nor Token'
    refuse(id, inside(own, 'cacheType'), problem, 'write cacheType: ServiceAccount')
  }
  validateAnnotations(tokenAttributes, own, refuse)
}

function validateAnnotations(
  { requiredAnnotations, optionalAnnotations }: TokenAttributes,
  field: string,
  refuse: Refuse,
): void {
  const required = inside(field, 'requiredServiceAccountAnnotationKeys')
  const lists = [
    [required, requiredAnnotations],
    [inside(field, 'optionalServiceAccountAnnotationKeys'), optionalAnnotations],
  ] as const
  const fix = 'write eks.amazonaws.com/ecr-role-arn'
  for (const [list, keys] of lists) {
    for (const [at, key] of keys.entries()) {
      const own = inside(list, at)
      if (!isQualifiedName(key.toLowerCase()))
        refuse('annotation_invalid', own, 'is not the key of an annotation', fix)
      if (keys.indexOf(key) < at)
        refuse('annotation_duplicate', own, 'is in this list already', 'remove it')
    }
  }
  const both = requiredAnnotations.findIndex((key) => optionalAnnotations.includes(key))
  if (both === -1) return
  const problem = 'is among the optional keys too'
  refuse('annotation_both', inside(required, both), problem, 'remove one of the two')
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
