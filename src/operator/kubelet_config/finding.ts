/** Something about a configuration that somebody should know. */
export interface Finding {
  /** From 1; missing where the file is written in a way that the scanner cannot follow, and for what has no line. */
  readonly line?: number
  /** `providers[0].matchImages[2]`; empty for the file as a whole. */
  readonly field: string
  /** `refused`: the kubelet does not start. `wrong`: it starts, and pulls will fail or a stranger gets in. */
  readonly level: 'refused' | 'wrong' | 'warning'
  /** Stable, in snake case. */
  readonly id: string
  /** What is wrong, without its subject: `has a tag`. Holds no value of `env` or `args`. */
  readonly problem: string
  /** What to do. */
  readonly fix: string
}

/** Makes the findings of one file, so that nobody else has to look up lines. */
export type Report = (
  level: Finding['level'],
  id: string,
  field: string,
  problem: string,
  fix: string,
  /** Where that is not the field's. */
  line?: number,
) => void

/** The same for what stops the kubelet. */
export type Refuse = (id: string, field: string, problem: string, fix: string) => void

/** What a pod's service account is asked for. Absent fields are those that the kubelet would refuse. */
export interface TokenAttributes {
  readonly audience: string
  readonly cacheType: string
  readonly requireServiceAccount: boolean | undefined
  readonly requiredAnnotations: readonly string[]
  readonly optionalAnnotations: readonly string[]
}

/** A provider of a `CredentialProviderConfig`; what is missing in the file is empty here, as in the kubelet. */
export interface Provider {
  /** Its place in the file: `providers[0]`. */
  readonly field: string
  readonly name: string
  readonly apiVersion: string
  readonly matchImages: readonly string[]
  readonly defaultCacheDuration: string | undefined
  readonly args: readonly string[]
  /** In the order of the file; of equal names the last one counts. May hold secrets. */
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly tokenAttributes: TokenAttributes | undefined
}
