/** Pages in a row: the first, and how many. */
type Range = readonly [first: number, count: number]

/** Makes ranges of pages, which must be sorted; a gap of up to so many pages is read with what surrounds it. */
export function closeGaps(pages: readonly number[], gap: number): readonly Range[] {
  const starts = pages.filter((page, at) => at === 0 || page - (pages[at - 1] ?? 0) > gap + 1)
  const ends = pages.filter((page, at) => (pages[at + 1] ?? Infinity) - page > gap + 1)
  return starts.map((first, at) => [first, (ends[at] ?? first) - first + 1])
}

/** The ranges in the text of a list, which must be well-formed. */
export function parseRanges(lines: readonly string[]): readonly Range[] {
  return lines.map((line) => {
    const [, first, count] = /^(\d+) (\d+)$/.exec(line) ?? []
    if (first === undefined) throw new Error(`not a range: ${line}`)
    return [Number(first), Number(count)]
  })
}

/** How much of the pages is in the ranges, from 0 to 1. */
export function coverage(pages: readonly number[], ranges: readonly Range[]): number {
  const covered = pages.filter((page) =>
    ranges.some(([first, count]) => page >= first && page < first + count),
  )
  return covered.length / pages.length
}
