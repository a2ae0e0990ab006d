import components from './components.json'

/** A library inside the Bun runtime. */
interface Component {
  readonly name: string
  /** The key of `process.versions` with its revision; without one it is as old as Bun's own release. */
  readonly key?: string
  /** An SPDX expression. */
  readonly licence: string
  readonly copyright: string
  /** Where its source is; `@` stands for the revision. */
  readonly source: string
}

/** What Bun says it consists of: LICENSE.md of oven-sh/bun, and `process.versions`. By hand; the revisions are Bun's own. */
export const COMPONENTS: readonly Component[] = components

/** A component's revision, or that of Bun where it has none of its own. */
export function revisionOf({ key }: Component): string {
  const revision = key === undefined ? undefined : process.versions[key]
  return revision ?? Bun.revision
}

/** Where the source of a component is, at its revision. */
export function sourceOf(component: Component): string {
  return component.source.replace('@', revisionOf(component))
}
