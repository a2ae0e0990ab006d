/** The newest Kubernetes whose kubelet's source these rules were read in: the minor of 1.37. */
export const NEWEST_MINOR = 37

/** The oldest whose kubelet runs credential providers without a feature gate. */
export const OLDEST_MINOR = 24

// What the kubelets of the minor versions do differently, read in `pkg/credentialprovider/plugin` of each of them
// (https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/credentialprovider/plugin/config.go).

/** Since then: `kubelet.config.k8s.io/v1`, and `credentialprovider.kubelet.k8s.io/v1`. */
export const V1_MINOR = 26

/** The versions of an API that a kubelet speaks. @param group - of the file, or of its providers: they have one each. */
export function apiVersions(group: string, minor: number): readonly string[] {
  const versions = minor >= V1_MINOR ? ['v1', 'v1beta1', 'v1alpha1'] : ['v1beta1', 'v1alpha1']
  return versions.map((version) => `${group}/${version}`)
}

/** Since then unknown and equal fields are errors; before, the unknown are passed over and the last of the equal counts. */
export const STRICT_MINOR = 32

/** Since then: `tokenAttributes`, behind a feature gate that is off. */
export const TOKEN_GATED_MINOR = 33

/** Since then the gate is on, and `cacheType` must be set. */
export const TOKEN_MINOR = 34

/** Since then the configuration may be a directory. */
export const DIRECTORY_MINOR = 34

/** The minor version in `1.34`, `v1.34.2` or `v1.34.2-eks-1234567`; `undefined` for anything else. */
export function parseMinor(version: string): number | undefined {
  const { minor } =
    /^v?1\.(?<minor>[0-9]{1,3})(?:\.[0-9]+)?(?:[-+][0-9A-Za-z.+-]*)?$/.exec(version)?.groups ?? {}
  return minor === undefined ? undefined : Number(minor)
}
