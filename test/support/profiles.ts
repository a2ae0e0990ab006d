import type { Profile } from '../../src/config/shared_files.ts'

/** A profile of literals, as if each value stood in line 1 of the file `/c`. */
export function fakeProfile(name: string, values: Readonly<Record<string, string>>): Profile {
  const entries = Object.entries(values).map(
    ([key, value]) =>
      [key, { value, line: 1, nested: new Map<string, string>(), file: '/c' }] as const,
  )
  return { name, values: new Map(entries), partialKeysIn: undefined }
}

/** A configuration of literals: sections by name. */
export function fakeConfig(
  sections: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ReadonlyMap<string, Profile> {
  return new Map(
    Object.entries(sections).map(([name, values]) => [name, fakeProfile(name, values)]),
  )
}
