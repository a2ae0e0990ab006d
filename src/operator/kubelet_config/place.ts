/** Where a field stands. */
export interface Place {
  /** From 1. */
  readonly line: number
  /** A scalar as it is written, if it is without quotes and on one line. */
  readonly plain?: string
}

/** What a scan of the text collects, by field. */
export interface Places {
  readonly found: Map<string, Place>
  /** Fields that their mapping has already. */
  readonly duplicates: { readonly field: string; readonly line: number }[]
}

/** Deeper than any configuration: the names of fields grow with each level, and all of them are kept. */
export const MAX_DEPTH = 50

/** A file's text with its lines. */
export interface Source {
  readonly text: string
  readonly lines: readonly string[]
  /** Where each line begins in the text. */
  readonly starts: readonly number[]
}

/** A field with the name of one of its own, or of its element: `providers[0].name`, `args[2]`. */
export function inside(field: string, key: string | number): string {
  if (typeof key === 'number') return `${field}[${key}]`
  return field === '' ? key : `${field}.${key}`
}

/** The line of a field, or of what it is in when it is missing itself. */
export function lineOf(places: Places, field: string): number | undefined {
  for (let own = field; own !== ''; own = own.replace(/(?:^|\.|\[)[^.[]*$/, '')) {
    const place = places.found.get(own)
    if (place !== undefined) return place.line
  }
  return undefined
}
