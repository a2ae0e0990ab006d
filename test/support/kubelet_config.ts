import * as v from 'valibot'

/** What kubelets of a minor version read as a `CredentialProviderConfig`, strictly, and independent of what is under test. */
export function configSchema(minor: number) {
  const versions = minor >= 26 ? ['v1', 'v1beta1', 'v1alpha1'] : ['v1beta1', 'v1alpha1']
  return v.strictObject({
    apiVersion: v.picklist(versions.map((version) => `kubelet.config.k8s.io/${version}`)),
    kind: v.literal('CredentialProviderConfig'),
    providers: v.pipe(v.array(providerSchema(minor, versions)), v.minLength(1)),
  })
}

function providerSchema(minor: number, versions: readonly string[]) {
  return v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[^/\s]+$/)),
    apiVersion: v.picklist(
      versions.map((version) => `credentialprovider.kubelet.k8s.io/${version}`),
    ),
    matchImages: v.pipe(v.array(v.string()), v.minLength(1)),
    defaultCacheDuration: v.pipe(v.string(), v.regex(/^([0-9.]+(h|m|s))+$/)),
    args: v.optional(v.array(v.string())),
    env: v.optional(v.array(v.strictObject({ name: v.string(), value: v.string() }))),
    tokenAttributes: minor >= 34 ? v.optional(tokenSchema()) : v.optional(v.never()),
  })
}

function tokenSchema() {
  const keys = v.array(v.pipe(v.string(), v.regex(/^([a-z0-9.-]+\/)?[A-Za-z0-9._-]+$/)))
  return v.strictObject({
    serviceAccountTokenAudience: v.pipe(v.string(), v.nonEmpty()),
    cacheType: v.picklist(['ServiceAccount', 'Token']),
    requireServiceAccount: v.boolean(),
    requiredServiceAccountAnnotationKeys: v.optional(keys),
    optionalServiceAccountAnnotationKeys: v.optional(keys),
  })
}
